import GRDB
import Market
package import Ports
import Regimes

extension SQLiteRegimeStore: Outbox {
    private static let relayLease = "outbox-relay"

    package func pending(after position: Int64, limit: Int) async throws -> [OutboxRow] {
        try await file.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT position, event_id, topic, key, payload, headers FROM outbox
                    WHERE position > max(?, (SELECT position FROM outbox_relayed))
                    ORDER BY position LIMIT ?
                    """)
            let rows = try Row.fetchAll(statement, arguments: [position, max(limit, 0)])
            return try rows.map { row in
                OutboxRow(
                    position: row[0], eventID: EventID(row[1]),
                    message: try EventRows.message(row, from: 2))
            }
        }
    }

    package func markPublished(through position: Int64) async throws {
        try await file.write(isNews: false) { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE outbox_relayed SET position =
                        max(position, min(?, (SELECT coalesce(max(position), 0) FROM outbox)))
                    """)
            try statement.execute(arguments: [position])
        }
    }

    package func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool {
        try await file.write(isNews: false) { database in
            try Leases.acquire(SQLiteRegimeStore.relayLease, by: owner, for: term, database)
        }
    }

    package func releaseLease(owner: String) async throws {
        try await file.write { database in
            try Leases.release(SQLiteRegimeStore.relayLease, by: owner, database)
        }
    }

    package func lag() async throws -> OutboxLag {
        try await file.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT count(*), min(recorded_at) FROM outbox
                    WHERE position > (SELECT position FROM outbox_relayed)
                    """)
            guard let row = try Row.fetchOne(statement) else {
                return OutboxLag(pending: 0, oldestRecordedAt: nil)
            }
            let oldest: Int64? = row[1]
            return OutboxLag(
                pending: row[0], oldestRecordedAt: oldest.map { Timestamp(nanoseconds: $0) })
        }
    }
}

/// Messages that wait, as rows of the transaction of their cause.
enum OutboxRows {
    static func insert(
        _ entry: OutboxEntry, recordedAt: Int64, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO outbox (event_id, topic, key, payload, headers, recorded_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            entry.eventID.text, entry.message.topic.name, entry.message.key,
            EventRows.blob(entry.message.payload), StoredText.text(of: entry.message.headers),
            recordedAt,
        ])
    }
}
