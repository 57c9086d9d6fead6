import Ports
import ServiceLifecycle
import Synchronization

/// A bus that does what another one does, but for what a test is about.
protocol ForwardingBus: EventBus {
    var bus: InMemoryEventBus { get }
}

extension ForwardingBus {
    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        try await bus.publish(messages)
    }

    func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        try await bus.subscribe(to: topics, as: group, from: start)
    }

    func tap(_ topic: Topic, from start: StartingOffset) async throws -> any EventReading {
        try await bus.tap(topic, from: start)
    }

    func snapshot(of topic: Topic) async throws -> any EventReading {
        try await bus.snapshot(of: topic)
    }

    func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading {
        try await bus.snapshot(of: topic, after: offsets)
    }

    func committed(
        _ topic: Topic, by group: ConsumerGroup
    ) async throws -> [Int32: Int64] {
        try await bus.committed(topic, by: group)
    }

    func ping() async throws { try await bus.ping() }
}

/// A bus that takes some batches and then no more.
final class FailingBus: ForwardingBus {
    let bus: InMemoryEventBus
    private let left: Mutex<Int>

    init(_ bus: InMemoryEventBus, after batches: Int) {
        self.bus = bus
        left = Mutex(batches)
    }

    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        let isWilling = left.withLock { left in
            left -= 1
            return left >= 0
        }
        return try await isWilling
            ? bus.publish(messages) : RefusingBus().publish(messages)
    }
}

/// A bus that has what it is given at once, and acknowledges nothing before the process is to end.
final class LastingBus: ForwardingBus {
    let bus: InMemoryEventBus
    private let isCalled = Mutex(false)

    init(_ bus: InMemoryEventBus) {
        self.bus = bus
    }

    var isBusy: Bool { isCalled.withLock { $0 } }

    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        let events = try await bus.publish(messages)
        isCalled.withLock { $0 = true }
        try await gracefulShutdown()
        // Whoever would cancel this has had the occasion.
        for _ in 0..<100 { await Task.yield() }
        try Task.checkCancellation()
        return events
    }
}

/// A bus that takes nothing.
struct RefusingBus: EventBus {
    private static let refusal = StoreError(
        .unavailable, location: "bus", detail: "told to refuse", advice: "Try again.")

    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        throw RefusingBus.refusal
    }

    func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        throw RefusingBus.refusal
    }

    func tap(
        _ topic: Topic, from start: StartingOffset
    ) async throws -> any EventReading {
        throw RefusingBus.refusal
    }

    func snapshot(of topic: Topic) async throws -> any EventReading {
        throw RefusingBus.refusal
    }

    func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading {
        throw RefusingBus.refusal
    }

    func committed(
        _ topic: Topic, by group: ConsumerGroup
    ) async throws -> [Int32: Int64] {
        throw RefusingBus.refusal
    }

    func ping() async throws { throw RefusingBus.refusal }
}

/// A bus that takes no message larger than so many bytes. It looks at some messages together, as
/// brokers do at a batch of records, and refuses all of them for one.
final class NarrowBus: ForwardingBus {
    let bus: InMemoryEventBus
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
}
