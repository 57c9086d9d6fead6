package import Market
package import Ports
import Postgres
package import Regimes
import Synchronization

extension PostgresRegimeStore: RegimeJournal {
    /// Rows of one table that a transaction writes by single statements; more are copied.
    static let insertLimit = 16

    package func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        let tables = JournalTables(series: profile.series, recordedAt: now())
        let insertion = try await database.translating {
            try tables.insertion(of: SeriesHead(profile: profile))
        }
        return try await database.transaction([
            insertion, SeriesQueries.head(of: profile.series),
        ]) { _, rows in
            guard let row = rows[1].first else { throw JournalError.unknownSeries(profile.series) }
            let known = try SeriesQueries.head(row)
            guard known.profile == profile else {
                throw JournalError.profileConflict(existing: known.profile)
            }
            return Ending(value: known, queries: [], wroteBefore: rows[0].affected > 0)
        }
    }

    package func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        let tables = JournalTables(series: batch.series, recordedAt: now())
        return try await database.transaction(FactQueries.all(for: batch)) {
            [wording = wording.traced] connection, rows in
            try await Self.record(batch, given: rows, tables, wording, connection)
        }
    }

    /// - Parameter rows: the answers to `FactQueries.all(for: batch)`.
    static func record(
        _ batch: JournalBatch, given rows: [PostgresRows], _ tables: JournalTables,
        _ wording: ChangeWording, _ connection: PostgresConnection
    ) async throws -> Ending<JournalReceipt> {
        let facts = try FactQueries.facts(for: batch, rows)
        let plan = try JournalDecision.plan(batch, given: facts, wording: wording)
        return try await write(plan, replacing: facts.head, tables, connection)
    }

    package func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        let tables = JournalTables(series: series, recordedAt: now())
        return try await database.transaction([
            SeriesQueries.lock(on: series), SeriesQueries.head(of: series),
        ]) { [wording = wording.traced] connection, rows in
            guard let row = rows[1].first else { throw JournalError.unknownSeries(series) }
            let head = try SeriesQueries.head(row)
            var pending = PendingChanges(of: head, limit: limit)
            while let query = pending.next {
                let page = try await Self.changes(
                    RegimeQueries.changes(query), of: series, connection)
                let announced = try await Self.changes(
                    FactQueries.lastAnnouncements(about: page, of: series), of: series, connection)
                pending.take(page, announced: announced)
            }
            let lastWord = try await Self.lastWord(about: pending.lastBar, of: series, connection)
            let plan = pending.plan(lastWord: lastWord, wording: wording)
            return Ending(value: plan.changes, queries: try tables.announcements(of: plan))
        }
    }

    /// None without a bar.
    private static func lastWord(
        about asOf: Timestamp?, of series: Series, _ connection: PostgresConnection
    ) async throws -> LastWord? {
        guard let asOf else { return nil }
        let rows = try await connection.run(
            FactQueries.lastWord(about: asOf, of: series), within: SharedDatabase.exchangeLimit)
        return try FactQueries.lastWord(rows, of: series)
    }

    /// None without a query.
    private static func changes(
        _ query: PostgresQuery?, of series: Series, _ connection: PostgresConnection
    ) async throws -> [RegimeChange] {
        guard let query else { return [] }
        let rows = try await connection.run(query, within: SharedDatabase.exchangeLimit)
        return try rows.map { try RegimeQueries.change($0, of: series) }
    }

    static func write(
        _ plan: JournalPlan, replacing head: SeriesHead, _ tables: JournalTables,
        _ connection: PostgresConnection
    ) async throws -> Ending<JournalReceipt> {
        var ending = Ending(value: plan.receipt, queries: [])
        var loader = BulkLoader(connection: connection, ending: ending)
        try await loader.add(plan.insertedBars, to: JournalTables.bars) { try tables.row($0) }
        try await loader.add(plan.models, to: JournalTables.models) { try tables.row($0) }
        try await loader.add(plan.assessments, to: JournalTables.assessments) {
            try tables.row($0)
        }
        try await loader.add(plan.changes, to: JournalTables.changes) { try tables.row($0) }
        try await loader.add(plan.shadows, to: ShadowQueries.table) {
            try ShadowQueries.row($0, recorded: tables.recorded)
        }
        ending = loader.ending
        ending.queries += try plan.adoptedBars.map { try tables.adoption(of: $0) }
        ending.queries += try plan.activations.map { try tables.insertion(of: $0) }
        if plan.receipt.head != head {
            ending.queries.append(try tables.update(to: plan.receipt.head))
        }
        ending.queries += tables.insertions(of: plan.outbox)
        return ending
    }
}

/// Adds rows to tables in the cheaper way: a few by statements that go with the commit, many by
/// COPY.
private struct BulkLoader<Value: Sendable> {
    let connection: PostgresConnection
    var ending: Ending<Value>

    mutating func add<Row: Sendable>(
        _ rows: [Row], to table: PostgresTable,
        _ encode: @escaping @Sendable (Row) throws -> [PostgresValue]
    ) async throws {
        guard rows.count > PostgresRegimeStore.insertLimit else {
            ending.queries += try rows.map { table.insert(try encode($0)) }
            return
        }
        let feed = RowFeed(rows)
        _ = try await connection.copy(
            into: table.name, table.columns, within: SharedDatabase.copyLimit
        ) {
            try feed.next().map(encode)
        }
        ending.wroteBefore = true
    }
}

/// Gives rows one by one.
private final class RowFeed<Row: Sendable>: Sendable {
    private let rows: [Row]
    private let position = Mutex(0)

    init(_ rows: [Row]) {
        self.rows = rows
    }

    func next() -> Row? {
        position.withLock { position in
            guard position < rows.count else { return nil }
            defer { position += 1 }
            return rows[position]
        }
    }
}
