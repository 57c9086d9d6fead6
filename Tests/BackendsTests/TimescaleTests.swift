import Ports
import Postgres
import Regimes
import TestSupport
import Testing

@testable import Backends

/// TimescaleDB is not at hand: another extension has its name here.
@Suite("What an extension may do to the store", .serialized, .timeLimit(.minutes(5)))
struct TimescaleTests {
    private static let patience = Duration.seconds(60)

    private func features(
        _ target: PostgresTarget, on connection: PostgresConnection,
        retention: Retention = .unchanged
    ) -> TimescaleFeatures {
        TimescaleFeatures(
            schema: SharedSchema(connection: connection, location: target.description),
            target: target, retention: retention, name: "citext")
    }

    private func open(_ target: PostgresTarget) async throws -> PostgresConnection {
        try await PostgresConnection.open(target, within: Self.patience)
    }

    private func reason(_ support: TimescaleSupport) -> String {
        guard case .none(let reason) = support else { return "\(support)" }
        return reason
    }

    @Test("one that ends the session leaves the schema's connection and the store alone")
    func endedSession() async throws {
        let url = try await PostgresServer.shared.value.database()
        let target = try PostgresTarget(url: url)
        let connection = try await open(target)
        try await connection.run(
            script: """
                CREATE FUNCTION farewell() RETURNS event_trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$;
                CREATE EVENT TRIGGER farewell ON ddl_command_start
                    WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION farewell();
                """, within: Self.patience)
        let support = try await features(target, on: connection).enable()
        let text = reason(support)
        #expect(text.contains("shared_preload_libraries"), "\(text)")
        #expect(support.warning?.contains("plain PostgreSQL") == true)
        #expect(await connection.isUsable)
        await connection.close()
    }

    @Test("two that create it at once both find it there")
    func atOnce() async throws {
        let url = try await PostgresServer.shared.value.database()
        let target = try PostgresTarget(url: url)
        let reasons = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 1...4 {
                group.addTask {
                    let connection = try await open(target)
                    let support = try await features(target, on: connection).enable()
                    await connection.close()
                    return reason(support)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // What comes after creating it: citext makes no hypertables.
        for reason in reasons { #expect(reason.contains("create_hypertable"), "\(reason)") }
    }

    @Test("who needs more locks than the server has is told what to raise, and not to try again")
    func locks() {
        let fault = ServerFault(state: "53200", message: "out of shared memory")
        let error = StoreError(PostgresError.refused(fault), location: "PostgreSQL")
        #expect(error.code == .failed)
        #expect(error.description.contains("max_locks_per_transaction"), "\(error)")
    }

    /// Functions and views of the names that TimescaleDB's have; what is asked of them is told by
    /// the tables `dropping` and `refreshing`.
    private static let imitation = """
        CREATE FUNCTION create_hypertable(relation regclass, column_name name,
            chunk_time_interval interval, create_default_indexes boolean, if_not_exists boolean,
            migrate_data boolean) RETURNS void LANGUAGE sql AS '';
        CREATE TABLE dropping (after interval NOT NULL PRIMARY KEY);
        CREATE FUNCTION remove_retention_policy(relation regclass, if_exists boolean)
            RETURNS void LANGUAGE sql AS 'DELETE FROM dropping';
        CREATE FUNCTION add_retention_policy(relation regclass, drop_after interval)
            RETURNS void LANGUAGE sql AS 'INSERT INTO dropping VALUES (drop_after)';
        CREATE TABLE refreshing (since interval, until interval NOT NULL);
        CREATE FUNCTION remove_continuous_aggregate_policy(continuous_aggregate regclass,
            if_exists boolean) RETURNS void LANGUAGE sql AS 'DELETE FROM refreshing';
        CREATE FUNCTION add_continuous_aggregate_policy(continuous_aggregate regclass,
            start_offset interval, end_offset interval, schedule_interval interval)
            RETURNS void LANGUAGE sql
            AS 'INSERT INTO refreshing VALUES (start_offset, end_offset)';
        CREATE SCHEMA timescaledb_information;
        CREATE TABLE timescaledb_information.jobs AS
            SELECT 'policy_compression' AS proc_name, 'bars' AS hypertable_name;
        CREATE TABLE timescaledb_information.continuous_aggregates AS
            SELECT 'regime_days' AS view_name;
        """

    @Test("answers are dropped as was said last, and by nobody when nothing is said any more")
    func retention() async throws {
        let url = try await PostgresServer.shared.value.database()
        let target = try PostgresTarget(url: url)
        let connection = try await open(target)
        _ = try await SharedSchema(connection: connection, location: target.description).migrate()
        try await connection.run(script: Self.imitation, within: Self.patience)
        let steps: [(Retention, dropped: String, refreshed: String)] = [
            (.days(30), "30", "30"), (.unchanged, "30", "30"), (.days(1), "1", "3"),
            (.unchanged, "1", "3"), (.forever, "never", "all"), (.unchanged, "never", "all"),
        ]
        for (retention, dropped, refreshed) in steps {
            let support = try await features(target, on: connection, retention: retention).enable()
            #expect(support.warning == nil, "\(support)")
            let rows = try await connection.run(
                """
                SELECT coalesce((SELECT extract(day from after)::text FROM dropping), 'never'),
                    coalesce(extract(day from since)::text, 'all') FROM refreshing
                """, within: Self.patience)
            let row = try #require(rows.first)
            #expect(try row.value(0, as: String.self) == dropped, "\(retention)")
            #expect(try row.value(1, as: String.self) == refreshed, "\(retention)")
        }
        await connection.close()
    }

    @Test("a day counts each of its bars once, by what was said last about it")
    func days() async throws {
        try await TemporaryDatabase.with { database in
            let store = try await database.open().regimes
            _ = try await store.register(Samples.profile())
            var batch = Samples.batch([.crisis, .crisis])
            batch.records[0].assessment.calibratedConfidence = 0.875
            _ = try await store.record(batch)
            _ = try await store.record(
                JournalBatch(
                    series: Samples.series, expecting: .anyHead,
                    records: Samples.records([.euphoria], from: 1, previous: .crisis),
                    announcing: false))
            let connection = try await open(try PostgresTarget(url: database.url))
            let rows = try await connection.run(
                "SELECT regime, assessments, mean_confidence FROM regime_days ORDER BY day, regime",
                within: Self.patience)
            let labels = try rows.map { try $0.value(0, as: String.self) }
            #expect(labels == [Regime.crisis.label, Regime.euphoria.label])
            for (row, confidence) in zip(rows, [0.875, 0.75]) {
                #expect(try row.value(1, as: Int64.self) == 1)
                #expect(try row.value(2, as: Double.self) == confidence)
            }
            await connection.close()
        }
    }
}
