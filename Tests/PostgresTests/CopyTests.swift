import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Copying into PostgreSQL")
struct CopyTests {
    private static let columns: [PostgresName] = ["id", "weight", "label", "raw", "at", "is_late"]

    private struct Interrupted: Error {}

    private func table(_ connection: PostgresConnection) async throws {
        try await connection.ask(
            """
            create table rows (id bigint primary key, weight double precision, label text,
            raw bytea, at timestamptz, is_late boolean)
            """)
    }

    private static func row(_ index: Int) -> [PostgresValue] {
        [
            .int64(Int64(index)), index % 7 == 0 ? .null : .double(1 / Double(index + 1)),
            .text("label \(index) ü"), .bytes([UInt8](repeating: 0xFF, count: index % 5)),
            .timestamp(microseconds: Int64(index) * 1_000_003), .bool(index % 2 == 0),
        ]
    }

    /// - Parameter last: what the row after the last one is.
    private static func rows(
        _ count: Int, last: @escaping @Sendable () throws -> [PostgresValue]? = { nil }
    ) -> @Sendable () throws -> [PostgresValue]? {
        let next = Atomic<Int>(0)
        return {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return try index < count ? row(index) : index == count ? last() : nil
        }
    }

    @Test(arguments: [0, 1, 50_000])
    func everyRowArrivesAsItIs(count: Int) async throws {
        let connection = try await Database().open()
        try await table(connection)
        let copied = try await connection.copy(
            into: "rows", Self.columns, within: Database.patience, Self.rows(count))
        #expect(copied == count)
        let rows = try await connection.ask("select * from rows order by id")
        #expect(rows.count == count)
        for (index, row) in rows.enumerated() where index % 997 < 3 {
            let expected = Self.row(index)
            #expect(try row.value(0, as: Int64.self) == Int64(index))
            let weight = try row.optional(1, as: Double.self).map(PostgresValue.double)
            #expect(weight ?? .null == expected[1])
            let instant = try row.value(4, as: PostgresInstant.self)
            let rest: [PostgresValue] = [
                .text(try row.value(2)), .bytes(try row.value(3)),
                .timestamp(microseconds: instant.microseconds), .bool(try row.value(5)),
            ]
            #expect(rest == Array(expected[2...]))
        }
    }

    @Test func allRowsOrNone() async throws {
        let connection = try await Database().open()
        try await table(connection)
        let doubled = await #expect(throws: PostgresError.self) {
            try await connection.copy(
                into: "rows", Self.columns, within: Database.patience,
                Self.rows(20_000) { Self.row(3) })
        }
        guard case .refused(let fault) = doubled else {
            Issue.record("\(String(describing: doubled))")
            return
        }
        #expect(fault.state == "23505")
        await #expect(throws: Interrupted.self) {
            try await connection.copy(
                into: "rows", Self.columns, within: Database.patience,
                Self.rows(20_000) { throw Interrupted() })
        }
        await #expect(throws: PostgresError.self) {
            try await connection.copy(
                into: "no_such_table", Self.columns, within: Database.patience, Self.rows(1))
        }
        #expect(try await connection.count("select count(*) from rows") == 0)
        let copied = try await connection.copy(
            into: "rows", Self.columns, within: Database.patience, Self.rows(10))
        #expect(copied == 10)
    }

    @Test func aCopyThatTakesTooLongLeavesNothing() async throws {
        let database = try await Database()
        let connection = try await database.open()
        try await table(connection)
        let next = Atomic<Int>(0)
        let limit = Duration.milliseconds(200)
        await #expect(throws: PostgresError.timedOut(server: connection.server, limit: limit)) {
            try await connection.copy(into: "rows", Self.columns, within: limit) {
                Self.row(next.wrappingAdd(1, ordering: .relaxed).oldValue)
            }
        }
        #expect(try await database.open().count("select count(*) from rows") == 0)
    }

    @Test(arguments: [0, 1, 20_000])
    func rowsWrittenInTheBinaryFormArriveAsValuesDo(count: Int) async throws {
        let connection = try await Database().open()
        try await table(connection)
        let lateness = CopyFields(.timestamp(microseconds: 7), .bool(true))
        let copied = try await connection.copy(
            into: "rows", Self.columns, within: Database.patience
        ) { rows in
            guard rows.count < count else { return false }
            let index = rows.count
            let row = Self.row(index)
            rows.beginRow(of: row.count)
            for value in row[..<2] { rows.append(value) }
            rows.appendText { $0.append(contentsOf: "ü \(index)".utf8) }
            rows.append(row[3])
            rows.append(lateness)
            return true
        }
        #expect(copied == count)
        let rows = try await connection.ask("select * from rows order by id")
        #expect(rows.count == count)
        for (index, row) in rows.enumerated() where index % 997 < 3 {
            #expect(try row.value(0, as: Int64.self) == Int64(index))
            #expect(try row.value(2, as: String.self) == "ü \(index)")
            #expect(try row.value(4, as: PostgresInstant.self).microseconds == 7)
            #expect(try row.value(5, as: Bool.self))
        }
    }

    @Test func rowsInTheBinaryFormThatFailLeaveNothing() async throws {
        let connection = try await Database().open()
        try await table(connection)
        await #expect(throws: Interrupted.self) {
            _ = try await connection.copy(
                into: "rows", Self.columns, within: Database.patience
            ) { rows in
                guard rows.count < 9_000 else { throw Interrupted() }
                let row = Self.row(rows.count)
                rows.beginRow(of: row.count)
                for value in row { rows.append(value) }
                return true
            }
        }
        #expect(try await connection.count("select count(*) from rows") == 0)
    }

    @Test func anErrorOfTheRowsIsTheirOwn() async throws {
        let connection = try await Database().open()
        try await table(connection)
        let wrong = PostgresError.closed(server: "where the rows come from")
        await #expect(throws: wrong) {
            try await connection.copy(
                into: "rows", Self.columns, within: Database.patience,
                Self.rows(3) { throw wrong })
        }
        #expect(try await connection.count("select count(*) from rows") == 0)
    }

    @Test(arguments: ["copy rows from stdin", "copy rows to stdout"])
    func aCopyByStatementIsRefused(text: String) async throws {
        let database = try await Database()
        for isScript in [false, true] {
            let connection = try await database.open()
            try await connection.run(
                script: "create table if not exists rows (id bigint)", within: Database.patience)
            let error = await #expect(throws: PostgresError.self) {
                if isScript {
                    try await connection.run(script: text, within: Database.patience)
                } else {
                    try await connection.ask(PostgresQuery(text: text))
                }
            }
            #expect("\(String(describing: error))".contains("COPY"))
        }
    }

    @Test func aCopyThatIsCutOffLeavesNothing() async throws {
        let database = try await Database()
        let (connection, other) = (try await database.open(), try await database.open())
        try await table(connection)
        let pid = try await connection.count("select pg_backend_pid()::bigint")
        let hasBegun = Atomic<Bool>(false)
        let next = Atomic<Int>(0)
        let task = Task {
            try await connection.copy(into: "rows", Self.columns, within: Database.patience) {
                hasBegun.store(true, ordering: .relaxed)
                return Self.row(next.wrappingAdd(1, ordering: .relaxed).oldValue)
            }
        }
        try await eventually { hasBegun.load(ordering: .relaxed) }
        try await other.ask("select pg_terminate_backend(\(pid)::int)")
        await #expect(throws: PostgresError.self) { try await task.value }
        #expect(try await other.count("select count(*) from rows") == 0)
    }
}
