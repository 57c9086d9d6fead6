import GRDB
import Notices
import Ports
import Postgres
import Regimes
import TestSupport
import Testing

@Suite("People whose preferences nobody can read", .serialized, .timeLimit(.minutes(5)))
struct UnreadablePeopleTests {
    private static let preferences = [
        "ann": #"{"digest":"weekly"}"#, "bob": #"{"later_field":"1","net_seconds":"60"}"#,
        "carl": "no JSON",
    ]

    /// - Parameter write: stores somebody's preferences, as they are.
    private func tell(
        _ world: NoticeWorld, write: (_ user: String, _ preferences: String) async throws -> Void
    ) async throws {
        for (user, preferences) in Self.preferences {
            _ = try await world.store.meet(Samples.person(user), at: Samples.day(1))
            try await write(user, preferences)
        }
        let store = world.store
        #expect(
            try await store.preferences(of: Samples.person("bob"))
                == NoticePreferences(netSeconds: 60))
        let receipt = try await store.take(
            Samples.notice(.unknown, .crisis), at: Samples.day(2), by: .utc)
        #expect(receipt.told == 1 && receipt.held == 1, "everyone, and bob")
        #expect(receipt.unreadable == 2)
        #expect(receipt.problem?.hasPrefix("'ann': column preferences holds") == true)
        let fill = try await store.take(
            Samples.notice(of: Samples.fill("f-1", user: "ann")), at: Samples.day(2), by: .utc)
        #expect(fill.told == 1 && fill.unreadable == 1)
        // What they say anew counts.
        try await store.setPreferences(
            NoticePreferences(), of: Samples.person("ann"), at: Samples.day(2))
        let next = try await store.take(
            Samples.notice(.crisis, .euphoria, sequence: 2), at: Samples.day(3), by: .utc)
        #expect(next.told == 2 && next.unreadable == 1)
    }

    @Test("keep nobody else from being told, in the embedded default")
    func embedded() async throws {
        let home = try TemporaryStore()
        let world = try home.noticeWorld()
        let file = try DatabaseQueue(path: home.path)
        try await tell(world) { user, preferences in
            try await file.write { database in
                try database.execute(
                    sql: "UPDATE users SET preferences = ? WHERE user_id = ?",
                    arguments: [preferences, user])
            }
        }
    }

    @Test("keep nobody else from being told, in the full stack")
    func shared() async throws {
        try await TemporaryDatabase.with { database in
            let world = try await database.noticeWorld()
            let connection = try await PostgresConnection.open(
                try PostgresTarget(url: database.url), within: .seconds(30))
            try await tell(world) { user, preferences in
                _ = try await connection.run(
                    "UPDATE users SET preferences = \(preferences) WHERE user_id = \(user)",
                    within: .seconds(30))
            }
            await connection.close()
        }
    }
}
