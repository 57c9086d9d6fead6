import GRDB
import Market
package import Ports
import Regimes
package import Trading

/// The ledger of the embedded default, in the file and with the outbox of the regime store.
///
/// What a report means is decided by `FillPlan`; here rows are only looked up and written.
package final class SQLiteFillLedger: Sendable {
    private let file: EmbeddedFile
    private let wording: FillWording
    private let now: @Sendable () -> Timestamp

    init(file: EmbeddedFile, wording: FillWording, now: @escaping @Sendable () -> Timestamp) {
        self.file = file
        self.wording = wording
        self.now = now
    }
}

extension SQLiteFillLedger: FillLedger {
    package func record(
        _ fill: Fill, knowing regime: KnownRegime?
    ) async throws -> FillReceipt {
        let recordedAt = now().nanoseconds
        return try await file.write { [wording = wording.traced] database in
            let rows = FillRows(recordedAt: recordedAt, database)
            let plan = try FillPlan(
                fill, knowing: regime, given: rows.facts(for: fill), wording: wording)
            if case .record(let recorded, let entry) = plan { try rows.write(recorded, entry) }
            return plan.receipt
        }
    }

    package func fills(
        of user: UserID, after sequence: Int64, limit: Int
    ) async throws -> [RecordedFill] {
        try await file.read { database in
            try FillRows.fetch(
                "WHERE user_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                [user.text, sequence, FillPage.limit(limit)], database)
        }
    }

    package func fill(_ id: FillID) async throws -> RecordedFill? {
        try await file.read { try FillRows.fetch(id, $0) }
    }
}

/// What one transaction looks up and writes.
private struct FillRows {
    private let recordedAt: Int64
    private let database: Database

    init(recordedAt: Int64, _ database: Database) {
        self.recordedAt = recordedAt
        self.database = database
    }

    static func fetch(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> [RecordedFill] {
        try database.rows(of: StoredFill.columns, from: "order_fills", condition, arguments) {
            try StoredFill.recorded($0)
        }
    }

    static func fetch(_ id: FillID, _ database: Database) throws -> RecordedFill? {
        try fetch("WHERE fill_id = ?", [id.text], database).first
    }

    func facts(for fill: Fill) throws -> FillFacts {
        FillFacts(
            existing: try FillRows.fetch(fill.id, database),
            referenced: try fill.reference.flatMap { try FillRows.fetch($0, database) },
            replacement: try fill.reference.flatMap(replacement),
            lastSequence: try lastSequence(of: fill.userID))
    }

    private func replacement(of id: FillID) throws -> FillID? {
        let statement = try database.cachedStatement(
            sql: "SELECT replaced_by FROM order_fill_ids WHERE fill_id = ?")
        return try String.fetchOne(statement, arguments: [id.text]).flatMap { FillID($0) }
    }

    private func lastSequence(of user: UserID) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "SELECT last_fill FROM users WHERE user_id = ?")
        return try Int64.fetchOne(statement, arguments: [user.text]) ?? 0
    }

    func write(_ recorded: RecordedFill, _ entry: OutboxEntry) throws {
        let fill = recorded.fill
        try execute(
            """
            INSERT INTO users (user_id, last_fill, recorded_at) VALUES (?, ?, ?)
            ON CONFLICT (user_id) DO UPDATE SET last_fill = excluded.last_fill
            """, [fill.userID.text, recorded.sequence, recordedAt])
        try execute(
            "INSERT INTO order_fill_ids (fill_id, timestamp) VALUES (?, ?)",
            [fill.id.text, fill.timestamp.nanoseconds])
        if let reference = fill.reference {
            try execute(
                "UPDATE order_fill_ids SET replaced_by = ? WHERE fill_id = ?",
                [fill.id.text, reference.text])
        }
        try database.insert(
            StoredFill.values(recorded) + [.number(recordedAt)],
            StoredFill.columns + ["recorded_at"], into: "order_fills")
        try OutboxRows.insert(entry, recordedAt: recordedAt, database)
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.execute(sql, arguments)
    }
}
