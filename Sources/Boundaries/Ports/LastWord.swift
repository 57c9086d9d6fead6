import Market
package import Regimes

/// What was announced last about the last bar that anything was announced about, and what a store
/// holds of that bar: the label that whoever follows the announcements takes for the present one.
package struct LastWord: Sendable {
    private let asOf: Timestamp
    /// The label announced last about the bar, by whatever.
    private(set) var regime: Regime
    /// The event announced last about it that no override brought; `nil` without one.
    private(set) var eventID: EventID?
    /// What is said about it now; `nil` where that was dropped.
    private let assessment: RegimeAssessment?
    /// The highest revision of its amendments; 0 without any.
    private let revision: Int

    /// - Parameters:
    ///   - change: announced last about the bar.
    ///   - eventID: announced last about it by a bar or an amendment.
    ///   - assessment: its latest one.
    ///   - revision: the highest of its amendments; 0 without any.
    package init(
        _ change: RegimeChange, eventID: EventID?, assessment: RegimeAssessment?, revision: Int
    ) {
        asOf = change.asOf
        regime = change.regime
        self.eventID = eventID
        self.assessment = assessment
        self.revision = revision
    }

    /// A change by a bar is announced behind it.
    mutating func take(_ change: RegimeChange) {
        guard change.asOf == asOf else { return }
        regime = change.regime
        eventID = change.eventID
    }

    /// Says in place of it what the label is.
    func amendment(
        to regime: Regime, of head: SeriesHead, wording: ChangeWording
    ) -> RegimeChange {
        var change = RegimeChange(
            eventID: EventID(""), series: head.profile.series, asOf: asOf, revision: revision + 1,
            previousRegime: self.regime, regime: regime,
            // Of an answer that was dropped nothing is known any more.
            probabilities: assessment?.probabilities ?? .unknown,
            calibratedConfidence: assessment?.calibratedConfidence(in: regime),
            trigger: .backfill, modelVersion: .amendment,
            reasoning:
                "\(self.regime) was announced last, and what was restated since says \(regime)")
        change.eventID = wording.eventID(change)
        return change
    }
}
