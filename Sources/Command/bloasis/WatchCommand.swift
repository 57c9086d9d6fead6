import ArgumentParser
import Contracts
import Hosting
import Market
import MarketRegime
import Ports
import UnixSignals

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follows regime changes as they are announced, until stopped.",
        discussion: """
            With --name the position is kept in the store, so that the same command
            again goes on where it stopped; one watcher of a name is served at a time.

            EXAMPLES
              bloasis watch --market SPX
              bloasis watch --after 0 --count 3 --json
              bloasis watch --name desk
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Only this market; all when left out.", completion: Offered.markets)
    var market: String?

    @Option(help: "Only this timeframe; all when left out.")
    var timeframe: Timeframe?

    @Option(help: "First the changes announced after this sequence; 0 for all.")
    var after: Int64?

    @Option(help: "Keep the position under this name and resume there.")
    var name: String?

    @Option(help: "Stop after this many changes.")
    var count: Int?

    @Flag(help: "Print one JSON object a change, as the API's changes are.")
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count \(count): use 1 or more") }
        if let after, after < 0 { throw ValidationError("--after \(after): use 0 or more") }
        if let after, after > 0, market == nil {
            throw ValidationError("--after \(after) counts within one series: name its --market")
        }
        if name != nil, after != nil {
            throw ValidationError("--name resumes where it stopped: leave --after out")
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        let wanted = try market.map { try MarketName(argument: $0) }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await Assembly.with(configuration) { assembly in
            try await noteIfUnknown(wanted, in: assembly)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    if let name {
                        try await follow(as: name, wanted, in: assembly)
                    } else {
                        try await follow(wanted, in: assembly)
                    }
                }
                group.addTask {
                    for await _ in signals { return }
                }
                try await group.next()
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch is CancellationError {
                    // Stopped by a signal: the position is stored and the name given back.
                }
            }
        }
    }

    /// A market may come later; a misspelt one never does.
    private func noteIfUnknown(_ wanted: MarketName?, in assembly: Assembly) async throws {
        guard let wanted else { return }
        let known = try await assembly.store.heads().map(\.profile.series.market)
        guard !known.contains(wanted) else { return }
        let names = Set(known.map(\.description)).sorted().joined(separator: ", ")
        StandardError.line(
            "nothing is stored about \(wanted) yet: waiting for its first change; known: "
                + (names.isEmpty ? "no market" : names))
    }

    /// Follows as a consumer group, whose position outlives this process.
    private func follow(
        as name: String, _ wanted: MarketName?, in assembly: Assembly
    ) async throws {
        let subscription = try await assembly.events.subscribe(
            to: [.regimeChange], as: ConsumerGroup("watch-\(name)"), from: .earliest)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await follow(subscription, wanted))
        } catch {
            outcome = .failure(error)
        }
        // In a task of its own: a cancelled one could not give the name back.
        await Task { await subscription.close() }.value
        try outcome.get()
    }

    private func follow(
        _ subscription: any EventSubscription, _ wanted: MarketName?
    ) async throws {
        try await printLines(from: subscription, wanted) { try await subscription.commit($0) }
    }

    /// Follows without leaving a trace in the store.
    private func follow(_ wanted: MarketName?, in assembly: Assembly) async throws {
        let tap = try await assembly.events.tap(
            .regimeChange, from: after == nil ? .latest : .earliest)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await printLines(from: tap, wanted) { _ in })
        } catch {
            outcome = .failure(error)
        }
        await tap.close()
        try outcome.get()
    }

    private func printLines(
        from reader: any EventReading, _ wanted: MarketName?,
        done: (LoggedEvent) async throws -> Void
    ) async throws {
        var printed = 0
        while let event = try await reader.next() {
            if try show(event, ifOf: wanted) { printed += 1 }
            // The line is out before the position moves: none is lost, one may come again.
            StandardOutput.flush()
            try await done(event)
            if printed == count { return }
        }
    }

    /// Prints an event of a wanted series; whether it was one.
    private func show(_ event: LoggedEvent, ifOf market: MarketName?) throws -> Bool {
        let change = try RegimeChangeEvent(payload: event.message.payload)
        if let market, change.series.market != market { return false }
        if let timeframe, change.series.timeframe != timeframe { return false }
        if let after, change.sequence <= after { return false }
        if json {
            StandardOutput.line(try WireJSON.text(Bloasis_MarketRegime_RegimeChange(change)))
        } else {
            StandardOutput.line(
                "\(change.asOf)  \(change.series)  \(change.previousRegime) → \(change.regime)  "
                    + "\(Format.percent(change.confidence))  #\(change.sequence)")
        }
        return true
    }
}
