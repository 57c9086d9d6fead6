import Logging
import Market
import Metrics
import Ports

/// Sets aside, on the dead-letter topics, what nobody can process.
struct DeadLetters: Sendable {
    let bus: any EventBus
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// Publishes the event on its dead-letter topic; when the bus will not take it whole, what it
    /// will take of it.
    func setAside(_ event: LoggedEvent, reason: String, attempts: Int) async throws {
        let instant = now().rfc3339
        let topic = event.message.topic
        let letter = event.deadLetter(
            reason: reason, attempts: attempts, firstFailure: instant, lastFailure: instant)
        do {
            try await bus.publish([letter])
        } catch EventBusError.refused(let reasons) {
            logger.warning(
                "Dead letter refused whole, setting its beginning aside",
                metadata: [
                    "topic": "\(letter.topic)", "bytes": "\(letter.payload.count)",
                    "error": "\(EventBusError.refused(reasons))",
                ])
            try await bus.publish([letter.cut])
        }
        Counter(label: "dead_letters_total", dimensions: [("topic", topic.name)]).increment()
    }
}
