import Postgres
import TestSupport
import Testing

@testable import Backends

/// TimescaleDB is not at hand: another extension has its name here.
@Suite("What an extension may do to the store", .serialized, .timeLimit(.minutes(5)))
struct TimescaleTests {
    private static let patience = Duration.seconds(60)

    private func features(
        _ target: PostgresTarget, on connection: PostgresConnection
    ) -> TimescaleFeatures {
        TimescaleFeatures(
            schema: SharedSchema(connection: connection, location: target.description),
            target: target, retentionDays: nil, name: "citext")
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
}
