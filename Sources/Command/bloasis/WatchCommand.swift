import ArgumentParser
import Backends
import Contracts
import Hosting
import Market
import MarketRegime
import Ports

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follows regime changes as they are announced, until stopped.",
        discussion: """
            With --name the position is kept in the store, so that the same command again goes on
            where it stopped; one watcher of a name is served at a time.

            EXAMPLES
              bloasis watch --market SPX
              bloasis watch --after 0 --json
              bloasis watch --name desk
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Only this market; all when left out.")
    var market: String?

    @Option(help: "First the changes announced after this sequence; 0 for all.")
    var after: Int64?

    @Option(help: "Keep the position under this name and resume there.")
    var name: String?

    @Option(help: "Stop after this many changes.")
    var count: Int?

    @Flag(help: "Print one JSON object a change: the event as it is published.")
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count \(count): use 1 or more") }
        if let after, after < 0 { throw ValidationError("--after \(after): use 0 or more") }
        if name != nil, after != nil {
            throw ValidationError("--name resumes where it stopped: leave --after out")
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        let wanted = try market.map { try MarketName(argument: $0) }
        try await Assembly.with(configuration) { assembly in
            let group = ConsumerGroup("watch-\(name ?? Assembly.instanceID)")
            let start: StartingOffset = after == nil && name == nil ? .latest : .earliest
            let subscription = try await assembly.store.events.subscribe(
                to: [.regimeChange], as: group, from: start)
            var printed = 0
            while let event = try await subscription.next() {
                let change = try RegimeChangeEvent(payload: event.message.payload)
                if isWanted(change, of: wanted) {
                    show(change, event)
                    printed += 1
                }
                // The line is out before the position moves: none is lost, one may come again.
                StandardOutput.flush()
                try await subscription.commit(event)
                if printed == count { break }
            }
            await subscription.close()
        }
    }

    private func isWanted(_ change: RegimeChangeEvent, of market: MarketName?) -> Bool {
        if let market, change.series.market != market { return false }
        return change.sequence > after ?? 0
    }

    private func show(_ change: RegimeChangeEvent, _ event: LoggedEvent) {
        if json {
            StandardOutput.line(String(decoding: event.message.payload, as: UTF8.self))
        } else {
            StandardOutput.line(
                "\(change.asOf)  \(change.series)  "
                    + "\(change.previousRegime) → \(change.regime)  "
                    + "\(Format.percent(change.confidence))  #\(change.sequence)")
        }
    }
}
