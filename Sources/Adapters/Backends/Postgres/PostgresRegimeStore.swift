package import Market
package import Ports
import Postgres
package import Regimes

/// The regime store of the full stack: journal, reader and outbox in one PostgreSQL database,
/// with TimescaleDB or without.
///
/// What a batch means is decided by `JournalDecision` against the few rows that the batch touches,
/// under the lock of the series' row; here rows are only looked up and written.
package final class PostgresRegimeStore: Sendable {
    let database: SharedDatabase
    let wording: ChangeWording
    let now: @Sendable () -> Timestamp

    init(
        database: SharedDatabase, wording: ChangeWording, now: @escaping @Sendable () -> Timestamp
    ) {
        self.database = database
        self.wording = wording
        self.now = now
    }
}

// MARK: - Reader

extension PostgresRegimeStore: RegimeReader {
    package func heads() async throws -> [SeriesHead] {
        try await database.values(SeriesQueries.heads) { try SeriesQueries.head($0) }
    }

    package func head(of series: Series) async throws -> SeriesHead? {
        try await database.values(SeriesQueries.head(of: series)) { try SeriesQueries.head($0) }
            .first
    }

    package func current(_ series: Series) async throws -> RegimeAssessment? {
        // The instant is asked for first: one that the server finds while it runs the statement
        // says too late which parts of the table are needed. The answer at it is never taken away
        // by who moves the head in between.
        guard let last = try await head(of: series)?.lastAsOf else { return nil }
        return try await database.values(RegimeQueries.latest(series, at: last)) {
            try RegimeQueries.assessment($0, of: series)
        }.first
    }

    package func known(
        _ series: Series, at instant: Timestamp
    ) async throws -> RegimeAssessment? {
        try await database.values(RegimeQueries.known(series, at: instant)) {
            try RegimeQueries.assessment($0, of: series)
        }.first
    }

    package func history(_ query: SeriesQuery) async throws -> [RegimeAssessment] {
        try await database.values(RegimeQueries.history(query)) {
            try RegimeQueries.assessment($0, of: query.series)
        }
    }

    package func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer] {
        let answers = ShadowQueries.answers(query, onlyDisagreeing: onlyDisagreeing)
        return try await database.values(answers) {
            try ShadowQueries.answer($0, of: query.series)
        }
    }

    package func shadowTally(
        of series: Series, after instant: Timestamp
    ) async throws -> ShadowTally {
        let tallies = try await database.values(
            ShadowQueries.tally(of: series, after: instant)
        ) { ShadowTally(bars: try $0.integer(0), disagreed: try $0.integer(1)) }
        return tallies.first ?? ShadowTally(bars: 0, disagreed: 0)
    }

    package func changes(_ query: SeriesQuery) async throws -> [RegimeChange] {
        try await database.values(RegimeQueries.changes(query)) {
            try RegimeQueries.change($0, of: query.series)
        }
    }

    package func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange] {
        try await database.values(RegimeQueries.changesAndOverrides(query)) { row in
            let change = try RegimeQueries.change(row, of: query.series)
            return query.knownAt == nil ? change : change.known
        }
    }

    package func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange] {
        let limit = SeriesQuery(series, limit: limit).limit
        let query = RegimeQueries.announcements(of: series, after: sequence, limit: limit)
        return try await database.values(query) { try RegimeQueries.change($0, of: series) }
    }

    package func bars(_ query: SeriesQuery) async throws -> [RevisedBar] {
        try await database.values(RegimeQueries.bars(query)) { row in
            let stored = try RegimeQueries.storedBar(row)
            return RevisedBar(bar: stored.bar, revision: stored.revision)
        }
    }

    package func models(of series: Series) async throws -> [StoredModel] {
        try await database.values(SeriesQueries.models(of: series)) {
            try SeriesQueries.model($0)
        }
    }

    package func model(_ version: ModelVersion) async throws -> StoredModel? {
        try await database.values(SeriesQueries.model(version)) { try SeriesQueries.model($0) }
            .first
    }

    package func activations(of series: Series) async throws -> [ModelActivation] {
        try await database.values(SeriesQueries.activations(of: series)) {
            try SeriesQueries.activation($0, of: series)
        }
    }

    package func commits() -> AsyncStream<Void> { database.signal.stream() }

    package func ping() async throws {
        // Asks for a table, because a database can answer and not be this program's.
        _ = try await database.read("SELECT count(*) FROM schema_migrations")
    }
}

extension SharedDatabase {
    /// The rows of one statement as values.
    func values<Value: Sendable>(
        _ query: PostgresQuery, _ value: (PostgresRows.Row) throws -> Value
    ) async throws -> [Value] {
        let rows = try await read(query)
        return try await translating { try rows.map(value) }
    }
}
