package import Market
package import Regimes

/// Keeps what persons order to be published in place of the filter's answers, and who ordered it.
/// Every call that writes is one transaction under the series' lock: all of it or nothing.
///
/// Implementations: `InMemoryRegimeStore`, `SQLiteRegimeStore`, `PostgresRegimeStore`, beside what
/// they keep of regimes, because both are announced in one sequence. All pass the same conformance
/// suite.
package protocol OverrideLedger: Sendable {
    /// Puts an override in force and announces that, as a change from what was published before.
    ///
    /// The one in force before it ends as replaced, which is not announced; one whose time was over
    /// ends first, which is. What is in force already and was ordered in the same words is
    /// answered, and nothing is written.
    ///
    /// - Throws: `OverrideRefusal`, `JournalError.unknownSeries`, `StoreError`.
    func putInForce(_ order: OverrideOrder) async throws -> RegimeOverride

    /// Ends the override of a series whose time is over, and announces the filter's label; `nil`
    /// when there is none, or none whose time is over. So whoever comes second writes nothing.
    ///
    /// - Parameter now: the wall clock.
    /// - Throws: `JournalError.unknownSeries`, `StoreError`.
    func endExpiredOverride(of series: Series, at now: Timestamp) async throws -> RegimeChange?

    /// Those of all series whose end is not recorded, the next to expire first.
    func standingOverrides() async throws -> [RegimeOverride]

    /// What was ever in force, in the order of their start, those that started later than one of
    /// them: what an audit reads.
    ///
    /// - Parameters:
    ///   - sequence: of the last one of the page before.
    ///   - limit: at most `SeriesQuery.limitMaximum` are given.
    func overrides(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeOverride]
}

/// Why an order is not carried out.
package enum OverrideRefusal: Error, Equatable, Sendable {
    /// Without an assessment there is nothing to override.
    case notAssessed(Series)
    /// The filter says so itself, and no override is in force.
    case saidAnyway(Series, Regime)
}

extension OverrideRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAssessed(let series):
            return "\(series) has no assessment that could be overridden: backfill it, or send bars"
        case .saidAnyway(let series, let regime):
            return "\(series) is in \(regime) already and no override is in force: there is "
                + "nothing to override"
        }
    }
}
