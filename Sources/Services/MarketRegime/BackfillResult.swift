package import Contracts
package import Market
package import Ports
package import RegimeModels
package import Regimes

/// What a backfill read, wrote and found.
package struct BackfillResult: Sendable {
    package let head: SeriesHead
    package private(set) var work = BackfillWork()
    /// Bars that were walked over in the range asked for.
    package internal(set) var barsInRange = 0
    package private(set) var firstAsOf: Timestamp?
    package private(set) var last: RegimeAssessment?
    /// Bars spent in each published regime.
    package private(set) var barsPerRegime: [Regime: Int] = [:]
    /// Bars of the source before the series' anchor: not used.
    package internal(set) var barsBeforeAnchor = 0
    package internal(set) var fitFailures: [(at: Timestamp, error: FitError)] = []

    /// Somebody else wrote the series during the pass.
    private(set) var isDisturbed = false
    private var writesSeen: Int64 = 0

    init(head: SeriesHead) {
        self.head = head
    }

    /// Forgets what was walked over, keeps what was written.
    mutating func startOver() {
        (work.bars, work.changes, barsInRange) = (0, 0, 0)
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
        work.bars += 1
        if firstAsOf == nil { firstAsOf = assessment.asOf }
        if (last?.regime ?? .unknown) != assessment.regime { work.changes += 1 }
        barsPerRegime[assessment.regime, default: 0] += 1
        last = assessment
    }

    /// The next answers, all of them in the range asked for.
    mutating func take(_ answers: AnswerColumns) {
        guard answers.count > 0 else { return }
        var label = last?.regime ?? .unknown
        for regime in answers.regime {
            if regime != label { work.changes += 1 }
            barsPerRegime[regime, default: 0] += 1
            label = regime
        }
        work.bars += answers.count
        barsInRange += answers.count
        firstAsOf = firstAsOf ?? answers.asOf[0]
        last = answers[answers.count - 1]
    }

    mutating func take(_ receipt: JournalReceipt) {
        if receipt.head.writes > writesSeen + (receipt.wroteNothing ? 0 : 1) { isDisturbed = true }
        writesSeen = receipt.head.writes
        work.newBars += receipt.newBars
        work.revisedBars += receipt.revisedBars
        work.newAssessments += receipt.newAssessments
        work.restatedAssessments += receipt.restatedAssessments
    }

    mutating func take(announced count: Int) { work.announced += count }
}
