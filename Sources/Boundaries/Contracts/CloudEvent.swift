import Market
import Regimes

/// The headers of an event: CloudEvents 1.0 in binary mode over Kafka, with the prefix `ce-`.
enum CloudEvent {
    static func headers(
        id: EventID, type: String, source: String, time: Timestamp, traceparent: String?
    ) -> [String: String] {
        var headers = [
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": id.text,
            "ce-type": type,
            "ce-source": source,
            "ce-time": time.rfc3339,
        ]
        headers["traceparent"] = traceparent
        return headers
    }
}
