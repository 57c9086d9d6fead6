import Synchronization

/// The twin of the durable logs: the same answers, from memory. One partition per topic.
package final class InMemoryEventBus: Sendable {
    fileprivate struct Seat: Hashable {
        let group: ConsumerGroup
        let topic: Topic
    }

    fileprivate struct State {
        var events: [Topic: [LoggedEvent]] = [:]
        var lastOffset: Int64 = 0
        /// The last offset whose effect is done.
        var committed: [Seat: Int64] = [:]
        var readers: [Seat: Int] = [:]
        var nextMember = 0
    }

    fileprivate let state = Mutex(State())
    fileprivate let signal = CommitSignal()

    package init() {}
}

extension InMemoryEventBus: EventBus {
    @discardableResult
    package func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        let logged = state.withLock { state in
            messages.map { message in
                state.lastOffset += 1
                let event = LoggedEvent(message: message, partition: 0, offset: state.lastOffset)
                state.events[message.topic, default: []].append(event)
                return event
            }
        }
        if !logged.isEmpty { signal.notify() }
        return logged
    }

    package func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        let member = state.withLock { state in
            for topic in topics {
                let seat = Seat(group: group, topic: topic)
                let first = start == .earliest ? 0 : state.events[topic]?.last?.offset ?? 0
                state.committed[seat] = state.committed[seat] ?? first
            }
            state.nextMember += 1
            return state.nextMember
        }
        return InMemorySubscription(
            bus: self, seats: topics.map { Seat(group: group, topic: $0) }, member: member)
    }

    package func tap(
        _ topic: Topic, from start: StartingOffset
    ) async throws -> any EventReading {
        let last = state.withLock { $0.events[topic]?.last?.offset ?? 0 }
        return InMemoryTap(bus: self, topic: topic, after: start == .earliest ? 0 : last)
    }

    /// Everything published on a topic so far, oldest first.
    package func logged(_ topic: Topic) -> [LoggedEvent] {
        state.withLock { $0.events[topic] ?? [] }
    }

    package func ping() async throws {}
}

private final class InMemorySubscription: EventSubscription {
    private struct Reading {
        var positions: [InMemoryEventBus.Seat: Int64] = [:]
        var isClosed = false
        var assignments = 0
    }

    private let bus: InMemoryEventBus
    private let seats: [InMemoryEventBus.Seat]
    private let member: Int
    private let reading = Mutex(Reading())

    init(bus: InMemoryEventBus, seats: [InMemoryEventBus.Seat], member: Int) {
        self.bus = bus
        self.seats = seats
        self.member = member
    }

    deinit { leave() }

    var assignments: Int { reading.withLock { $0.assignments } }

    func next() async throws -> LoggedEvent? {
        try await bus.signal.first(until: { reading.withLock { $0.isClosed } }, advance)
    }

    func commit(_ event: LoggedEvent) async throws {
        try bus.state.withLock { state in
            for seat in seats where seat.topic == event.message.topic {
                guard state.readers[seat] == member else {
                    throw EventBusError.partitionLost(seat.topic, seat.group)
                }
                state.committed[seat] = max(state.committed[seat] ?? 0, event.offset)
            }
        }
    }

    func close() async {
        reading.withLock { $0.isClosed = true }
        leave()
    }

    private func leave() {
        bus.state.withLock { state in
            for seat in seats where state.readers[seat] == member {
                state.readers[seat] = nil
            }
        }
        bus.signal.notify()
    }

    /// The earliest event after the positions of the topics this member reads.
    private func advance() -> LoggedEvent? {
        reading.withLock { reading in
            bus.state.withLock { state in
                var earliest: (seat: InMemoryEventBus.Seat, event: LoggedEvent)?
                for seat in seats {
                    if state.readers[seat] == nil {
                        state.readers[seat] = member
                        reading.assignments += 1
                        reading.positions[seat] = state.committed[seat] ?? 0
                    }
                    guard state.readers[seat] == member else { continue }
                    let position = reading.positions[seat] ?? 0
                    let event = state.events[seat.topic]?.first { $0.offset > position }
                    guard let event else { continue }
                    if earliest.map({ event.offset < $0.event.offset }) ?? true {
                        earliest = (seat, event)
                    }
                }
                if let earliest { reading.positions[earliest.seat] = earliest.event.offset }
                return earliest?.event
            }
        }
    }
}

private final class InMemoryTap: EventReading {
    private struct Reading {
        var position: Int64
        var isClosed = false
    }

    private let bus: InMemoryEventBus
    private let topic: Topic
    private let reading: Mutex<Reading>

    init(bus: InMemoryEventBus, topic: Topic, after position: Int64) {
        self.bus = bus
        self.topic = topic
        reading = Mutex(Reading(position: position))
    }

    func next() async throws -> LoggedEvent? {
        try await bus.signal.first(until: { reading.withLock { $0.isClosed } }, advance)
    }

    func close() async {
        reading.withLock { $0.isClosed = true }
        bus.signal.notify()
    }

    private func advance() -> LoggedEvent? {
        reading.withLock { reading in
            let event = bus.state.withLock { state in
                state.events[topic]?.first { $0.offset > reading.position }
            }
            if let event { reading.position = event.offset }
            return event
        }
    }
}
