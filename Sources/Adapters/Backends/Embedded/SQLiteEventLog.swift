import Foundation
import GRDB
import Market
package import Ports
import Synchronization

/// How long a member of a consumer group keeps its topics, and how often it looks for lost ones.
package struct EventLogTiming: Sendable {
    /// A lease that its member does not extend for this long goes to another member. A member
    /// extends it by calling `next` or `commit`, so an effect may take this long at the most.
    package var leaseSeconds: Int64
    /// How often a waiting member looks whether another one's lease has run out.
    package var recheckInterval: Duration

    package init(leaseSeconds: Int64 = 15, recheckInterval: Duration = .seconds(1)) {
        self.leaseSeconds = leaseSeconds
        self.recheckInterval = recheckInterval
    }
}

/// The event bus of the embedded default: a durable log in the store's own file. One partition, 0,
/// per topic; events are kept for good.
package final class SQLiteEventLog: Sendable {
    /// Events read at once into a subscription's buffer.
    static let prefetchLimit = 64
    static let partition = 0

    private let file: EmbeddedFile
    private let timing: EventLogTiming
    private let now: @Sendable () -> Timestamp
    /// Tells this opened log from every other one on the machine, in lease owners.
    private let identity: String
    private let lastMember = Mutex(0)

    init(file: EmbeddedFile, timing: EventLogTiming, now: @escaping @Sendable () -> Timestamp) {
        self.file = file
        self.timing = timing
        self.now = now
        identity = "\(ProcessInfo.processInfo.processIdentifier)-\(now().nanoseconds)"
    }
}

extension SQLiteEventLog: EventBus {
    @discardableResult
    package func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        guard !messages.isEmpty else { return [] }
        let recordedAt = now().nanoseconds
        return try await file.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO events (topic, partition, key, payload, headers, recorded_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """)
            return try messages.map { message in
                try statement.execute(arguments: [
                    message.topic.name, SQLiteEventLog.partition, message.key,
                    EventRows.blob(message.payload), StoredText.text(of: message.headers),
                    recordedAt,
                ])
                return LoggedEvent(
                    message: message, partition: Int32(SQLiteEventLog.partition),
                    offset: database.lastInsertedRowID)
            }
        }
    }

    package func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        let recordedAt = now().nanoseconds
        try await file.write(isNews: false) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO consumer_offsets
                        (consumer_group, topic, partition, committed_offset, recorded_at)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """)
            for topic in topics {
                let first = start == .earliest ? 0 : try EventRows.lastOffset(topic, database)
                try statement.execute(arguments: [
                    group.name, topic.name, SQLiteEventLog.partition, first, recordedAt,
                ])
            }
        }
        let member = lastMember.withLock { last in
            last += 1
            return last
        }
        return SQLiteSubscription(
            file: file, topics: topics, group: group, owner: "\(identity)-\(member)",
            timing: timing, now: now)
    }

    package func replay(
        _ topic: Topic, after offset: Int64?, limit: Int
    ) async throws -> [LoggedEvent] {
        try await file.read { database in
            try EventRows.events(topic, after: offset ?? 0, limit: max(limit, 0), database)
        }
    }

    package func ping() async throws {
        _ = try await file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM leases") }
    }
}
