import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Connections that are shared")
struct PoolTests {
    private func limits(_ maximum: Int) -> PostgresPool.Limits {
        var limits = PostgresPool.Limits()
        limits.maximum = maximum
        limits.minimum = min(limits.minimum, maximum)
        limits.acquire = Database.patience
        limits.connect = Database.patience
        return limits
    }

    @Test func neverMoreConnectionsThanAllowed() async throws {
        let database = try await Database()
        let pool = PostgresPool(database.target, limits(3))
        try await pool.warmUp()
        let open = try await database.open().count(
            """
            select count(*) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend'
            """)
        #expect(open == 2)
        let pids = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await pool.withConnection {
                        try await $0.count("select pg_backend_pid()::bigint")
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(pids.count == 200 && Set(pids).count <= 3)
        await pool.close()
        await #expect(throws: PostgresError.closed(server: database.target.description)) {
            try await pool.withConnection { _ in }
        }
    }

    @Test func whoWaitsTooLongHearsThatThePoolIsExhausted() async throws {
        let database = try await Database()
        var limits = limits(1)
        limits.acquire = .milliseconds(50)
        let pool = PostgresPool(database.target, limits)
        try await pool.withConnection { _ in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { _ in }
            }
            let text = "\(try #require(error))"
            #expect(text.contains(": pool exhausted"))
        }
        #expect(try await pool.withConnection { try await $0.count("select 1") } == 1)
    }

    @Test func aCancelledCallerTakesNothingAway() async throws {
        let pool = PostgresPool(try await Database().target, limits(1))
        try await pool.withConnection { _ in
            let waiting = (0..<20).map { _ in Task { try await pool.withConnection { _ in } } }
            for task in waiting { task.cancel() }
            for task in waiting {
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
        #expect(try await pool.withConnection { try await $0.count("select 1") } == 1)
    }

    @Test func aCallerThatIsCancelledBeforeDoesNothing() async throws {
        let database = try await Database()
        let pool = PostgresPool(database.target, limits(2))
        let connection = try await database.open()
        try await connection.ask("create table t (x bigint)")
        let tasks = (0..<20).map { number in
            Task {
                while !Task.isCancelled { await Task.yield() }
                _ = try await pool.withConnection {
                    try await $0.ask("insert into t values (\(number))")
                }
            }
        }
        for task in tasks {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try await connection.count("select count(*) from t") == 0)
    }

    @Test func aBrokenConnectionIsReplaced() async throws {
        let database = try await Database()
        let pool = PostgresPool(database.target, limits(1))
        let other = try await database.open()
        let pid = try await pool.withConnection {
            try await $0.count("select pg_backend_pid()::bigint")
        }
        try await other.ask("select pg_terminate_backend(\(pid)::int)")
        // Until the end has arrived here, a caller may still get the old one.
        try await eventually {
            let next = try? await pool.withConnection {
                try await $0.count("select pg_backend_pid()::bigint")
            }
            return next.map { $0 != pid } ?? false
        }
    }

    @Test func aConnectionThatCannotBeOpenedLeavesItsRoom() async throws {
        let target = try PostgresTarget(url: "postgresql://127.0.0.1:1/markets")
        let pool = PostgresPool(target, limits(2))
        for _ in 0..<5 {
            await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            await #expect(throws: PostgresError.self) { try await pool.warmUp() }
        }
    }
}
