import Contracts
import Hosting
import Market
import Ports
import Regimes
import Synchronization
import Terminal

/// The live view of `watch`: reads the store after commits, and draws.
final class WatchView: Sendable {
    /// Series whose state is read and shown; of more their number is told.
    private static let seriesLimit = 100
    /// Changes of a series that are looked back to.
    private static let pastLimit = 20
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

    func take(_ events: [WatchScreen.Event]) {
        screen.withLock { screen in
            for event in events { screen.take(event) }
        }
    }

    func show(_ change: RegimeChangeEvent) {
        take([.change(WatchScreen.Change(change))])
    }

    /// Draws what has come, in the window as it is then, until it is cancelled.
    func draw(on terminal: LiveTerminal) async throws {
        while true {
            try terminal.show { isEmpty in
                let size = TerminalSize.measured(1)
                return screen.withLock { screen in
                    if isEmpty { screen.take(.wiped) }
                    if let size { screen.take(.resized(size)) }
                    return screen.isDirty ? screen.frame() : nil
                }
            }
            try await Task.sleep(for: WatchView.frameInterval)
        }
    }

    /// Follows what the store says of the series, looking again after commits alone.
    func followStore() async throws {
        var seen: [Series: SeriesHead] = [:]
        var pace = WatchPace()
        let clock = ContinuousClock()
        take([.past(try await past())])
        for await _ in reader.commits() {
            let start = clock.now
            let foundNews = try await look(&seen)
            let elapsed = clock.now - start
            try await Task.sleep(for: pace.wait(afterLookOf: elapsed, foundNews: foundNews))
        }
    }

    /// Reads what differs from what was seen, which is no more than what is shown; whether
    /// anything does.
    private func look(_ seen: inout [Series: SeriesHead]) async throws -> Bool {
        let heads = try await reader.heads().filter { isFollowed($0.profile.series) }
        let shown = heads.prefix(WatchView.seriesLimit)
        let names = Set(shown.map(\.profile.series))
        var events: [WatchScreen.Event] = [.followed(names, others: heads.count - shown.count)]
        var foundNews = seen.keys.contains { !names.contains($0) }
        seen = seen.filter { names.contains($0.key) }
        for head in shown where seen[head.profile.series] != head {
            foundNews = true
            if let state = try await state(of: head) { events.append(.series(state)) }
            seen[head.profile.series] = head
        }
        take(events)
        return foundNews
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
