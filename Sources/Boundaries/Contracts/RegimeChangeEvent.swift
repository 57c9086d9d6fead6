package import Market
package import Ports
package import Regimes

/// The message of an announced change on the topic `regime-change`: one JSON object, snake_case.
///
/// The members' order is fixed and the values come from the change alone, so the same change is the
/// same bytes whenever it is worded.
package struct RegimeChangeEvent: Sendable, Equatable {
    package var eventID: EventID
    package var series: Series
    package var regime: Regime
    package var previousRegime: Regime
    package var confidence: Double
    /// Whether `confidence` is calibrated, and not the label's probability.
    package var isCalibrated: Bool
    /// The close of the bar at which the label changed.
    package var asOf: Timestamp
    package var sequence: Int64
    /// `nil` on a series' first announcement.
    package var previousEventID: EventID?
    /// The announced event whose statement about the past this one replaces.
    package var supersedes: EventID?
    package var trigger: Trigger
    package var modelVersion: ModelVersion
    package var probabilities: RegimeProbabilities
    package var reasoning: String

    package static let source = "market-regime-service"
    package static let eventType = "regime_change"
    package static let schemaVersion = 1
    /// What `ce-type` says; its version is the schema's.
    package static let cloudEventType = "bloasis.regime-change.v1"

    /// Precondition: the change is announced; an event without a sequence does not exist.
    package init(_ change: RegimeChange) {
        guard let announcement = change.announcement else {
            preconditionFailure("change \(change.eventID) is not announced")
        }
        eventID = change.eventID
        series = change.series
        regime = change.regime
        previousRegime = change.previousRegime
        confidence = change.confidence
        isCalibrated = change.calibratedConfidence != nil
        asOf = change.asOf
        sequence = announcement.sequence
        previousEventID = announcement.previousEventID
        supersedes = announcement.supersedes
        trigger = change.trigger
        modelVersion = change.modelVersion
        probabilities = change.probabilities
        reasoning = change.reasoning
    }

    /// The payload. The contract's four oldest members come first.
    package var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("regime", regime.label)
            json.member("confidence", confidence)
            json.member("timestamp", asOf.rfc3339)
            json.member("source", RegimeChangeEvent.source)
            json.member("event_id", eventID.text)
            json.member("event_type", RegimeChangeEvent.eventType)
            json.member("schema_version", Int64(RegimeChangeEvent.schemaVersion))
            json.member("market", series.market.text)
            json.member("timeframe", series.timeframe.description)
            json.member("previous_regime", previousRegime.label)
            json.member("sequence", sequence)
            json.member("previous_event_id", previousEventID?.text)
            json.member("supersedes", supersedes?.text)
            json.member("as_of", asOf.rfc3339)
            json.member("trigger", trigger.rawValue)
            json.member("model_version", modelVersion.text)
            json.member("risk_level", regime.riskLevel.rawValue)
            json.member("probabilities") { json in
                json.object { json in
                    for regime in Regime.allCases {
                        json.member(regime.label, probabilities[regime])
                    }
                }
            }
            json.member("reasoning", reasoning)
            if isCalibrated {
                json.member("confidence_kind", ConfidenceKind.calibrated.rawValue)
            }
        }
        return json.text
    }

    /// The message for the bus, keyed by market.
    ///
    /// - Parameter traceparent: the W3C trace context of the cause, when there is one.
    package func message(traceparent: String? = nil) -> EventMessage {
        EventMessage(
            topic: .regimeChange, key: series.market.text, payload: Array(json.utf8),
            headers: CloudEvent.headers(
                id: eventID, type: RegimeChangeEvent.cloudEventType,
                source: RegimeChangeEvent.source, time: asOf, traceparent: traceparent))
    }
}

// MARK: - Reading

extension RegimeChangeEvent {
    /// Reads a payload; members it does not know are let pass, as additions are.
    ///
    /// - Throws: `EventDecodingError` naming the member.
    package init(payload: [UInt8]) throws(EventDecodingError) {
        let fields = try EventFields(payload, topic: .regimeChange)
        try fields.requireSchema(RegimeChangeEvent.schemaVersion)
        eventID = EventID(try fields.string("event_id"))
        series = try fields.series()
        regime = try fields.regime("regime")
        previousRegime = try fields.regime("previous_regime")
        confidence = try fields.probability("confidence")
        isCalibrated =
            try fields.optionalString("confidence_kind") == ConfidenceKind.calibrated.rawValue
        asOf = try fields.timestamp("as_of")
        sequence = try fields.integer("sequence")
        previousEventID = try fields.optionalString("previous_event_id").map { EventID($0) }
        supersedes = try fields.optionalString("supersedes").map { EventID($0) }
        let triggerText = try fields.string("trigger")
        guard let trigger = Trigger(rawValue: triggerText) else {
            let valid = Trigger.allCases.map(\.rawValue).joined(separator: ", ")
            throw fields.fault("trigger", "'\(triggerText)' is not one of \(valid)")
        }
        self.trigger = trigger
        modelVersion = ModelVersion(try fields.string("model_version"))
        var masses: [(Regime, Double)] = []
        for (label, mass) in try fields.probabilities("probabilities") {
            guard let regime = Regime(rawValue: label) else {
                throw fields.fault("probabilities", "'\(label)' is not a regime")
            }
            masses.append((regime, mass))
        }
        probabilities = RegimeProbabilities(summing: masses)
        reasoning = try fields.string("reasoning")
    }
}
