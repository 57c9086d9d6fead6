package import Market
package import Regimes

/// Whether the latest completed session of a market is present; computed when answering.
package enum Staleness: Sendable, Equatable {
    case fresh
    /// The close of the first session that is missing.
    case stale(since: Timestamp)
}

extension Bloasis_MarketRegime_RegimeResponse {
    /// An answer from an assessment.
    ///
    /// Indicators that could not be computed are left out; every label has its probability.
    ///
    /// - Parameters:
    ///   - sequence: the series' last announced sequence, 0 before the first; `nil` in a history.
    ///   - override: what is published in place of the assessment's own label; `nil` in a history.
    ///   - staleness: `nil` in a history, whose items are what they are.
    ///   - close: the bar's closing price, when at hand.
    package init(
        _ assessment: RegimeAssessment, sequence: Int64? = nil, override: RegimeOverride? = nil,
        staleness: Staleness? = nil, close: Double? = nil
    ) {
        self.init()
        regime = assessment.regime.label
        confidence = assessment.confidence
        timestamp = assessment.asOf.rfc3339
        trigger = assessment.trigger.rawValue
        reasoning = assessment.reasoning
        riskLevel = assessment.regime.riskLevel.rawValue
        for reading in assessment.indicators where reading.value.isFinite {
            indicators[reading.name] = reading.value
        }
        market = assessment.series.market.text
        timeframe = assessment.series.timeframe.description
        asOf = assessment.asOf.rfc3339
        probabilities = assessment.probabilities.byLabel
        rawRegime = assessment.rawRegime.label
        previousRegime = assessment.previousRegime.label
        since = assessment.since.rfc3339
        modelVersion = assessment.modelVersion.text
        confidenceKind = assessment.confidenceKind.rawValue
        if assessment.calibratedConfidence != nil {
            probabilityKind = assessment.probabilityKind.rawValue
        }
        inputMissing = assessment.inputMissing
        revision = Int32(clamping: assessment.revision)
        availableAt = assessment.availableAt.rfc3339
        if let sequence { self.sequence = sequence }
        if let override { publish(override, over: assessment) }
        if let close, close.isFinite { self.close = close }
        if let staleness { mark(staleness) }
    }

    /// Says what an override publishes. The bar, the probabilities, the raw label and the
    /// indicators stay the filter's.
    private mutating func publish(
        _ override: RegimeOverride, over assessment: RegimeAssessment
    ) {
        regime = override.regime.label
        confidence = assessment.probabilities[override.regime]
        sayUncalibrated()
        trigger = Trigger.override.rawValue
        reasoning = override.order.reasoning
        riskLevel = override.regime.riskLevel.rawValue
        previousRegime = override.previousRegime.label
        since = override.asOf.rfc3339
    }

    /// Says that `confidence` is one of `probabilities` again: a calibration speaks of the label
    /// that the filter published, and of no other.
    package mutating func sayUncalibrated() {
        guard hasProbabilityKind else { return }
        confidenceKind = probabilityKind
        clearProbabilityKind()
    }

    /// Says whether the answer is behind its market.
    package mutating func mark(_ staleness: Staleness) {
        switch staleness {
        case .fresh:
            stale = false
        case .stale(let since):
            stale = true
            staleSince = since.rfc3339
        }
    }
}

extension Bloasis_MarketRegime_RegimeChange {
    /// A change, announced or not.
    package init(_ change: RegimeChange) {
        self.init()
        eventID = change.eventID.text
        market = change.series.market.text
        timeframe = change.series.timeframe.description
        regime = change.regime.label
        previousRegime = change.previousRegime.label
        confidence = change.confidence
        if change.calibratedConfidence != nil {
            confidenceKind = ConfidenceKind.calibrated.rawValue
        }
        timestamp = change.asOf.rfc3339
        asOf = change.asOf.rfc3339
        trigger = change.trigger.rawValue
        modelVersion = change.modelVersion.text
        riskLevel = change.regime.riskLevel.rawValue
        probabilities = change.probabilities.byLabel
        reasoning = change.reasoning
        revision = Int32(clamping: change.revision)
        guard let announcement = change.announcement else { return }
        sequence = announcement.sequence
        if let previous = announcement.previousEventID { previousEventID = previous.text }
        if let superseded = announcement.supersedes { supersedes = superseded.text }
    }
}

extension Bloasis_MarketRegime_RegimeChange {
    /// A change as its event tells it; the event does not say the revision.
    package init(_ event: RegimeChangeEvent) {
        var change = RegimeChange(
            eventID: event.eventID, series: event.series, asOf: event.asOf,
            previousRegime: event.previousRegime, regime: event.regime,
            probabilities: event.probabilities,
            calibratedConfidence: event.isCalibrated ? event.confidence : nil,
            trigger: event.trigger, modelVersion: event.modelVersion, reasoning: event.reasoning)
        change.announcement = Announcement(
            sequence: event.sequence, previousEventID: event.previousEventID,
            supersedes: event.supersedes)
        self.init(change)
        clearRevision()
    }
}

extension RegimeProbabilities {
    /// One entry per label of the vocabulary.
    var byLabel: [String: Double] {
        Dictionary(uniqueKeysWithValues: Regime.allCases.map { ($0.label, self[$0]) })
    }
}
