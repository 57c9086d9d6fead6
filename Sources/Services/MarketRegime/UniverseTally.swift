package import Market
package import Regimes

/// How one market of a universe came out.
package struct MemberOutcome: Sendable {
    package enum End: Sendable {
        case written(BackfillResult)
        /// Its source was written to its end before; changes announced now.
        case unchanged(announced: Int)
        /// What was committed before the failure stays.
        case failed(String)
    }

    package let series: Series
    package let end: End
    /// What a person should know about its source.
    package let remarks: [String]

    package init(_ series: Series, _ end: End, remarks: [String] = []) {
        self.series = series
        self.end = end
        self.remarks = remarks
    }
}

/// What a backfill of a universe came to.
package struct UniverseTally: Sendable {
    package private(set) var written = 0
    /// Of those written, markets of which the store said all of it before.
    package private(set) var nothingNew = 0
    /// Passed over: their sources were written to their ends before.
    package private(set) var unchanged = 0
    package private(set) var failures: [(series: Series, problem: String)] = []
    package private(set) var bars = 0
    package private(set) var changes = 0
    package private(set) var newBars = 0
    package private(set) var revisedBars = 0
    package private(set) var newAssessments = 0
    package private(set) var restatedAssessments = 0
    package private(set) var announced = 0
    package private(set) var fitFailures = 0
    package private(set) var barsPerRegime: [Regime: Int] = [:]

    package init() {}

    /// Markets that came to an end of whatever kind.
    package var markets: Int { written + unchanged + failures.count }

    package mutating func take(_ outcome: MemberOutcome) {
        switch outcome.end {
        case .unchanged(let announced):
            unchanged += 1
            self.announced += announced
        case .failed(let problem): failures.append((outcome.series, problem))
        case .written(let result): take(result)
        }
    }

    private mutating func take(_ result: BackfillResult) {
        written += 1
        if result.wroteNothing { nothingNew += 1 }
        bars += result.bars
        changes += result.changes
        newBars += result.newBars
        revisedBars += result.revisedBars
        newAssessments += result.newAssessments
        restatedAssessments += result.restatedAssessments
        announced += result.announced
        fitFailures += result.fitFailures.count
        barsPerRegime.merge(result.barsPerRegime, uniquingKeysWith: +)
    }
}
