import CPQ

extension PostgresConnection {
    /// Bytes of rows that are handed to the socket at once, and the first time: the server begins
    /// with those while the next ones are encoded.
    package static let copyChunk = 65_536
    static let firstCopyChunk = 4_096
    /// Bytes after which other work of the connection gets its turn.
    static let bytesPerTurn = 1 << 20

    /// Copies rows into a table, all or none of them; gives how many.
    ///
    /// - Parameters:
    ///   - columns: those that each row has values for, in the binary form: a value's type is the
    ///     column's.
    ///   - rows: asked for one by one; when asking fails, nothing is copied.
    /// - Throws: `PostgresError`; `CancellationError`; what `rows` throws.
    package func copy(
        into table: PostgresName, _ columns: [PostgresName], within limit: Duration,
        _ rows: @escaping @Sendable () throws -> [PostgresValue]?
    ) async throws -> Int {
        try await copy(into: table, columns, within: limit) { chunk in
            guard let row = try rows() else { return false }
            // Before it takes the room that it must not have.
            try PostgresValue.check(row)
            chunk.append(row)
            return true
        }
    }

    /// Copies rows that are written in the binary form by whoever has them: a value a field would
    /// cost more than the field.
    ///
    /// - Parameter next: appends the row that comes after those already there, or none and says
    ///   `false`.
    package func copy(
        into table: PostgresName, _ columns: [PostgresName], within limit: Duration,
        appending next: @escaping @Sendable (inout CopyRows) throws -> Bool
    ) async throws -> Int {
        let names = columns.map(\.quoted).joined(separator: ", ")
        let text = "COPY \(table.quoted) (\(names)) FROM STDIN (FORMAT binary)"
        return try await exchange(within: limit) { connection in
            try await connection.outsidePipeline {
                try await connection.copy(text, next)
            }
        }
    }

    /// Runs statements of one text one after the other, as a migration has them; their rows are
    /// not kept.
    package func run(script: String, within limit: Duration) async throws {
        try await exchange(within: limit) { connection in
            try Self.refuseEnds(in: script)
            try await connection.outsidePipeline {
                guard PQsendQuery(try connection.connection, script) == 1 else {
                    throw connection.lost()
                }
                _ = try await connection.readToEnd()
            }
        }
    }

    /// Neither COPY nor several statements in one text can be in a pipeline.
    private func outsidePipeline<Value>(
        _ body: () async throws -> Value
    ) async throws -> Value {
        guard PQexitPipelineMode(try connection) == 1 else { throw lost() }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        if handle != nil, PQenterPipelineMode(try connection) != 1 {
            // Cut off in the middle: only closing ends it.
            if case .failure(let error) = result, error is CancellationError || error.isTimeout {
                throw error
            }
            throw lost()
        }
        return try result.get()
    }

    private func copy(
        _ text: String, _ next: @Sendable (inout CopyRows) throws -> Bool
    ) async throws -> Int {
        let connection = try self.connection
        guard PQsendQuery(connection, text) == 1 else { throw lost() }
        try await flush(connection)
        // Encoded while the server opens the table.
        var chunk = CopyRows()
        var size = Self.firstCopyChunk
        let beginning = Result { () throws(RowsFailed) in
            try Self.fill(&chunk, to: size, from: next)
        }
        while PQisBusy(connection) == 1 { try await awaitServer(connection, writing: false) }
        guard let first = PQgetResult(connection) else { throw lost() }
        let fault = PQresultStatus(first) == PGRES_COPY_IN ? nil : ServerFault(first)
        PQclear(first)
        if let fault {
            _ = try? await readToEnd()
            throw PostgresError.refused(fault)
        }
        do {
            var isMore = try beginning.get()
            var sent = 0
            while isMore {
                sent += chunk.bytes.count
                try await put(&chunk, connection)
                // A server as fast as the rows never lets a flush wait: others would never get a
                // word in.
                if sent >= Self.bytesPerTurn {
                    sent = 0
                    await Task.yield()
                    try check(connection)
                }
                size = min(2 * size, Self.copyChunk)
                isMore = try Self.fill(&chunk, to: size, from: next)
            }
            chunk.end()
            try await put(&chunk, connection)
        } catch let failure as RowsFailed {
            guard PQputCopyEnd(connection, "the rows came to no end") == 1 else { throw lost() }
            _ = try? await readToEnd()
            throw failure.error
        }
        guard PQputCopyEnd(connection, nil) == 1 else { throw lost() }
        return try await readToEnd()
    }

    /// Adds rows up to a size; whether it came to that, and there may be more.
    private static func fill(
        _ chunk: inout CopyRows, to size: Int, from next: (inout CopyRows) throws -> Bool
    ) throws(RowsFailed) -> Bool {
        do {
            while chunk.bytes.count < size {
                let start = chunk.bytes.count
                guard try next(&chunk) else { return false }
                try PostgresValue.check(size: chunk.bytes.count - start)
            }
        } catch {
            throw RowsFailed(error: error)
        }
        return true
    }

    private func put(_ chunk: inout CopyRows, _ connection: OpaquePointer) async throws {
        let sent = chunk.bytes.withUnsafeBytes { bytes in
            PQputCopyData(
                connection, bytes.assumingMemoryBound(to: CChar.self).baseAddress,
                Int32(bytes.count))
        }
        guard sent == 1 else { throw lost() }
        chunk.removeSent()
        try await flush(connection)
        try checkTime()
        try check(connection)
    }

    private func flush(_ connection: OpaquePointer) async throws {
        while true {
            let flushed = PQflush(connection)
            guard flushed >= 0 else { throw lost() }
            guard flushed == 1 else { return }
            try await awaitServer(connection, writing: true)
        }
    }

    /// Reads the results of what was sent outside of a pipeline; rows of the last one.
    private func readToEnd() async throws -> Int {
        let connection = try self.connection
        try await flush(connection)
        var affected = 0
        var fault: ServerFault?
        while true {
            while PQisBusy(connection) == 1 { try await awaitServer(connection, writing: false) }
            guard let result = PQgetResult(connection) else { break }
            try refuseCopy(result)
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                affected = Int(String(cString: PQcmdTuples(result))) ?? 0
            default: fault = fault ?? ServerFault(result)
            }
            PQclear(result)
            guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
        }
        if let fault { throw PostgresError.refused(fault) }
        return affected
    }
}

/// The rows came to no end: their error, and not the connection's.
private struct RowsFailed: Error {
    var error: any Error
}
