package import Logging
package import Market
import Metrics
package import Ports

/// Sets aside, on the dead-letter topics, what nobody can process.
package struct DeadLetters: Sendable {
    private let bus: any EventBus
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter now: the wall clock.
    package init(
        bus: any EventBus, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.bus = bus
        self.now = now
        self.logger = logger
    }

    /// Publishes the event on its dead-letter topic; when the bus will not take it whole, what it
    /// will take of it.
    package func setAside(_ event: LoggedEvent, reason: String, attempts: Int) async throws {
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
