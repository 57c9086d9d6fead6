import ArgumentParser
import Contracts
import Hosting
import Market
import MarketRegime
import Ports
import Regimes
import Terminal
import UnixSignals

struct WatchCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follows regime changes as they are announced, until stopped.",
        discussion: """
            On a terminal a screen shows the current regime of what is followed and its
            last changes; elsewhere, and with --plain, --json or --count, one line a
            change is printed. Ctrl-Z gives the terminal back, fg goes on; what is logged
            meanwhile is printed when the screen is left.

            With --name the position is kept in the store, so that the same command
            again goes on where it stopped; one watcher of a name is served at a time.

            With --inbox it follows what one person is told, in words: the changes that
            they want, and their own fills. A serving process tells them; this reads along,
            from the store or with --server over HTTP, says how it begins, and asks again
            for a stream that ends, after the last notification that it printed.

            EXAMPLES
              bloasis watch --market SPX
              bloasis watch --after 0 --count 3 --json
              bloasis watch --name desk
              bloasis watch --market SPX --plain
              bloasis watch --inbox --after 0
              bloasis watch --inbox --user ann --server http://localhost:8080 --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Only this market; all when left out.", completion: Offered.markets)
    var market: String?

    @Option(help: "Only this timeframe; all when left out.")
    var timeframe: Timeframe?

    @Option(
        help: """
            First the changes announced after this sequence, or with --inbox what was told after \
            this notification; 0 for all.
            """)
    var after: Int64?

    @Option(help: "Keep the position under this name and resume there.")
    var name: String?

    @Option(help: "Stop after this many changes, or notifications.")
    var count: Int?

    @Flag(help: "What one person is told, in words.")
    var inbox = false

    @Option(help: "Whose inbox; everybody's who gives no name when left out.")
    var user: String?

    @OptionGroup var source: SourceOptions

    @Flag(help: "One line a change on a terminal too, and no screen of its own.")
    var plain = false

    @Flag(
        help: """
            Print one JSON object a change, as the API's changes are; with --inbox one a message, \
            as the WebSocket's are.
            """)
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count \(count): use 1 or more") }
        if let after, after < 0 { throw ValidationError("--after \(after): use 0 or more") }
        if inbox { return try validateInbox() }
        if source.server != nil || user != nil {
            let flag = source.server == nil ? "--user" : "--server"
            throw ValidationError("\(flag) is for an inbox: add --inbox, or leave it out")
        }
        if let after, after > 0, market == nil {
            throw ValidationError("--after \(after) counts within one series: name its --market")
        }
        if name != nil, after != nil {
            throw ValidationError("--name resumes where it stopped: leave --after out")
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        guard !inbox else { return try await followInbox(configuration) }
        let wanted = try market.map { try MarketName(argument: $0) }
        try await Assembly.with(configuration) { assembly in
            let unknown = try await remark(onUnknown: wanted, in: assembly)
            guard isLive else {
                if let unknown { StandardError.note(unknown) }
                let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
                return try await run(
                    [{ try await follow(wanted, in: assembly) }],
                    until: { for await _ in signals { return } })
            }
            try await show(wanted, unknown, in: assembly)
        }
    }

    /// Whether a screen is shown in place of lines.
    private var isLive: Bool {
        Display.output.movesCursor && !plain && !json && count == nil
    }

    private func show(
        _ wanted: MarketName?, _ unknown: String?, in assembly: Assembly
    ) async throws {
        let timeframe = timeframe
        let view = WatchView(assembly.store, Display.output) { series in
            (wanted ?? series.market) == series.market
                && (timeframe ?? series.timeframe) == series.timeframe
        }
        if let unknown { view.take([.awaited(unknown)]) }
        let terminal = LiveTerminal { view.take([.trouble($0)]) }
        try await terminal.lent {
            try await run(
                [
                    { try await follow(wanted, in: assembly, showing: view) },
                    { try await view.followStore() }, { try await view.draw(on: terminal) },
                ], until: { await terminal.untilStopped() })
        }
    }

    /// Runs works side by side until one ends or it is time to stop.
    func run(
        _ works: [@Sendable () async throws -> Void],
        until stopped: @escaping @Sendable () async -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for work in works { group.addTask { try await work() } }
            group.addTask { await stopped() }
            try await group.next()
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {
                // Stopped by a signal: the position is stored and the name given back.
            }
        }
    }

    /// A market may come later; a misspelt one never does.
    private func remark(
        onUnknown wanted: MarketName?, in assembly: Assembly
    ) async throws -> String? {
        guard let wanted else { return nil }
        let known = try await assembly.store.heads().map(\.profile.series.market)
        guard !known.contains(wanted) else { return nil }
        let names = Set(known.map(\.description)).sorted().joined(separator: ", ")
        return "nothing is stored about \(wanted) yet: waiting for its first change; known: "
            + (names.isEmpty ? "no market" : names)
            + Suggestion.text(for: wanted.text, among: known.map(\.text))
    }

    private func follow(
        _ wanted: MarketName?, in assembly: Assembly, showing view: WatchView? = nil
    ) async throws {
        if let name {
            try await follow(as: name, wanted, in: assembly, showing: view)
        } else {
            try await tap(wanted, in: assembly, showing: view)
        }
    }

    /// Follows as a consumer group, whose position outlives this process.
    private func follow(
        as name: String, _ wanted: MarketName?, in assembly: Assembly, showing view: WatchView?
    ) async throws {
        let subscription = try await assembly.events.subscribe(
            to: [.regimeChange], as: ConsumerGroup("watch-\(name)"), from: .earliest)
        // In a task of its own: a cancelled one could not give the name back.
        let close = { await Task { await subscription.close() }.value }
        try await closing(close) {
            try await tell(of: subscription, wanted, view) { try await subscription.commit($0) }
        }
    }

    /// Follows without leaving a trace in the store.
    private func tap(
        _ wanted: MarketName?, in assembly: Assembly, showing view: WatchView?
    ) async throws {
        let tap = try await assembly.events.tap(
            .regimeChange, from: after == nil ? .latest : .earliest)
        try await closing(tap.close) { try await tell(of: tap, wanted, view) { _ in } }
    }

    private func tell(
        of reader: any EventReading, _ wanted: MarketName?, _ view: WatchView?,
        done: (LoggedEvent) async throws -> Void
    ) async throws {
        var told = 0
        while let event = try await reader.next() {
            let change = try RegimeChangeEvent(payload: event.message.payload)
            if isWanted(change, wanted) {
                told += 1
                if let view { view.show(change) } else { try write(change) }
            }
            // The line is out before the position moves: none is lost, one may come again.
            StandardOutput.flush()
            try await done(event)
            if told == count { return }
        }
    }

    private func isWanted(_ change: RegimeChangeEvent, _ market: MarketName?) -> Bool {
        if let market, change.series.market != market { return false }
        if let timeframe, change.series.timeframe != timeframe { return false }
        if let after, change.sequence <= after { return false }
        return true
    }

    private func write(_ change: RegimeChangeEvent) throws {
        guard !json else {
            return StandardOutput.line(
                try WireJSON.text(Bloasis_MarketRegime_RegimeChange(change)))
        }
        // Pipes get the same bytes everywhere.
        let style = Display.output
        let arrow = style.isTerminal ? style.glyph("→", else: "->") : "→"
        let line =
            "\(change.asOf)  \(change.series)  " + .regime(label: change.previousRegime.label)
            + " \(arrow) " + .regime(label: change.regime.label)
            + "  \(Format.percent(change.confidence))  #\(change.sequence)"
        StandardOutput.line(line.rendered(style))
    }
}
