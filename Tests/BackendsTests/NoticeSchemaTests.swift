import GRDB
import Postgres
import TestSupport
import Testing

@Suite("Notices lie in both databases alike", .serialized, .timeLimit(.minutes(5)))
struct NoticeSchemaTests {
    @Test(
        "the same columns, of which the same may be missing",
        arguments: [
            "consumer_effects", "consumer_positions", "notices", "notifications", "webhooks",
            "webhook_deliveries",
        ])
    func columns(of table: String) async throws {
        let home = try TemporaryStore()
        _ = try home.open()
        let embedded = try await DatabaseQueue(path: home.path).read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name || CASE WHEN "notnull" = 0 THEN ', may be missing' ELSE '' END
                    FROM pragma_table_info(?) ORDER BY name
                    """, arguments: [table])
        }
        try await TemporaryDatabase.with { database in
            _ = try await database.open()
            let connection = try await PostgresConnection.open(
                try PostgresTarget(url: database.url), within: .seconds(30))
            let rows = try await connection.run(
                """
                SELECT column_name::text COLLATE "C"
                    || CASE WHEN is_nullable = 'YES' THEN ', may be missing' ELSE '' END
                FROM information_schema.columns WHERE table_name = \(table)
                ORDER BY column_name::text COLLATE "C"
                """, within: .seconds(30))
            let shared = try rows.map { try $0.value(0, as: String.self) }
            await connection.close()
            #expect(!shared.isEmpty)
            #expect(shared == embedded)
        }
    }
}
