package import Contracts
package import Market
package import Regimes

/// What a backfill of a universe came to.
package struct UniverseTally: Sendable {
    package private(set) var written = 0
    /// Of those written, markets of which the store said all of it before.
    package private(set) var nothingNew = 0
    /// Passed over: their sources were written to their ends before.
    package private(set) var unchanged = 0
    package private(set) var failures: [(series: Series, reason: String)] = []
    package private(set) var work = BackfillWork()
    package private(set) var fitFailures = 0
    package private(set) var barsPerRegime: [Regime: Int] = [:]

    package init() {}

    /// Markets that came to an end of whatever kind.
    package var markets: Int { written + unchanged + failures.count }

    package mutating func take(_ outcome: MemberOutcome) {
        switch outcome.end {
        case .unchanged(let announced):
            unchanged += 1
            work.announced += announced
        case .failed(let problem): failures.append((outcome.series, problem))
        case .written(let result): take(result)
        }
    }

    private mutating func take(_ result: BackfillResult) {
        written += 1
        if result.work.wroteNothing { nothingNew += 1 }
        work += result.work
        fitFailures += result.fitFailures.count
        barsPerRegime.merge(result.barsPerRegime, uniquingKeysWith: +)
    }
}
