import GRDB
import Market
import Ports
import Synchronization

/// One member's reading position in the embedded log. `next` is called by one task at a time.
///
/// A topic is read under a lease, taken when it is free and extended while reading; the position
/// begins at the group's committed offset whenever the lease is taken anew.
final class SQLiteSubscription: EventSubscription {
    private struct Seat {
        /// The last offset handed out.
        var position: Int64
        var leasedUntil: Timestamp
    }

    private struct State {
        var seats: [Topic: Seat] = [:]
        /// Read ahead, in order of offset.
        var buffer: ArraySlice<LoggedEvent> = []
        var isClosed = false
    }

    private let file: EmbeddedFile
    private let topics: [Topic]
    private let member: GroupMember
    private let timing: EventLogTiming
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(
        file: EmbeddedFile, topics: [Topic], group: ConsumerGroup, owner: String,
        timing: EventLogTiming, now: @escaping @Sendable () -> Timestamp
    ) {
        self.file = file
        self.topics = Array(Set(topics))
        member = GroupMember(group: group, owner: owner)
        self.timing = timing
        self.now = now
    }

    func next() async throws -> LoggedEvent? {
        try Task.checkCancellation()
        if let event = try await advance() { return event }
        for await _ in file.signal.stream(recheckingEvery: timing.recheckInterval) {
            try Task.checkCancellation()
            if state.withLock({ $0.isClosed }) { return nil }
            if let event = try await advance() { return event }
        }
        try Task.checkCancellation()
        return nil
    }

    func commit(_ event: LoggedEvent) async throws {
        let topic = event.message.topic
        let (instant, member) = (now(), member)
        let expiry = instant.advanced(bySeconds: timing.leaseSeconds)
        try await file.write(isNews: false) { database in
            guard try member.holds(topic, database) else {
                throw EventBusError.partitionLost(topic, member.group)
            }
            _ = try member.acquire(topic, at: instant, until: expiry, database)
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE consumer_offsets SET committed_offset = ?, recorded_at = ?
                    WHERE consumer_group = ? AND topic = ? AND partition = ?
                        AND committed_offset < ?
                    """)
            try statement.execute(arguments: [
                event.offset, instant.nanoseconds, member.group.name, topic.name,
                SQLiteEventLog.partition, event.offset,
            ])
        }
        state.withLock { $0.seats[topic]?.leasedUntil = expiry }
    }

    func close() async {
        let wasOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if wasOpen { await releaseLeases() }
        file.signal.notify()
    }

    private func releaseLeases() async {
        let (file, member, topics) = (file, member, topics)
        // A task of its own: a cancelled caller must give its leases back all the same. When that
        // fails, they run out.
        await Task {
            try? await file.write { database in
                for topic in topics { try member.release(topic, database) }
            }
        }.value
    }
}

// MARK: - Reading on

extension SQLiteSubscription {
    /// The next event that is there already, of the topics this member has or can get.
    private func advance() async throws -> LoggedEvent? {
        if state.withLock({ $0.isClosed }) { return nil }
        try await renewLeases()
        if let event = takeBuffered() { return event }
        let positions = state.withLock { $0.seats.mapValues(\.position) }
        guard !positions.isEmpty else { return nil }
        let events = try await file.read { database in
            try positions.flatMap { topic, position in
                try EventRows.events(
                    topic, after: position, limit: SQLiteEventLog.prefetchLimit, database)
            }.sorted { $0.offset < $1.offset }.prefix(SQLiteEventLog.prefetchLimit)
        }
        state.withLock { $0.buffer = events }
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
        let instant = now()
        let halfway = instant.advanced(bySeconds: timing.leaseSeconds / 2)
        let due = state.withLock { state in
            topics.filter { state.seats[$0].map { $0.leasedUntil <= halfway } ?? true }
        }
        guard !due.isEmpty else { return }
        let member = member
        let free = try await file.read { database in
            try due.filter { try member.canTake($0, at: instant, database) }
        }
        drop(due.filter { !free.contains($0) })
        guard !free.isEmpty else { return }
        let expiry = instant.advanced(bySeconds: timing.leaseSeconds)
        let (kept, taken) = try await file.write(isNews: false) { database in
            var kept: [Topic] = []
            var taken: [Topic: Int64] = [:]
            for topic in free {
                let wasMine = try member.holds(topic, database)
                guard try member.acquire(topic, at: instant, until: expiry, database) else {
                    continue
                }
                if wasMine { kept.append(topic) }
                taken[topic] = try EventRows.committedOffset(topic, of: member.group, database)
            }
            return (kept, taken)
        }
        drop(free.filter { !kept.contains($0) })
        // Closed while the leases were being taken: the closing task did not see them.
        guard !state.withLock({ $0.isClosed }) else { return await releaseLeases() }
        state.withLock { state in
            for (topic, committed) in taken {
                let position = state.seats[topic]?.position ?? committed
                state.seats[topic] = Seat(position: position, leasedUntil: expiry)
            }
        }
    }

    /// Gives up topics that another member reads now, with what was read ahead of them.
    private func drop(_ lost: [Topic]) {
        guard !lost.isEmpty else { return }
        state.withLock { state in
            for topic in lost { state.seats[topic] = nil }
            state.buffer.removeAll { lost.contains($0.message.topic) }
        }
    }
}

/// A member of a consumer group, in the table of leases.
private struct GroupMember: Sendable {
    let group: ConsumerGroup
    let owner: String

    private func resource(_ topic: Topic) -> String {
        "consumer/\(group.name)/\(topic)/\(SQLiteEventLog.partition)"
    }

    func canTake(_ topic: Topic, at now: Timestamp, _ database: Database) throws -> Bool {
        try Leases.isFree(resource(topic), for: owner, at: now, database)
    }

    func holds(_ topic: Topic, _ database: Database) throws -> Bool {
        try Leases.isHeld(resource(topic), by: owner, database)
    }

    func acquire(
        _ topic: Topic, at now: Timestamp, until expiry: Timestamp, _ database: Database
    ) throws -> Bool {
        try Leases.acquire(resource(topic), for: owner, at: now, until: expiry, database)
    }

    func release(_ topic: Topic, _ database: Database) throws {
        try Leases.release(resource(topic), by: owner, database)
    }
}
