import Backends
import Market
import Ports
import Postgres
import Regimes
import TestSupport
import Testing

/// What TimescaleDB's retention does, done by hand: assessments go, their changes stay.
@Suite("Answers that were dropped", .serialized, .timeLimit(.minutes(5)))
struct DroppedAnswersTests {
    private static let patience = Duration.seconds(60)

    private func dropAnswers(before day: Int, _ database: TemporaryDatabase) async throws {
        let connection = try await PostgresConnection.open(
            try PostgresTarget(url: database.url), within: Self.patience)
        let microseconds = Samples.day(day).nanoseconds / Timestamp.nanosecondsPerMicrosecond
        try await connection.run(
            """
            DELETE FROM market_regimes
            WHERE as_of < \(PostgresValue.timestamp(microseconds: microseconds))
            """, within: Self.patience)
        await connection.close()
    }

    @Test("told again they are there again, and nothing changes anew", arguments: [false, true])
    func toldAgain(announcing: Bool) async throws {
        try await TemporaryDatabase.with { database in
            let store = try await database.open().regimes
            _ = try await store.register(Samples.profile())
            var batch = Samples.batch(Samples.regimes(count: 60, seed: 4), announcing: true)
            _ = try await store.record(batch)
            batch.announcing = announcing
            let query = SeriesQuery(Samples.series)
            let history = try await transcript(store.history(query))
            let changes = try await transcript(store.changes(query))
            try await dropAnswers(before: 40, database)
            #expect(try await store.history(query).count == 20)
            #expect(try await transcript(store.changes(query)) == changes)
            let receipt = try await store.record(batch)
            #expect(receipt.newAssessments == 40)
            #expect(receipt.newChanges == 0)
            #expect(receipt.announced == 0)
            #expect(try await transcript(store.history(query)) == history)
            #expect(try await transcript(store.changes(query)) == changes)
            #expect(try await store.record(batch).wroteNothing)
        }
    }

    @Test("another answer in the place of one counts on from what changed with it")
    func toldOtherwise() async throws {
        try await TemporaryDatabase.with { database in
            let store = try await database.open().regimes
            _ = try await store.register(Samples.profile())
            _ = try await store.record(
                Samples.batch([.crisis, .normalBull, .euphoria], announcing: true))
            _ = try await record(.normalBear, in: store)
            try await dropAnswers(before: 2, database)
            let query = SeriesQuery(Samples.series)
            let left = try await store.changes(query)
            #expect(left.map(\.regime) == [.crisis, .normalBear, .euphoria])
            #expect(left.map(\.revision) == [1, 2, 1])
            let receipt = try await record(.lowVolatility, in: store)
            #expect(receipt.newChanges == 1)
            #expect(receipt.announced == 1)
            let changes = try await store.changes(query)
            #expect(changes.map(\.regime) == [.crisis, .lowVolatility, .euphoria])
            #expect(changes.map(\.revision) == [1, 3, 1])
            #expect(changes[1].announcement?.supersedes == left[1].eventID)
        }
    }

    /// Says a label of day 1.
    private func record(
        _ regime: Regime, in store: PostgresRegimeStore
    ) async throws -> JournalReceipt {
        try await store.record(
            JournalBatch(
                series: Samples.series, expecting: .anyHead,
                records: Samples.records([regime], from: 1, previous: .crisis), announcing: true))
    }
}
