package import Market

/// Names an event for good: the same change has the same id wherever and whenever it is computed.
package struct EventID: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

extension EventID: CustomStringConvertible {
    package var description: String { text }
}

/// The published label of a series became another one: by a bar, because an override began or
/// ended, or because the label announced last no longer held.
package struct RegimeChange: Sendable {
    package var eventID: EventID
    package var series: Series
    /// The bar at whose close the label changed; of an override, the latest one then; of an
    /// amendment, that of the announcement that no longer held.
    package var asOf: Timestamp
    /// The assessment's; of overrides, and of amendments, the count of theirs about that bar.
    package var revision: Int
    package var previousRegime: Regime
    package var regime: Regime
    package var probabilities: RegimeProbabilities
    /// The assessment's; `nil` where no calibration answers for `regime`.
    package var calibratedConfidence: Double?
    package var trigger: Trigger
    package var modelVersion: ModelVersion
    package var reasoning: String
    /// Set once announced.
    package var announcement: Announcement?

    package init(
        eventID: EventID, series: Series, asOf: Timestamp, revision: Int = 1,
        previousRegime: Regime, regime: Regime, probabilities: RegimeProbabilities,
        calibratedConfidence: Double? = nil, trigger: Trigger, modelVersion: ModelVersion,
        reasoning: String = "",
        announcement: Announcement? = nil
    ) {
        self.eventID = eventID
        self.series = series
        self.asOf = asOf
        self.revision = revision
        self.previousRegime = previousRegime
        self.regime = regime
        self.probabilities = probabilities
        self.calibratedConfidence = calibratedConfidence
        self.trigger = trigger
        self.modelVersion = modelVersion
        self.reasoning = reasoning
        self.announcement = announcement
    }

    /// In `regime`, as an assessment's is in its own.
    package var confidence: Double {
        probabilities.confidence(in: regime, calibrated: calibratedConfidence)
    }

    /// Whether an override began or ended, and no bar brought it.
    package var isByOverride: Bool { modelVersion == .override }

    /// Whether the label announced last no longer held, and no bar brought it.
    package var isAmendment: Bool { modelVersion == .amendment }

    package var isByBar: Bool { !isByOverride && !isAmendment }
}

/// A change's place among the announced ones of its series.
package struct Announcement: Sendable, Equatable {
    /// 1, 2, 3 … without gaps, per series.
    package var sequence: Int64
    package var previousEventID: EventID?
    /// The announced event whose statement about the past this one replaces.
    package var supersedes: EventID?

    package init(sequence: Int64, previousEventID: EventID?, supersedes: EventID? = nil) {
        self.sequence = sequence
        self.previousEventID = previousEventID
        self.supersedes = supersedes
    }
}
