import Market
package import Notices
package import Ports
import Regimes
import Trading

extension Notice {
    /// Reads the event of a message on `regime-change` or `order-filled`, if every store can keep
    /// it: its text, and its id as what it is looked up by.
    ///
    /// - Throws: `EventDecodingError` naming the member; `UnknownTopic`.
    package init(_ message: EventMessage) throws {
        guard !message.payload.contains(0) else {
            throw EventDecodingError(
                topic: message.topic, field: nil, problem: "the payload holds a NUL")
        }
        let event = String(decoding: message.payload, as: UTF8.self)
        switch message.topic {
        case .regimeChange: self.init(try RegimeChangeEvent(payload: message.payload), event)
        case .orderFilled:
            let recorded = try OrderFilledEvent(payload: message.payload).recorded
            self.init(
                eventID: recorded.eventID, timestamp: recorded.fill.timestamp,
                matter: .fill(recorded.fill, knowing: recorded.regime?.regime), event: event)
        default: throw UnknownTopic(topic: message.topic)
        }
        guard IdentifierRule.allows(eventID.text) else {
            throw EventDecodingError(
                topic: message.topic, field: "event_id", problem: IdentifierRule.problem)
        }
    }

    private init(_ change: RegimeChangeEvent, _ event: String) {
        self.init(
            eventID: change.eventID, timestamp: change.asOf,
            matter: .change(
                RegimeStep(
                    series: change.series, previous: change.previousRegime, regime: change.regime,
                    confidence: change.confidence, isCalibrated: change.isCalibrated,
                    reasoning: change.reasoning, sequence: change.sequence,
                    isRestatement: change.supersedes != nil)),
            event: event)
    }
}

extension NoticeKind {
    /// The topic of the events that it is read off.
    var topic: Topic {
        switch self {
        case .regimeChange: .regimeChange
        case .orderFilled: .orderFilled
        }
    }
}

extension NoticeReading {
    /// Reads events as they come from the bus.
    package static let standard = NoticeReading { kind, event in
        try Notice(
            EventMessage(topic: kind.topic, key: "", payload: Array(event.utf8)))
    }
}

/// A topic that nobody is told of.
package struct UnknownTopic: Error, Equatable, CustomStringConvertible {
    package let topic: Topic

    package var description: String { "topic \(topic) holds nothing that people are told of" }
}
