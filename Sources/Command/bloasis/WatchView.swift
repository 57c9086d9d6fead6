import Contracts
import Hosting
import Market
import Ports
import Regimes
import Synchronization
import Terminal
import UnixSignals

/// The live view of `watch`: reads the store after each commit, and draws.
final class WatchView: Sendable {
    /// Series whose state is read and shown; of more their number is told.
    private static let seriesLimit = 100
    /// Changes of a series that are looked back to.
    private static let pastLimit = 20
    /// Between two looks at the store, however many commits there are.
    private static let pause: Duration = .milliseconds(250)
    /// Between two frames, however much comes.
    private static let frameInterval: Duration = .milliseconds(50)

    private let reader: any RegimeReader
    private let isFollowed: @Sendable (Series) -> Bool
    private let screen: Mutex<WatchScreen>

    init(
        _ reader: any RegimeReader, _ style: TerminalStyle,
        following isFollowed: @escaping @Sendable (Series) -> Bool
    ) {
        self.reader = reader
        self.isFollowed = isFollowed
        screen = Mutex(WatchScreen(style))
    }

    /// Takes the terminal for as long as the action runs, and gives it back however that ends.
    func showing(_ action: () async throws -> Void) async throws {
        StandardOutput.write(TerminalControl.enter)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await action())
        } catch {
            outcome = .failure(error)
        }
        StandardOutput.write(TerminalControl.leave)
        StandardOutput.flush()
        try outcome.get()
    }

    func show(_ change: RegimeChangeEvent) {
        take([.change(WatchScreen.Change(change))])
    }

    /// Draws what has come, until it is cancelled.
    func draw() async throws {
        while true {
            screen.withLock { screen in
                guard screen.isDirty else { return }
                StandardOutput.write(screen.frame())
                StandardOutput.flush()
            }
            try await Task.sleep(for: WatchView.frameInterval)
        }
    }

    /// Follows the size of the terminal.
    func followSize() async {
        for await _ in await UnixSignalsSequence(trapping: .sigwinch) {
            if let size = TerminalSize.measured(1) { take([.resized(size)]) }
        }
    }

    /// Follows what the store says of the series.
    func followStore() async throws {
        var seen: [Series: SeriesHead] = [:]
        take([.past(try await past())])
        for await _ in reader.commits() {
            let heads = try await reader.heads().filter { isFollowed($0.profile.series) }
            let shown = heads.prefix(WatchView.seriesLimit)
            var events: [WatchScreen.Event] = [.others(heads.count - shown.count)]
            for head in shown where seen[head.profile.series] != head {
                if let state = try await state(of: head) { events.append(.series(state)) }
                seen[head.profile.series] = head
            }
            take(events)
            try await Task.sleep(for: WatchView.pause)
        }
    }

    /// The last announced changes of what is followed.
    private func past() async throws -> [WatchScreen.Change] {
        let heads = try await reader.heads().filter { isFollowed($0.profile.series) }
        var changes: [WatchScreen.Change] = []
        for head in heads.prefix(WatchView.seriesLimit) where head.lastSequence > 0 {
            let page = try await reader.announcements(
                of: head.profile.series,
                after: max(head.lastSequence - Int64(WatchView.pastLimit), 0),
                limit: WatchView.pastLimit)
            changes += page.map { WatchScreen.Change(RegimeChangeEvent($0)) }
        }
        return changes
    }

    private func state(of head: SeriesHead) async throws -> WatchScreen.State? {
        let series = head.profile.series
        guard let current = try await reader.current(series) else { return nil }
        let recent = series.timeframe.span(
            ofBars: Int64(WatchScreen.priceLimit) * 2, through: current.asOf)
        let closes = try await reader.bars(SeriesQuery(series, range: recent)).map(\.bar.close)
        var state = WatchScreen.State(
            series: series, regime: current.regime, confidence: current.confidence,
            since: current.since,
            closes: Array(closes.suffix(WatchScreen.priceLimit)))
        if let override = head.override, override.isInForce(at: WallClock.now) {
            // Ordered by a person, not estimated.
            state.regime = override.regime
            state.since = override.order.madeAt
            state.confidence = .nan
        }
        return state
    }

    private func take(_ events: [WatchScreen.Event]) {
        screen.withLock { screen in
            for event in events { screen.take(event) }
        }
    }
}

extension WatchScreen.Change {
    fileprivate init(_ event: RegimeChangeEvent) {
        self.init(
            series: event.series, asOf: event.asOf, previous: event.previousRegime,
            regime: event.regime, confidence: event.confidence, sequence: event.sequence)
    }
}

extension Timeframe {
    /// The time that so many bars up to one take where there is no pause between them.
    func span(ofBars count: Int64, through end: Timestamp) -> Range<Timestamp> {
        let (length, overflows) = nanoseconds.multipliedReportingOverflow(by: count)
        let (start, isBefore) = end.nanoseconds.subtractingReportingOverflow(length)
        let last = end == .latest ? end : end.advanced(byNanoseconds: 1)
        return (overflows || isBefore ? .earliest : Timestamp(nanoseconds: start))..<last
    }
}
