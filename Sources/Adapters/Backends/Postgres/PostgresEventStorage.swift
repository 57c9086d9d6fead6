import Market
import Ports
import Postgres

/// The durable log in a PostgreSQL database.
struct PostgresEventStorage: EventLogStorage {
    let database: SharedDatabase

    var signal: CommitSignal { database.signal }

    func append(
        _ messages: [EventMessage], at instant: Timestamp
    ) async throws -> [LoggedEvent] {
        // The row lock of the draw lasts until the commit: offsets follow the order of commits.
        let draw: PostgresQuery = """
            UPDATE positions SET last = last + \(messages.count) WHERE name = 'events'
            RETURNING last
            """
        return try await database.transaction([draw]) { _, rows in
            guard let last: Int64 = try rows[0].first?.value(0) else {
                throw UnreadableRow(column: "positions.name", value: "events is missing")
            }
            let first = last - Int64(messages.count) + 1
            let events = messages.enumerated().map { index, message in
                LoggedEvent(
                    message: message, partition: Int32(DurableEventLog.partition),
                    offset: first + Int64(index))
            }
            return Ending(
                value: events, queries: events.map { Self.insertion(of: $0, at: instant) })
        }
    }

    private static func insertion(of event: LoggedEvent, at instant: Timestamp) -> PostgresQuery {
        """
        INSERT INTO events ("offset", topic, partition, key, payload, headers, recorded_at)
        VALUES (\(event.offset), \(event.message.topic.name), \(Int64(event.partition)),
            \(event.message.key), \(event.message.payload),
            \(StoredText.text(of: event.message.headers)), \(instant.floored))
        """
    }

    func events(
        after positions: [Topic: Int64], limit: Int
    ) async throws -> [LoggedEvent] {
        let queries = positions.map { topic, position -> PostgresQuery in
            """
            SELECT topic, key, payload, headers, "offset" FROM events
            WHERE topic = \(topic.name) AND partition = \(DurableEventLog.partition)
                AND "offset" > \(position)
            ORDER BY "offset" LIMIT \(limit)
            """
        }
        let answers = try await database.read(queries)
        let events = try await database.translating {
            try answers.flatMap { try $0.map(Self.event) }
        }
        return Array(events.sorted { $0.offset < $1.offset }.prefix(limit))
    }

    private static func event(_ row: PostgresRows.Row) throws -> LoggedEvent {
        LoggedEvent(
            message: try SharedEventRows.message(row, from: 0),
            partition: Int32(DurableEventLog.partition), offset: try row.value(4))
    }

    func lastOffset(_ topic: Topic) async throws -> Int64 {
        try await database.values(Self.lastOffset(topic)) { row -> Int64 in try row.value(0) }
            .first ?? 0
    }

    private static func lastOffset(_ topic: Topic) -> PostgresQuery {
        """
        SELECT coalesce(max("offset"), 0) FROM events
        WHERE topic = \(topic.name) AND partition = \(DurableEventLog.partition)
        """
    }

    func committed(_ topic: Topic, by group: ConsumerGroup) async throws -> Int64? {
        try await database.values(Self.committed(topic, by: group)) { row -> Int64 in
            try row.value(0)
        }.first
    }

    private static func committed(_ topic: Topic, by group: ConsumerGroup) -> PostgresQuery {
        """
        SELECT committed_offset FROM consumer_offsets
        WHERE consumer_group = \(group.name) AND topic = \(topic.name)
            AND partition = \(DurableEventLog.partition)
        """
    }

    func begin(
        _ topics: [Topic], as group: ConsumerGroup, from start: StartingOffset,
        at instant: Timestamp
    ) async throws {
        let queries = topics.map { topic -> PostgresQuery in
            """
            INSERT INTO consumer_offsets
                (consumer_group, topic, partition, committed_offset, recorded_at)
            SELECT \(group.name), \(topic.name), \(DurableEventLog.partition),
                CASE WHEN \(start == .earliest) THEN 0 ELSE coalesce(max("offset"), 0) END,
                \(instant.floored)
            FROM events WHERE topic = \(topic.name) AND partition = \(DurableEventLog.partition)
            ON CONFLICT DO NOTHING
            """
        }
        try await database.transaction(isNews: false, queries) { _, _ in
            Ending(value: (), queries: [])
        }
    }

    func free(
        _ topics: [Topic], for member: GroupMember, during term: LeaseTerm
    ) async throws -> [Topic] {
        let held = try await database.read(
            topics.map {
                SharedLeases.inTheWay(of: member.owner, to: member.resource($0), during: term)
            })
        return zip(topics, held).filter { $1.isEmpty }.map(\.0)
    }

    func take(
        _ topics: [Topic], for member: GroupMember, during term: LeaseTerm
    ) async throws -> [TakenTopic] {
        let queries = topics.flatMap { topic -> [PostgresQuery] in
            let resource = member.resource(topic)
            return [
                """
                SELECT FROM leases WHERE resource = \(resource) AND owner = \(member.owner)
                FOR UPDATE
                """,
                SharedLeases.acquire(resource, by: member.owner, for: term),
                Self.committed(topic, by: member.group),
            ]
        }
        return try await database.transaction(isNews: false, queries) { _, rows in
            let taken = try topics.enumerated().compactMap { index, topic -> TakenTopic? in
                guard rows[3 * index + 1].affected == 1 else { return nil }
                return TakenTopic(
                    topic: topic, wasHeld: !rows[3 * index].isEmpty,
                    committed: try rows[3 * index + 2].first?.value(0) ?? 0)
            }
            return Ending(value: taken, queries: [])
        }
    }

    func commit(
        _ event: LoggedEvent, by member: GroupMember, extending term: LeaseTerm
    ) async throws -> Bool {
        let topic = event.message.topic
        // The lease's row is locked from here on: it cannot go to another member meanwhile.
        let extend: PostgresQuery = """
            UPDATE leases SET expires_at = \(term.end.floored)
            WHERE resource = \(member.resource(topic)) AND owner = \(member.owner)
            """
        return try await database.transaction(isNews: false, [extend]) { _, rows in
            guard rows[0].affected == 1 else { return Ending(value: false, queries: []) }
            return Ending(
                value: true,
                queries: [
                    """
                    UPDATE consumer_offsets
                    SET committed_offset = \(event.offset), recorded_at = \(term.start.floored)
                    WHERE consumer_group = \(member.group.name) AND topic = \(topic.name)
                        AND partition = \(DurableEventLog.partition)
                        AND committed_offset < \(event.offset)
                    """
                ])
        }
    }

    func release(_ topics: [Topic], by member: GroupMember) async throws {
        let releases = topics.map { SharedLeases.release(member.resource($0), by: member.owner) }
        try await database.transaction([]) { _, _ in Ending(value: (), queries: releases) }
    }

    func ping() async throws {
        _ = try await database.read("SELECT count(*) FROM leases")
    }
}
