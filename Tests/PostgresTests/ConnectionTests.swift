import Postgres
import TestSupport
import Testing

@Suite("A connection to PostgreSQL")
struct ConnectionTests {
    @Test func valuesArriveBitByBit() async throws {
        let connection = try await Database().open()
        var generator = SplitMix64(seed: 3)
        let doubles =
            [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, 0.1]
            + (0..<50).map { _ in Double(bitPattern: generator.next() & 0x7FEF_FFFF_FFFF_FFFF) }
        for double in doubles {
            let row = try #require(await connection.ask("select \(double)").first)
            #expect(try row.value(0, as: Double.self).bitPattern == double.bitPattern)
        }
        for integer in [0, -1, .min, .max, Int64(bitPattern: generator.next())] {
            #expect(try await connection.count("select \(integer)") == integer)
        }
        for text in ["", "it's \"quoted\"; drop table x; --", "ünïcødé 🐻", "$1 \\ \n"] {
            let row = try #require(await connection.ask("select \(text)").first)
            #expect(try row.value(0, as: String.self) == text)
        }
        for bytes in [[], [0], Array(0...255)] as [[UInt8]] {
            let row = try #require(await connection.ask("select \(bytes)").first)
            #expect(try row.value(0, as: [UInt8].self) == bytes)
        }
        let rest = try #require(
            await connection.ask(
                "select \(true), \(nil as Bool?)::bool, \(.timestamp(microseconds: -1))"
            ).first)
        #expect(try rest.value(0, as: Bool.self))
        #expect(try rest.optional(1, as: Bool.self) == nil)
        #expect(try rest.value(2, as: PostgresInstant.self).microseconds == -1)
    }

    @Test func theServerReadsTimesAsWeWriteThem() async throws {
        let connection = try await Database().open()
        let moment = PostgresValue.timestamp(microseconds: 1_709_164_800_123_456)
        let row = try #require(
            await connection.ask("select (\(moment) at time zone 'UTC')::text").first)
        #expect(try row.value(0, as: String.self) == "2024-02-29 00:00:00.123456")
    }

    @Test func aColumnOfAnotherTypeIsNotMisread() async throws {
        let rows = try await Database().open().ask("select 'x' as name, null::bigint as size")
        let row = try #require(rows.first)
        let type = #expect(throws: PostgresError.self) { try row.value(0, as: Double.self) }
        #expect("\(try #require(type))".contains("column 0 (name) of type 25"))
        let null = #expect(throws: PostgresError.self) { try row.value(1, as: Int64.self) }
        #expect("\(try #require(null))".contains("column 1 (size)"))
    }

    @Test func manyStatementsAreOneExchangeInOrder() async throws {
        let connection = try await Database().open()
        let queries = (0..<2_000).map { "select \($0)" as PostgresQuery }
        let rows = try await connection.run(queries, within: Database.patience)
        #expect(try rows.map { try $0[0].value(0, as: Int64.self) } == (0..<2_000).map(Int64.init))
    }

    @Test func moreTextsThanAreKeptPreparedWork() async throws {
        let connection = try await Database().open()
        for number in 0..<(2 * PostgresConnection.preparedLimit) {
            let text = "select \(number) + $1"
            for _ in 0..<2 {
                let query = PostgresQuery(text: text, values: [.int64(1)])
                #expect(try await connection.count(query) == Int64(number + 1))
            }
        }
        #expect(
            try await connection.count("select count(*) from pg_prepared_statements")
                == Int64(PostgresConnection.preparedLimit))
    }

    @Test func whatIsPlannedAnewIsNotKeptPrepared() async throws {
        let connection = try await Database().open()
        let query: PostgresQuery = "select \(7)"
        for _ in 0..<3 { #expect(try await connection.count(query.plannedAnew()) == 7) }
        // The one that counts them.
        #expect(try await connection.count("select count(*) from pg_prepared_statements") == 1)
    }

    @Test func anErrorUndoesItsExchangeAndNamesItsCause() async throws {
        let connection = try await Database().open()
        try await connection.ask("create table t (id bigint constraint only_once primary key)")
        for _ in 0..<2 {
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run(
                    [1, 2, 1, 3].map { "insert into t values (\($0))" }, within: Database.patience)
            }
            guard case .refused(let fault) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(fault.state == "23505" && fault.constraint == "only_once")
            #expect(fault.detail?.contains("(id)=(1)") == true)
            #expect(try await connection.count("select count(*) from t") == 0)
        }
        await #expect(throws: PostgresError.self) { try await connection.ask("selekt 1") }
        #expect(try await connection.count("select 1") == 1)
        try await connection.ask("insert into t values (\(7))")
        #expect(try await connection.count("select id from t") == 7)
    }

    @Test func whatTakesTooLongIsStoppedOnTheServer() async throws {
        let database = try await Database()
        let connection = try await database.open()
        let limit = Duration.milliseconds(100)
        let error = await #expect(throws: PostgresError.self) {
            try await connection.run("select pg_sleep(600)", within: limit)
        }
        #expect(error == .timedOut(server: database.target.description, limit: limit))
        #expect(try await connection.count("select 5") == 5)
        #expect(try await sleepers(seenBy: database.open()) == 0)
    }

    @Test func aCancelledTaskStopsTheServer() async throws {
        let database = try await Database()
        let (connection, other) = (try await database.open(), try await database.open())
        let task = Task { try await connection.ask("select pg_sleep(600)") }
        try await eventually { try await sleepers(seenBy: other) == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await sleepers(seenBy: other) == 0)
        #expect(try await connection.count("select 5") == 5)
    }

    @Test func aConnectionAnswersOneAtATime() async throws {
        let database = try await Database()
        let (connection, other) = (try await database.open(), try await database.open())
        let task = Task { try await connection.ask("select pg_sleep(600)") }
        try await eventually { try await sleepers(seenBy: other) == 1 }
        await #expect(throws: PostgresError.busy(server: database.target.description)) {
            try await connection.ask("select 1")
        }
        task.cancel()
        _ = await task.result
    }

    @Test func aLostConnectionSaysSo() async throws {
        let database = try await Database()
        let (connection, other) = (try await database.open(), try await database.open())
        let pid = try await connection.count("select pg_backend_pid()::bigint")
        let task = Task { try await connection.ask("select pg_sleep(600)") }
        try await eventually { try await sleepers(seenBy: other) == 1 }
        try await other.ask("select pg_terminate_backend(\(pid)::int)")
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        guard case .connectionLost(database.target.description, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await !connection.isUsable)
        await #expect(throws: PostgresError.closed(server: database.target.description)) {
            try await connection.ask("select 1")
        }
    }

    @Test func closingEndsWhatIsUnderWay() async throws {
        let database = try await Database()
        let (connection, other) = (try await database.open(), try await database.open())
        let task = Task { try await connection.ask("select pg_sleep(600)") }
        try await eventually { try await sleepers(seenBy: other) == 1 }
        await connection.close()
        await #expect(throws: PostgresError.self) { try await task.value }
        // The next socket has the same number.
        #expect(try await database.open().count("select 5") == 5)
    }

    @Test func aTableThatChangedIsReadAnew() async throws {
        let database = try await Database()
        let (connection, other) = (try await database.open(), try await database.open())
        try await other.ask("create table t (x bigint)")
        for _ in 0..<2 { try await connection.ask("select * from t") }
        try await other.ask("alter table t add y bigint")
        await #expect(throws: PostgresError.self) { try await connection.ask("select * from t") }
        #expect(try await connection.ask("select * from t").isEmpty)
    }

    @Test(arguments: ["x\" as y; drop table t; --", "x\"\u{301}, (select 1) as \"\u{301}y"])
    func aNameIsNothingElse(name: String) async throws {
        let connection = try await Database().open()
        try await connection.ask("create table \(PostgresName(name)) (x bigint)")
        let row = try #require(
            await connection.ask("select relname from pg_class where relname = \(name)").first)
        #expect(try row.value(0, as: String.self) == name)
    }

    @Test func whatCCannotTellIsNotSent() async throws {
        let connection = try await Database().open()
        let text = "select 1\0; select 2"
        await #expect(throws: PostgresError.self) {
            try await connection.run(script: text, within: Database.patience)
        }
        await #expect(throws: PostgresError.self) {
            try await connection.ask(PostgresQuery(text: text))
        }
        #expect(try await connection.count("select 1") == 1)
        let row = try #require(await connection.ask("select 'infinity'::timestamptz").first)
        #expect(throws: PostgresError.self) { try row.value(0, as: PostgresInstant.self) }
        #expect(throws: PostgresError.self) { try row.optional(7, as: Int64.self) }
    }

    @Test func aServerThatIsNotThereIsNamed() async throws {
        let target = try PostgresTarget(url: "postgresql://ann:s3cret@127.0.0.1:1/markets")
        let error = await #expect(throws: PostgresError.self) {
            try await PostgresConnection.open(target, within: Database.patience)
        }
        let text = "\(try #require(error))"
        #expect(text.contains("PostgreSQL at 127.0.0.1:1/markets: cannot be reached"), "\(text)")
        #expect(text.hasSuffix("Connection refused"), "\(text)")
        #expect(!text.contains("s3cret"))
    }

    @Test func aScriptRunsWholeOrNotAtAll() async throws {
        let connection = try await Database().open()
        try await connection.run(
            script: "create table a (x int); insert into a values (1), (2);",
            within: Database.patience)
        #expect(try await connection.count("select count(*) from a") == 2)
        await #expect(throws: PostgresError.self) {
            try await connection.run(
                script: "insert into a values (3); insert into b values (1);",
                within: Database.patience)
        }
        #expect(try await connection.count("select count(*) from a") == 2)
    }

    @Test func whatIsToldIsHeard() async throws {
        let database = try await Database()
        let (listener, speaker) = (try await database.open(), try await database.open())
        let channel: PostgresName = "Commits \"here\""
        try await listener.listen(to: channel, within: Database.patience)
        async let heard = listener.notification(within: Database.patience)
        for word in ["one", "two"] {
            try await speaker.ask("select pg_notify(\(channel.name), \(word))")
        }
        #expect(try await heard == PostgresNotification(channel: channel.name, payload: "one"))
        let next = try await listener.notification(within: Database.patience)
        #expect(next.payload == "two")
        let limit = Duration.milliseconds(50)
        await #expect(throws: PostgresError.self) { try await listener.notification(within: limit) }
        #expect(try await listener.count("select 1") == 1)
    }

    private func sleepers(seenBy connection: PostgresConnection) async throws -> Int64 {
        try await connection.count(
            """
            select count(*) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            and state = 'active' and query like '%pg_sleep%'
            """)
    }
}
