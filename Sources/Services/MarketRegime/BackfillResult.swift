package import Market
package import Ports
package import RegimeModels
package import Regimes

/// What a backfill read, wrote and found.
package struct BackfillResult: Sendable {
    package let head: SeriesHead
    /// Bars run through the classifier, stored ones included.
    package private(set) var bars = 0
    /// Those of them in the range asked for.
    package internal(set) var barsInRange = 0
    package private(set) var firstAsOf: Timestamp?
    package private(set) var last: RegimeAssessment?
    package private(set) var changes = 0
    /// Bars spent in each published regime.
    package private(set) var barsPerRegime: [Regime: Int] = [:]
    package private(set) var newBars = 0
    package private(set) var revisedBars = 0
    package private(set) var newAssessments = 0
    package private(set) var restatedAssessments = 0
    package internal(set) var announced = 0
    /// Bars of the source before the series' anchor: not used.
    package internal(set) var barsBeforeAnchor = 0
    package internal(set) var fitFailures: [(at: Timestamp, error: FitError)] = []

    /// Somebody else wrote the series during the pass.
    private(set) var isDisturbed = false
    private var writesSeen: Int64 = 0

    init(head: SeriesHead) {
        self.head = head
    }

    /// Whether the store said all of it before.
    package var wroteNothing: Bool {
        newBars + revisedBars + newAssessments + restatedAssessments + announced == 0
    }

    /// Forgets what was walked over, keeps what was written.
    mutating func startOver() {
        (bars, barsInRange, changes) = (0, 0, 0)
        (firstAsOf, last, barsPerRegime) = (nil, nil, [:])
    }

    mutating func beginPass(writes: Int64) {
        isDisturbed = false
        writesSeen = writes
    }

    mutating func endPass(writes: Int64?) {
        if writes != writesSeen { isDisturbed = true }
    }

    mutating func take(_ assessment: RegimeAssessment) {
        bars += 1
        if firstAsOf == nil { firstAsOf = assessment.asOf }
        if (last?.regime ?? .unknown) != assessment.regime { changes += 1 }
        barsPerRegime[assessment.regime, default: 0] += 1
        last = assessment
    }

    /// The next answers, all of them in the range asked for.
    mutating func take(_ answers: AnswerColumns) {
        guard answers.count > 0 else { return }
        var label = last?.regime ?? .unknown
        for regime in answers.regime {
            if regime != label { changes += 1 }
            barsPerRegime[regime, default: 0] += 1
            label = regime
        }
        bars += answers.count
        barsInRange += answers.count
        firstAsOf = firstAsOf ?? answers.asOf[0]
        last = answers[answers.count - 1]
    }

    mutating func take(_ receipt: JournalReceipt) {
        if receipt.head.writes > writesSeen + (receipt.wroteNothing ? 0 : 1) { isDisturbed = true }
        writesSeen = receipt.head.writes
        newBars += receipt.newBars
        revisedBars += receipt.revisedBars
        newAssessments += receipt.newAssessments
        restatedAssessments += receipt.restatedAssessments
    }
}
