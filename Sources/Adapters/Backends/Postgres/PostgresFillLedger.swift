import Market
package import Ports
import Postgres
import Regimes
package import Trading

/// The ledger of the full stack, in the database and with the outbox of the regime store.
///
/// What a report means is decided by `FillPlan`, under the lock of the user's row; here rows are
/// only looked up and written.
package final class PostgresFillLedger: Sendable {
    private let database: SharedDatabase
    private let wording: FillWording
    private let now: @Sendable () -> Timestamp

    init(
        database: SharedDatabase, wording: FillWording, now: @escaping @Sendable () -> Timestamp
    ) {
        self.database = database
        self.wording = wording
        self.now = now
    }
}

extension PostgresFillLedger: FillLedger {
    package func record(
        _ fill: Fill, knowing regime: KnownRegime?
    ) async throws -> FillReceipt {
        let recordedAt = now()
        let opening = try FillQueries.facts(for: fill, recordedAt: recordedAt)
        return try await database.transaction(opening) { [wording = wording.traced] _, rows in
            let plan = try FillPlan(
                fill, knowing: regime, given: FillQueries.facts(rows), wording: wording)
            // The user's row and the id are claimed with the question: nothing of it stays when
            // the answer is that nothing is to be written.
            guard case .record(let recorded, let entry) = plan else {
                return Ending(value: plan.receipt, queries: [])
            }
            return Ending(
                value: plan.receipt,
                queries: try FillQueries.insertions(of: recorded, recordedAt: recordedAt)
                    + OutboxQueries.insertions(of: [entry], recordedAt: recordedAt.floored))
        }
    }

    package func fills(
        of user: UserID, after sequence: Int64, limit: Int
    ) async throws -> [RecordedFill] {
        let query: PostgresQuery = """
            SELECT \(sql: FillQueries.columns) FROM order_fills
            WHERE user_id = \(user.text) AND sequence > \(sequence)
            ORDER BY sequence LIMIT \(FillPage.limit(limit))
            """
        return try await database.values(query) { try StoredFill.recorded($0) }
    }

    package func fill(_ id: FillID) async throws -> RecordedFill? {
        try await database.values(FillQueries.fill(id)) { try StoredFill.recorded($0) }.first
    }
}

/// Statements about reports, and their rows as values.
private enum FillQueries {
    static let columns: StaticString = """
        user_id, sequence, fill_id, event_id, event_type, ref_fill_id, order_id, symbol, side, \
        filled_qty::text, filled_price::text, commission::text, currency, timestamp, regime, \
        regime_market, regime_timeframe, regime_as_of
        """

    private static let table = PostgresTable(
        "order_fills", StoredFill.columns + ["recorded_at"],
        casts: ["filled_qty": "numeric", "filled_price": "numeric", "commission": "numeric"])

    static func fill(_ id: FillID) -> PostgresQuery {
        "SELECT \(sql: columns) FROM order_fills WHERE fill_id = \(id.text)"
    }

    /// Locks the user's row and claims the id, then reads what `facts(_:)` takes: whoever sends the
    /// same at the same time waits here, and then sees it recorded.
    static func facts(for fill: Fill, recordedAt: Timestamp) throws -> [PostgresQuery] {
        let reference = fill.reference?.text
        return [
            """
            INSERT INTO users (user_id, last_fill, recorded_at)
            VALUES (\(fill.userID.text), 0, \(recordedAt.floored))
            ON CONFLICT (user_id) DO UPDATE SET last_fill = users.last_fill
            RETURNING last_fill
            """,
            """
            INSERT INTO order_fill_ids (fill_id, timestamp)
            VALUES (\(fill.id.text), \(try fill.timestamp.stored()))
            ON CONFLICT (fill_id) DO NOTHING
            """,
            Self.fill(fill.id),
            """
            SELECT \(sql: columns) FROM order_fills WHERE fill_id = \(reference)
            """,
            """
            SELECT replaced_by FROM order_fill_ids WHERE fill_id = \(reference)
            """,
        ]
    }

    static func facts(_ rows: [PostgresRows]) throws -> FillFacts {
        FillFacts(
            existing: try rows[2].first.map { try StoredFill.recorded($0) },
            referenced: try rows[3].first.map { try StoredFill.recorded($0) },
            replacement: try rows[4].first?.optional(0, as: String.self).flatMap { FillID($0) },
            lastSequence: try rows[0].first?.value(0) ?? 0)
    }

    static func insertions(
        of recorded: RecordedFill, recordedAt: Timestamp
    ) throws -> [PostgresQuery] {
        let values = try StoredFill.values(recorded).map { try $0.inPostgres() }
        let fill = recorded.fill
        var queries = [table.insert(values + [recordedAt.floored])]
        queries.append(
            """
            UPDATE users SET last_fill = \(recorded.sequence) WHERE user_id = \(fill.userID.text)
            """)
        if let reference = fill.reference {
            queries.append(
                """
                UPDATE order_fill_ids SET replaced_by = \(fill.id.text)
                WHERE fill_id = \(reference.text)
                """)
        }
        return queries
    }
}
