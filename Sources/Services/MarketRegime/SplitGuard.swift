package import Market
import Ports

/// What becomes of bars that look like a split which the prices are not adjusted for.
package struct SplitPolicy: Sendable, Hashable {
    package enum Rule: String, Sendable, CaseIterable {
        /// They are refused with a message: classified, they would be a crash that never was.
        case refuse
        /// The market really moved so.
        case accept
    }

    package let rule: Rule
    /// Steps that are taken whatever the rule.
    package let accepted: Set<AcceptedSplit>

    package static let refuse = SplitPolicy(.refuse)
    package static let accept = SplitPolicy(.accept)

    package init(_ rule: Rule, accepting accepted: some Sequence<AcceptedSplit> = []) {
        self.rule = rule
        self.accepted = Set(accepted)
    }

    package func takes(_ market: MarketName, at timestamp: Timestamp) -> Bool {
        rule == .accept || accepted.contains(AcceptedSplit(market, at: timestamp))
    }

    /// What concerns one market.
    package func of(_ market: MarketName) -> SplitPolicy {
        SplitPolicy(rule, accepting: accepted.filter { $0.market == market })
    }
}

extension SplitPolicy: LosslessStringConvertible {
    /// As a job says it: `accept`, `refuse`, or `refuse MARKET@DATE …`.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = words.first, let rule = Rule(rawValue: String(first)) else { return nil }
        let accepted = words.dropFirst().compactMap { AcceptedSplit(String($0)) }
        guard accepted.count == words.count - 1 else { return nil }
        self.init(rule, accepting: accepted)
    }

    package var description: String {
        ([rule.rawValue] + accepted.map(\.description).sorted()).joined(separator: " ")
    }
}

/// A step of one market, on the day of one bar, that somebody looked at: it was the market.
package struct AcceptedSplit: Sendable, Hashable {
    package let market: MarketName
    /// The date by UTC of the bar's close.
    package let date: CivilDate

    package init(_ market: MarketName, at timestamp: Timestamp) {
        self.market = market
        date = timestamp.utcDate
    }
}

extension AcceptedSplit: LosslessStringConvertible {
    /// `MARKET@YYYY-MM-DD`.
    package init?(_ text: String) {
        guard let at = text.lastIndex(of: "@"), let market = MarketName(text[..<at]),
            let date = CivilDate(iso: text[text.index(after: at)...])
        else { return nil }
        self.market = market
        self.date = date
    }

    package var description: String { "\(market)@\(date)" }
}

/// Looks at a series' bars on their way into a store, oldest first, and refuses what looks like an
/// unadjusted split. One that is stored already was let pass before and is not asked about again.
package struct SplitGuard {
    private let series: Series
    private let policy: SplitPolicy
    private var detector: SplitDetector
    private var isLastNew = false

    package init(_ series: Series, in calendar: SessionCalendar, _ policy: SplitPolicy) {
        self.series = series
        self.policy = policy
        detector = SplitDetector(timeframe: series.timeframe, calendar: calendar)
    }

    /// Looks at the next bars, none of which the store has.
    ///
    /// - Throws: `BackfillError.suspectedSplit`.
    package mutating func check(_ bars: [Bar]) throws(BackfillError) {
        for bar in bars { try check(bar, isNew: true) }
    }

    mutating func check(_ bar: Bar, isNew: Bool) throws(BackfillError) {
        defer { isLastNew = isNew }
        guard policy.rule == .refuse, isNew || isLastNew else { return detector.accept(bar) }
        guard let split = detector.suspicion(at: bar) else { return }
        guard policy.takes(series.market, at: bar.timestamp) else {
            throw .suspectedSplit(series, split)
        }
        detector.accept(bar)
    }
}

extension Backfill {
    /// Looks at the bars that a backfill would store, before the first of them is written.
    ///
    /// - Throws: `BackfillError.suspectedSplit`, and what the source throws.
    func scan(_ request: BackfillRequest, from source: Source) async throws {
        guard request.terms.splits.rule == .refuse else { return }
        let head = try await reader.head(of: request.series)
        let end = request.terms.range?.upperBound ?? Timestamp(nanoseconds: .max)
        var bars = StoredBars(
            reader: reader, series: request.series, from: head?.profile.anchor ?? .earliest,
            keepingExogenous: true, now: request.terms.now)
        var splits = SplitGuard(
            request.series, in: head?.profile.calendar ?? request.calendar, request.terms.splits)
        while true {
            let chunk = try await bars.next(limit: Replay.pageSize) {
                try source(request.chunkSize).filter { $0.timestamp < end }
            }
            if chunk.isEmpty { return }
            for merged in chunk { try splits.check(merged.bar, isNew: merged.isNew) }
        }
    }
}

extension RegimeReader {
    /// The stored bars before an instant that a bar at it is judged by, or a few more.
    func barsBefore(_ instant: Timestamp, of series: Series) async throws -> [Bar] {
        // Sessions may be a quarter of a day, and five in a week.
        let lengths = Int128(SplitDetector.window * (series.timeframe.isIntraday ? 6 : 2))
        let span = max(
            lengths * Int128(series.timeframe.nanoseconds),
            5 * Int128(Timestamp.nanosecondsPerDay))
        let from = Timestamp(nanoseconds: Int64(clamping: Int128(instant.nanoseconds) - span))
        return try await bars(SeriesQuery(series, range: from..<instant)).map(\.bar)
    }
}
