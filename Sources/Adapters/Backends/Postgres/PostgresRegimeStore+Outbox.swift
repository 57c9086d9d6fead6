import Market
package import Ports
import Postgres
import Regimes

extension PostgresRegimeStore: Outbox {
    private static let relayLease = "outbox-relay"

    package func pending(after position: Int64, limit: Int) async throws -> [OutboxRow] {
        let query: PostgresQuery = """
            SELECT position, event_id, topic, key, payload, headers FROM outbox
            WHERE position > greatest(\(position),
                (SELECT last FROM positions WHERE name = 'relayed'))
            ORDER BY position LIMIT \(max(limit, 0))
            """
        return try await database.values(query) { row in
            OutboxRow(
                position: try row.value(0), eventID: EventID(try row.text(1)),
                message: try SharedEventRows.message(row, from: 2))
        }
    }

    package func markPublished(through position: Int64) async throws {
        let mark: PostgresQuery = """
            UPDATE positions SET last = greatest(last,
                least(\(position), (SELECT coalesce(max(position), 0) FROM outbox)))
            WHERE name = 'relayed'
            """
        try await database.transaction(isNews: false, []) { _, _ in
            Ending(value: (), queries: [mark])
        }
    }

    package func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool {
        try await database.transaction(
            isNews: false,
            [SharedLeases.acquire(Self.relayLease, by: owner, for: term)]
        ) { _, rows in Ending(value: rows[0].affected == 1, queries: []) }
    }

    package func releaseLease(owner: String) async throws {
        try await database.transaction([SharedLeases.release(Self.relayLease, by: owner)]) {
            _, rows in Ending(value: (), queries: [], wroteBefore: rows[0].affected > 0)
        }
    }

    package func lag() async throws -> OutboxLag {
        let query: PostgresQuery = """
            SELECT count(*), min(recorded_at) FROM outbox
            WHERE position > (SELECT last FROM positions WHERE name = 'relayed')
            """
        return try await database.values(query) { row in
            OutboxLag(pending: try row.integer(0), oldestRecordedAt: try row.optionalInstant(1))
        }.first ?? OutboxLag(pending: 0, oldestRecordedAt: nil)
    }
}

/// Rows that say who may do what only one may do at a time. A lease that its owner does not
/// extend runs out, so that a killed process blocks nobody for longer than that.
enum SharedLeases {
    /// The lease that keeps an owner from taking one, as `acquire` sees it; no row when none does.
    static func inTheWay(
        of owner: String, to resource: String, during term: LeaseTerm
    ) -> PostgresQuery {
        """
        SELECT FROM leases WHERE resource = \(resource) AND owner <> \(owner)
            AND expires_at > \(term.start.floored)
            AND expires_at <= \(term.latestCredibleEnd.floored)
        """
    }

    /// Takes or extends a lease; affects no row while another owner's may not be taken.
    static func acquire(
        _ resource: String, by owner: String, for term: LeaseTerm
    ) -> PostgresQuery {
        """
        INSERT INTO leases AS mine (resource, owner, expires_at)
        VALUES (\(resource), \(owner), \(term.end.floored))
        ON CONFLICT (resource)
        DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
        WHERE mine.owner = excluded.owner OR mine.expires_at <= \(term.start.floored)
            OR mine.expires_at > \(term.latestCredibleEnd.floored)
        """
    }

    /// Gives a lease back, if this owner has it.
    static func release(_ resource: String, by owner: String) -> PostgresQuery {
        "DELETE FROM leases WHERE resource = \(resource) AND owner = \(owner)"
    }
}

/// Messages as columns: topic, key, payload, headers.
enum SharedEventRows {
    static func message(_ row: PostgresRows.Row, from column: Int) throws -> EventMessage {
        EventMessage(
            topic: Topic(try row.text(column)), key: try row.text(column + 1),
            payload: try row.value(column + 2),
            headers: try StoredText.headers(row.text(column + 3)))
    }
}

enum OutboxQueries {
    /// Outbox rows and the positions they take, in the order of commits: the last statements of a
    /// transaction, because others wait from the first of them on.
    static func insertions(
        of entries: [OutboxEntry], recordedAt: PostgresValue
    ) -> [PostgresQuery] {
        guard !entries.isEmpty else { return [] }
        let draw: PostgresQuery = """
            UPDATE positions SET last = last + \(entries.count) WHERE name = 'outbox'
            """
        let rows = entries.enumerated().map { index, entry -> PostgresQuery in
            """
            INSERT INTO outbox (position, event_id, topic, key, payload, headers, recorded_at)
            SELECT last - \(entries.count - 1 - index), \(entry.eventID.text),
                \(entry.message.topic.name), \(entry.message.key), \(entry.message.payload),
                \(StoredText.text(of: entry.message.headers)), \(recordedAt)
            FROM positions WHERE name = 'outbox'
            """
        }
        return [draw] + rows
    }
}
