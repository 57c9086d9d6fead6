import Market
import Ports
import Synchronization

/// One member's reading position in a durable log.
///
/// A topic is read under a lease, taken when it is free and extended while reading; the position
/// begins at the group's committed offset whenever the lease is taken anew.
final class DurableSubscription: EventSubscription {
    private struct Seat {
        /// The last offset handed out.
        var position: Int64
        var lease: LeaseTerm
    }

    private struct State {
        var seats: [Topic: Seat] = [:]
        var paused: Set<Topic> = []
        /// Read ahead, in order of offset.
        var buffer: ArraySlice<LoggedEvent> = []
        var isClosed = false
        var assignments = 0
    }

    private let storage: any EventLogStorage
    private let topics: [Topic]
    private let member: GroupMember
    private let timing: EventLogTiming
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(
        storage: any EventLogStorage, topics: [Topic], member: GroupMember,
        timing: EventLogTiming, now: @escaping @Sendable () -> Timestamp
    ) {
        self.storage = storage
        // In one order: members that take several wait for each other in turn.
        self.topics = Set(topics).sorted { $0.name < $1.name }
        self.member = member
        self.timing = timing
        self.now = now
    }

    var assignments: Int { state.withLock { $0.assignments } }

    func next() async throws -> LoggedEvent? {
        try Task.checkCancellation()
        if let event = try await advance() { return event }
        return try await storage.signal.first(
            recheckingEvery: timing.recheckInterval, until: { state.withLock { $0.isClosed } },
            advance)
    }

    func commit(_ event: LoggedEvent) async throws {
        let topic = event.message.topic
        let term = LeaseTerm(from: now(), seconds: timing.leaseSeconds)
        guard try await storage.commit(event, by: member, extending: term) else {
            drop([topic])
            throw EventBusError.partitionLost(topic, member.group)
        }
        state.withLock { $0.seats[topic]?.lease = term }
    }

    func holds(_ event: LoggedEvent) -> Bool {
        state.withLock { state in
            state.seats[event.message.topic].map { $0.position >= event.offset } ?? false
        }
    }

    func pause(after event: LoggedEvent) {
        let topic = event.message.topic
        state.withLock { state in
            guard state.seats[topic] != nil else { return }
            state.paused.insert(topic)
            // Read again after the pause.
            state.buffer.removeAll { $0.message.topic == topic }
        }
    }

    func resume(after event: LoggedEvent) {
        state.withLock { _ = $0.paused.remove(event.message.topic) }
        storage.signal.notify()
    }

    func close() async {
        let wasOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if wasOpen { await releaseLeases() }
        storage.signal.notify()
    }

    private func releaseLeases() async {
        let (storage, member, topics) = (storage, member, topics)
        // A task of its own: a cancelled caller must give its leases back all the same. When that
        // fails, they run out.
        await Task { try? await storage.release(topics, by: member) }.value
    }
}

// MARK: - Reading on

extension DurableSubscription {
    /// The next event that is there already, of the topics this member has or can get.
    private func advance() async throws -> LoggedEvent? {
        if state.withLock({ $0.isClosed }) { return nil }
        try await renewLeases()
        if let event = takeBuffered() { return event }
        let positions = state.withLock { state in
            state.seats.filter { !state.paused.contains($0.key) }.mapValues(\.position)
        }
        guard !positions.isEmpty else { return nil }
        let events = try await storage.events(
            after: positions, limit: DurableEventLog.prefetchLimit)
        state.withLock { $0.buffer = events[...] }
        return takeBuffered()
    }

    private func takeBuffered() -> LoggedEvent? {
        state.withLock { state in
            guard let event = state.buffer.popFirst() else { return nil }
            state.seats[event.message.topic]?.position = event.offset
            return event
        }
    }

    /// Takes the topics that are free and extends the leases that are half over.
    private func renewLeases() async throws {
        let term = LeaseTerm(from: now(), seconds: timing.leaseSeconds)
        let due = state.withLock { state in
            topics.filter { state.seats[$0]?.lease.isToBeExtended(at: term.start) ?? true }
        }
        guard !due.isEmpty else { return }
        let free = try await storage.free(due, for: member, during: term)
        drop(due.filter { !free.contains($0) })
        guard !free.isEmpty else { return }
        let taken = try await storage.take(free, for: member, during: term)
        let kept = taken.filter(\.wasHeld).map(\.topic)
        drop(free.filter { !kept.contains($0) })
        // Closed while the leases were being taken: the closing task did not see them.
        guard !state.withLock({ $0.isClosed }) else { return await releaseLeases() }
        state.withLock { state in
            if taken.contains(where: { !$0.wasHeld }) { state.assignments += 1 }
            for taken in taken {
                let position = state.seats[taken.topic]?.position ?? taken.committed
                state.seats[taken.topic] = Seat(position: position, lease: term)
            }
        }
    }

    /// Gives up topics that another member reads now, with what was read ahead of them.
    private func drop(_ lost: [Topic]) {
        guard !lost.isEmpty else { return }
        state.withLock { state in
            for topic in lost { state.seats[topic] = nil }
            state.paused.subtract(lost)
            state.buffer.removeAll { lost.contains($0.message.topic) }
        }
    }
}
