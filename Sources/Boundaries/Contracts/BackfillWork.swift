/// What a backfill read and wrote, of one market or of many.
package struct BackfillWork: Sendable, Equatable {
    /// Bars run through the classifier, stored ones included.
    package var bars = 0
    package var changes = 0
    package var newBars = 0
    package var revisedBars = 0
    package var newAssessments = 0
    package var restatedAssessments = 0
    package var announced = 0

    package init() {}

    /// Whether the store said all of it before.
    package var wroteNothing: Bool {
        newBars + revisedBars + newAssessments + restatedAssessments + announced == 0
    }

    package static func += (sum: inout Self, other: Self) {
        sum.bars += other.bars
        sum.changes += other.changes
        sum.newBars += other.newBars
        sum.revisedBars += other.revisedBars
        sum.newAssessments += other.newAssessments
        sum.restatedAssessments += other.restatedAssessments
        sum.announced += other.announced
    }
}
