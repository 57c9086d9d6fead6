import Market
package import Ports
import Postgres

extension PostgresRegimeStore {
    /// What nothing is stored of goes from columns to COPY, without a value a row in between;
    /// where something is, row by row as `record` does.
    package func load(_ load: SeriesLoad) async throws -> JournalReceipt {
        let tables = JournalTables(series: load.series, recordedAt: now())
        return try await database.transaction(FactQueries.all(for: load)) {
            [wording = wording.traced] connection, rows in
            let facts = try FactQueries.facts(for: load, rows)
            guard let plan = try JournalDecision.plan(load, given: facts, wording: wording) else {
                let batch = load.batch
                let rows = try await connection.run(
                    FactQueries.all(for: batch), within: SharedDatabase.exchangeLimit)
                return try await Self.record(batch, given: rows, tables, wording, connection)
            }
            try await Self.copy(load, tables, connection)
            var ending = try await Self.write(plan, replacing: facts.head, tables, connection)
            ending.wroteBefore = ending.wroteBefore || load.answers.count > 0
            return ending
        }
    }

    private static func copy(
        _ load: SeriesLoad, _ tables: JournalTables, _ connection: PostgresConnection
    ) async throws {
        let count = load.answers.count
        guard count > 0 else { return }
        let (bars, answers) = (BarRows(load.bars, tables), AnswerRows(load.answers, tables))
        try await copy(count, to: JournalTables.bars, connection, bars.append)
        try await copy(count, to: JournalTables.assessments, connection, answers.append)
    }

    /// - Parameter append: appends the row of an index.
    private static func copy(
        _ count: Int, to table: PostgresTable, _ connection: PostgresConnection,
        _ append: @escaping @Sendable (Int, inout CopyRows) throws -> Void
    ) async throws {
        _ = try await connection.copy(
            into: table.name, table.columns, within: SharedDatabase.copyLimit
        ) { rows in
            guard rows.count < count else { return false }
            try append(rows.count, &rows)
            return true
        }
    }
}
