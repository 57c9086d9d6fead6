package import Market
import Ports

/// What becomes of bars that look like a split which the prices are not adjusted for.
package enum SplitPolicy: String, Sendable, CaseIterable {
    /// They are refused with a message: classified, they would be a crash that never was.
    case refuse
    /// The market really moved so.
    case accept
}

/// Looks at a series' bars on their way into a store, oldest first, and refuses what looks like an
/// unadjusted split. One that is stored already was let pass before and is not asked about again.
package struct SplitGuard {
    private let series: Series
    private let policy: SplitPolicy
    private var detector = SplitDetector()
    private var isLastNew = false

    package init(_ series: Series, _ policy: SplitPolicy) {
        self.series = series
        self.policy = policy
    }

    /// Looks at the next bars, none of which the store has.
    ///
    /// - Throws: `BackfillError.suspectedSplit`.
    package mutating func check(_ bars: [Bar]) throws(BackfillError) {
        for bar in bars { try check(bar, isNew: true) }
    }

    mutating func check(_ bar: Bar, isNew: Bool) throws(BackfillError) {
        defer { isLastNew = isNew }
        guard policy == .refuse, isNew || isLastNew else { return detector.accept(bar) }
        if let split = detector.suspicion(at: bar) { throw .suspectedSplit(series, split) }
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
