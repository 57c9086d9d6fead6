import Synchronization

/// The twin of the durable logs: the same answers, from memory.
package final class InMemoryEventBus: Sendable {
    /// Where a group reads.
    fileprivate struct Seat: Hashable {
        let group: ConsumerGroup
        let topic: Topic
        let partition: Int32
    }

    fileprivate struct Audience: Hashable {
        let group: ConsumerGroup
        let topic: Topic
    }

    fileprivate struct State {
        var events: [Topic: [LoggedEvent]] = [:]
        var lastOffset: Int64 = 0
        /// The last offset whose effect is done.
        var committed: [Seat: Int64] = [:]
        var readers: [Seat: Int] = [:]
        var members: [Audience: Set<Int>] = [:]
        var nextMember = 0
    }

    fileprivate let partitions: Int32

    fileprivate let state = Mutex(State())
    fileprivate let signal = CommitSignal()

    /// - Parameter partitions: of each topic, by key; members of a group share them equally.
    package init(partitions: Int32 = 1) {
        self.partitions = max(1, partitions)
    }

    private func partition(of key: String) -> Int32 {
        let hash = key.utf8.reduce(UInt32(5_381)) { $0 &* 33 &+ UInt32($1) }
        return Int32(hash % UInt32(partitions))
    }
}

extension InMemoryEventBus: EventBus {
    @discardableResult
    package func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        let logged = state.withLock { state in
            messages.map { message in
                state.lastOffset += 1
                let event = LoggedEvent(
                    message: message, partition: partition(of: message.key),
                    offset: state.lastOffset)
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
        let seats = topics.flatMap { topic in
            (0..<partitions).map { Seat(group: group, topic: topic, partition: $0) }
        }
        let member = state.withLock { state in
            state.nextMember += 1
            for seat in seats {
                let first = start == .earliest ? 0 : state.events[seat.topic]?.last?.offset ?? 0
                state.committed[seat] = state.committed[seat] ?? first
                state.members[seat.audience, default: []].insert(state.nextMember)
            }
            return state.nextMember
        }
        signal.notify()
        return InMemorySubscription(bus: self, seats: seats, member: member)
    }

    package func tap(
        _ topic: Topic, from start: StartingOffset
    ) async throws -> any EventReading {
        let last = state.withLock { $0.events[topic]?.last?.offset ?? 0 }
        return InMemoryTap(bus: self, topic: topic, after: start == .earliest ? 0 : last)
    }

    package func snapshot(of topic: Topic) async throws -> any EventReading {
        let last = state.withLock { $0.events[topic]?.last?.offset ?? 0 }
        return InMemoryTap(bus: self, topic: topic, after: 0, through: last)
    }

    package func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading {
        let last = state.withLock { state in
            state.events[topic]?.last { event in
                offsets[event.partition].map { event.offset > $0 } ?? false
            }?.offset
        }
        return InMemoryTap(
            bus: self, topic: topic, after: max(0, offsets.values.min() ?? 0), through: last ?? 0
        ) { event in offsets[event.partition].map { event.offset > $0 } ?? false }
    }

    package func committed(
        _ topic: Topic, by group: ConsumerGroup
    ) async throws -> [Int32: Int64] {
        state.withLock { state in
            let mine = state.committed.filter { $0.key.group == group && $0.key.topic == topic }
            return Dictionary(uniqueKeysWithValues: mine.map { ($0.key.partition, $0.value) })
        }
    }

    /// Everything published on a topic so far, oldest first.
    package func logged(_ topic: Topic) -> [LoggedEvent] {
        state.withLock { $0.events[topic] ?? [] }
    }

    package func ping() async throws {}
}

extension InMemoryEventBus.Seat {
    fileprivate var audience: InMemoryEventBus.Audience {
        InMemoryEventBus.Audience(group: group, topic: topic)
    }

    fileprivate func isOf(_ event: LoggedEvent) -> Bool {
        topic == event.message.topic && partition == event.partition
    }
}

private final class InMemorySubscription: EventSubscription {
    private struct Reading {
        /// Of the seats that this member has.
        var positions: [InMemoryEventBus.Seat: Int64] = [:]
        var paused: Set<InMemoryEventBus.Seat> = []
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
            for seat in seats where seat.isOf(event) {
                guard state.readers[seat] == member else {
                    throw EventBusError.partitionLost(seat.topic, seat.group)
                }
                state.committed[seat] = max(state.committed[seat] ?? 0, event.offset)
            }
        }
    }

    func holds(_ event: LoggedEvent) -> Bool {
        reading.withLock { reading in
            reading.positions.contains { $0.key.isOf(event) && $0.value >= event.offset }
        }
    }

    func pause(after event: LoggedEvent) {
        reading.withLock { reading in
            reading.paused.formUnion(reading.positions.keys.filter { $0.isOf(event) })
        }
    }

    func resume(after event: LoggedEvent) {
        reading.withLock { reading in
            reading.paused = reading.paused.filter { !$0.isOf(event) }
        }
        bus.signal.notify()
    }

    func close() async {
        reading.withLock { reading in
            reading.isClosed = true
            reading.positions = [:]
        }
        leave()
    }

    private func leave() {
        bus.state.withLock { state in
            for seat in seats {
                if state.readers[seat] == member { state.readers[seat] = nil }
                state.members[seat.audience]?.remove(member)
            }
        }
        bus.signal.notify()
    }

    /// Gives up and takes seats, until this member has its share.
    private func takeSeats(_ reading: inout Reading, _ state: inout InMemoryEventBus.State) {
        for (audience, seats) in Dictionary(grouping: seats, by: \.audience) {
            let members = max(1, state.members[audience]?.count ?? 1)
            let share = (seats.count + members - 1) / members
            let surplus = seats.filter { state.readers[$0] == member }.dropFirst(share)
            for seat in surplus {
                state.readers[seat] = nil
                reading.positions[seat] = nil
                reading.paused.remove(seat)
            }
            if !surplus.isEmpty { bus.signal.notify() }
            var held = seats.count { state.readers[$0] == member }
            for seat in seats where held < share && state.readers[seat] == nil {
                held += 1
                state.readers[seat] = member
                reading.assignments += 1
                reading.positions[seat] = state.committed[seat] ?? 0
            }
        }
    }

    /// The earliest event after the positions of the topics this member reads.
    private func advance() -> LoggedEvent? {
        reading.withLock { reading in
            bus.state.withLock { state in
                takeSeats(&reading, &state)
                var earliest: (seat: InMemoryEventBus.Seat, event: LoggedEvent)?
                for (seat, position) in reading.positions where !reading.paused.contains(seat) {
                    let event = state.events[seat.topic]?.first {
                        $0.offset > position && $0.partition == seat.partition
                    }
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
    private let end: Int64
    private let isWanted: @Sendable (LoggedEvent) -> Bool
    private let reading: Mutex<Reading>

    init(
        bus: InMemoryEventBus, topic: Topic, after position: Int64, through end: Int64 = .max,
        where isWanted: @escaping @Sendable (LoggedEvent) -> Bool = { _ in true }
    ) {
        self.bus = bus
        self.topic = topic
        self.end = end
        self.isWanted = isWanted
        reading = Mutex(Reading(position: position))
    }

    func next() async throws -> LoggedEvent? {
        try await bus.signal.first(until: { isOver }, advance)
    }

    private var isOver: Bool { reading.withLock { $0.isClosed || $0.position >= end } }

    func close() async {
        reading.withLock { $0.isClosed = true }
        bus.signal.notify()
    }

    private func advance() -> LoggedEvent? {
        reading.withLock { reading in
            let event = bus.state.withLock { state in
                state.events[topic]?.first { $0.offset > reading.position && isWanted($0) }
            }
            if let event { reading.position = event.offset }
            return event
        }
    }
}
