import Ports

/// A bus that takes no message larger than so many bytes, and tells which of a batch it refuses.
final class NarrowBus: EventBus {
    private let bus: InMemoryEventBus
    private let limit: Int

    init(_ bus: InMemoryEventBus, bytes limit: Int) {
        self.bus = bus
        self.limit = limit
    }

    private func isTooLarge(_ message: EventMessage) -> Bool {
        let headers = message.headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        return message.payload.count + message.key.utf8.count + headers > limit
    }

    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        let refused = messages.indices.filter { isTooLarge(messages[$0]) }
        let taken = try await bus.publish(messages.filter { !isTooLarge($0) })
        guard refused.isEmpty else {
            throw EventBusError.refused(
                Dictionary(uniqueKeysWithValues: refused.map { ($0, "too large") }))
        }
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
