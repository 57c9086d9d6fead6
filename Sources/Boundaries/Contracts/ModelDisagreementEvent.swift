import Market
package import Ports
package import Regimes

/// That a model which runs beside the one that answers begins or ceases to disagree with it, on the
/// topic `model-disagreement`: one JSON object, snake_case.
///
/// The members' order is fixed and the values come from the answers alone, so the same statement is
/// the same bytes whenever it is worded.
package struct ModelDisagreementEvent: Sendable, Equatable {
    package var eventID: EventID
    package var answer: ShadowAnswer

    package static let source = "market-regime-service"
    package static let eventType = "model_disagreement"
    package static let schemaVersion = 1
    /// What `ce-type` says; its version is the schema's.
    package static let cloudEventType = "bloasis.model-disagreement.v1"

    package init(_ answer: ShadowAnswer) {
        eventID = EventID(naming: answer)
        self.answer = answer
    }

    package var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("event_id", eventID.text)
            json.member("event_type", ModelDisagreementEvent.eventType)
            json.member("schema_version", Int64(ModelDisagreementEvent.schemaVersion))
            json.member("source", ModelDisagreementEvent.source)
            json.member("market", answer.series.market.text)
            json.member("timeframe", answer.series.timeframe.description)
            json.member("as_of", answer.asOf.rfc3339)
            json.member("available_at", answer.availableAt.rfc3339)
            json.member("revision", Int64(answer.revision))
            json.member("disagrees", answer.disagrees)
            json.member("kind", answer.model)
            json.member("model_version", answer.modelVersion.text)
            json.member("regime", answer.regime.label)
            json.member("confidence", answer.confidence)
            json.member("published_regime", answer.published.label)
            json.member("published_version", answer.publishedVersion.text)
        }
        return json.text
    }

    /// The message for the bus, keyed by market.
    package func message() -> EventMessage {
        EventMessage(
            topic: .modelDisagreement, key: answer.series.market.text, payload: Array(json.utf8),
            headers: CloudEvent.headers(
                id: eventID, type: ModelDisagreementEvent.cloudEventType,
                source: ModelDisagreementEvent.source, time: answer.asOf, traceparent: nil))
    }

    /// Reads a payload; members it does not know are let pass, as additions are.
    ///
    /// - Throws: `EventDecodingError` naming the member that is missing or malformed.
    package init(payload: [UInt8]) throws(EventDecodingError) {
        let fields = try EventFields(payload, topic: .modelDisagreement)
        try fields.requireSchema(ModelDisagreementEvent.schemaVersion)
        eventID = EventID(try fields.string("event_id"))
        answer = ShadowAnswer(
            series: try fields.series(), asOf: try fields.timestamp("as_of"),
            availableAt: try fields.timestamp("available_at"),
            revision: try fields.count("revision"), model: try fields.string("kind"),
            modelVersion: ModelVersion(try fields.string("model_version")),
            regime: try fields.regime("regime"), confidence: try fields.probability("confidence"),
            published: try fields.regime("published_regime"),
            publishedVersion: ModelVersion(try fields.string("published_version")), isTurn: true)
        guard try fields.boolean("disagrees") == answer.disagrees else {
            throw fields.fault("disagrees", "it does not go with the two regimes")
        }
    }
}
