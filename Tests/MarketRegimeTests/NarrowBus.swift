import Ports

/// A bus that takes no message larger than so many bytes. It looks at some messages together, as
/// brokers do at a batch of records, and refuses all of them for one.
final class NarrowBus: EventBus {
    private let bus: InMemoryEventBus
    private let limit: Int
    private let together: Int

    init(_ bus: InMemoryEventBus, bytes limit: Int, together: Int = 1) {
        self.bus = bus
        self.limit = limit
        self.together = together
    }

    private func isTooLarge(_ message: EventMessage) -> Bool {
        let headers = message.headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        return message.payload.count + message.key.utf8.count + headers > limit
    }

    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        var refused: [Int: String] = [:]
        var taken: [LoggedEvent] = []
        for start in stride(from: 0, to: messages.count, by: together) {
            let batch = messages[start..<min(start + together, messages.count)]
            if batch.contains(where: isTooLarge) {
                for index in batch.indices { refused[index] = "too large" }
            } else {
                taken += try await bus.publish(Array(batch))
            }
        }
        guard refused.isEmpty else { throw EventBusError.refused(refused) }
        return taken
    }

    func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        try await bus.subscribe(to: topics, as: group, from: start)
    }

    func tap(_ topic: Topic, from start: StartingOffset) async throws -> any EventReading {
        try await bus.tap(topic, from: start)
    }

    func ping() async throws { try await bus.ping() }
}
