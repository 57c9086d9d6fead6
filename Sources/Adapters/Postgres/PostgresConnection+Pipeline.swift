import CPQ

extension PostgresConnection {
    /// How often a connection over TLS is read when there is something: more than once for the rest
    /// of a record, more than twice for those that come with it.
    private static let secureReadings = 4

    /// Sends statements and a point of synchronisation, and reads to it.
    func pipeline(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
        let connection = try self.connection
        var answers = AnswerList(statements)
        for query in queries {
            try Self.refuseEnds(in: query.text)
            try PostgresValue.check(query.values)
        }
        for query in queries { try send(query, connection, &answers) }
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        statements.skipNames(of: answers.statements)
        try await readToSynchronisation { answers.take($0) }
        statements = answers.statements
        if let fault = answers.fault { throw PostgresError.refused(fault) }
        return answers.rows
    }

    /// Queues one statement, prepared when it may be and there is room for it.
    private func send(
        _ query: PostgresQuery, _ connection: OpaquePointer, _ answers: inout AnswerList
    ) throws(PostgresError) {
        let types = query.values.map(\.typeID)
        let key = StatementNames.Key(text: query.text, types: types)
        var (name, isNew): (String?, Bool) = (nil, false)
        if !query.isPlannedAnew { (name, isNew) = answers.name(of: key) }
        if let name, isNew {
            guard PQsendPrepare(connection, name, query.text, Int32(types.count), types) == 1
            else { throw lost() }
        }
        let sent = BoundValues(query.values).withPointers { values, lengths, formats in
            let count = Int32(types.count)
            if let name {
                return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1)
            }
            return PQsendQueryParams(
                connection, query.text, count, types, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw lost() }
        answers.expectRows(of: name == nil ? nil : key)
    }

    /// Sends what is queued and gives every result to `take`, which owns it, up to the point of
    /// synchronisation.
    private func readToSynchronisation(_ take: (OpaquePointer) -> Void) async throws {
        while true {
            let connection = try self.connection
            let flushed = PQflush(connection)
            guard flushed >= 0 else { throw lost() }
            while PQisBusy(connection) == 0 {
                // Nothing stands between the results of two statements.
                guard let result = PQgetResult(connection) else {
                    guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
                    continue
                }
                guard PQresultStatus(result) != PGRES_PIPELINE_SYNC else { return PQclear(result) }
                try refuseCopy(result)
                take(result)
                guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
            }
            try await awaitServer(connection, writing: flushed == 1)
        }
    }

    /// Waits until the server has sent something, or takes something.
    func awaitServer(_ connection: OpaquePointer, writing: Bool) async throws {
        let socket = PQsocket(connection)
        guard socket >= 0 else { throw lost() }
        try await wait(for: writing ? [.reading, .writing] : .reading, on: socket)
        try check(connection)
        // Over TLS libpq may take a part of a record, of 8 kB at least: what is left of it was
        // decrypted, and no longer makes the socket readable. Records have 16 kB at the most.
        let readings = PQsslInUse(connection) == 1 ? Self.secureReadings : 1
        for _ in 0..<readings where PQconsumeInput(connection) != 1 { throw lost() }
    }

    /// Whether it is still this connection, after others could run.
    func check(_ connection: OpaquePointer) throws(PostgresError) {
        guard try self.connection == connection else { throw PostgresError.closed(server: server) }
    }

    /// A COPY that nobody feeds or reads has no end but the connection's.
    func refuseCopy(_ result: OpaquePointer) throws(PostgresError) {
        let copies = [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH]
        guard copies.contains(PQresultStatus(result)) else { return }
        PQclear(result)
        throw lost("a statement began a COPY; rows are copied by copy(into:) alone")
    }

    /// C ends a text where it has a NUL.
    static func refuseEnds(in text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw PostgresError.unsendable(reason: "the statement holds a NUL character")
        }
    }

    /// Reads what is left of an exchange that was stopped.
    func drain() async throws {
        guard PQtransactionStatus(try connection) == PQTRANS_ACTIVE else { return }
        try await readToSynchronisation { PQclear($0) }
    }
}

/// Names of prepared statements.
struct StatementNames {
    /// The same text with values of other types is another statement.
    struct Key: Hashable {
        let text: String
        let types: [UInt32]
    }

    private var names: [Key: String] = [:]
    private var count = 0

    /// A name, and whether the server must be told of it; `nil` when there are enough.
    mutating func name(of key: Key) -> (name: String?, isNew: Bool) {
        if let name = names[key] { return (name, false) }
        guard names.count < PostgresConnection.preparedLimit else { return (nil, false) }
        count += 1
        let name = "s\(count)"
        names[key] = name
        return (name, true)
    }

    /// Names that were sent to the server are not used again, should its answers not be read.
    mutating func skipNames(of others: StatementNames) { count = others.count }

    /// The server does not know it: it gets another name next time.
    mutating func forget(_ key: Key) { names[key] = nil }
}

/// What the results of a pipeline are for, in order.
private struct AnswerList {
    private enum Expected {
        case preparation(StatementNames.Key)
        /// Of a prepared statement, or of one that is not.
        case rows(StatementNames.Key?)
    }

    /// «cached plan must not change result type», «invalid SQL statement name»: what was prepared
    /// is of no use any more.
    private static let staleStates = ["0A000", "26000"]

    private(set) var statements: StatementNames
    private var expected: [Expected] = []
    private var next = 0
    private(set) var rows: [PostgresRows] = []
    /// The first error; nothing that follows it was done, nor what came before.
    private(set) var fault: ServerFault?

    init(_ statements: StatementNames) {
        self.statements = statements
    }

    mutating func name(of key: StatementNames.Key) -> (name: String?, isNew: Bool) {
        let answer = statements.name(of: key)
        if answer.isNew { expected.append(.preparation(key)) }
        return answer
    }

    mutating func expectRows(of key: StatementNames.Key?) { expected.append(.rows(key)) }

    mutating func take(_ result: OpaquePointer) {
        defer { next += 1 }
        let isDone = [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result))
        switch next < expected.count ? expected[next] : .rows(nil) {
        case .rows where isDone: return rows.append(PostgresRows(result))
        case .preparation where isDone: break
        case .preparation(let key):
            statements.forget(key)
            fault = fault ?? ServerFault(result)
        case .rows(let key):
            let new = ServerFault(result)
            if let key, Self.staleStates.contains(new.state) { statements.forget(key) }
            fault = fault ?? new
        }
        PQclear(result)
    }
}

extension ServerFault {
    init(_ result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        self.init(
            state: field("C") ?? "", message: field("M") ?? "no message", detail: field("D"),
            hint: field("H"), constraint: field("n"))
    }
}
