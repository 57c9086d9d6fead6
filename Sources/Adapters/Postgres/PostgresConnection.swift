import CPQ
import Foundation

/// One connection to a PostgreSQL server, always in pipeline mode: statements are sent together
/// and answered together.
///
/// An actor, because libpq's connection changes hands between threads while an answer is awaited;
/// still one exchange at a time, a second one is an error (`PostgresError.busy`). Whoever shares
/// connections takes them from a `PostgresPool`.
package actor PostgresConnection {
    /// Statements that are kept prepared.
    package static let preparedLimit = 64
    /// How long a server that was told to stop may take until it is told again, and how often it is
    /// told until its connection is given up.
    package static let stopLimit = Duration.seconds(1)
    package static let stopAttempts = 5

    /// The owner of libpq's connection.
    final class Handle: @unchecked Sendable {
        let connection: OpaquePointer

        init(_ connection: OpaquePointer) {
            self.connection = connection
        }

        deinit { PQfinish(connection) }
    }

    package nonisolated let server: String
    var handle: Handle?
    private var isBusy = false
    /// Of the exchange under way.
    private var deadline: SocketPoller.Deadline?
    var statements = StatementNames()

    private init(_ handle: Handle, server: String) {
        self.handle = handle
        self.server = server
    }

    // MARK: - Opening and closing

    /// Connects; `limit` bounds all of it, names and handshakes included.
    ///
    /// - Throws: `PostgresError.unreachable`, `timedOut`; `CancellationError`.
    package static func open(
        _ target: PostgresTarget, within limit: Duration
    ) async throws -> PostgresConnection {
        try await withLimit(limit, server: target.description) {
            let handle = try await connect(target)
            let connection = PostgresConnection(handle, server: target.description)
            try await connection.prepareForUse()
            return connection
        }
    }

    private static func connect(_ target: PostgresTarget) async throws -> Handle {
        // Names are looked up by calls that block.
        let handle = try await offThePool { start(target) }
        guard let handle else {
            throw PostgresError.unreachable(server: target.description, reason: "out of memory")
        }
        var polled = PGRES_POLLING_WRITING
        while PQstatus(handle.connection) != CONNECTION_BAD {
            if polled == PGRES_POLLING_OK { return handle }
            if polled == PGRES_POLLING_FAILED { break }
            let socket = PQsocket(handle.connection)
            guard socket >= 0 else { break }
            let outcome = await SocketPoller.wait(
                for: polled == PGRES_POLLING_READING ? .reading : .writing, on: socket)
            try Task.checkCancellation()
            if case .failed(let reason) = outcome {
                throw PostgresError.unreachable(server: target.description, reason: reason)
            }
            polled = try await offThePool { PQconnectPoll(handle.connection) }
        }
        throw PostgresError.unreachable(
            server: target.description, reason: message(of: handle.connection))
    }

    private static func start(_ target: PostgresTarget) -> Handle? {
        CStringList(target.parameters.map(\.keyword)).withPointers { keywords in
            CStringList(target.parameters.map(\.value)).withPointers { values in
                guard let connection = PQconnectStartParams(keywords, values, 0) else { return nil }
                // What the server tells besides answers must not go to standard error.
                PQsetNoticeReceiver(connection, { _, _ in }, nil)
                return Handle(connection)
            }
        }
    }

    private func prepareForUse() throws {
        let connection = try self.connection
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
            throw lost()
        }
    }

    /// Closes at once; what is under way ends with `PostgresError.closed`. Safe to call again.
    package func close() {
        // An exchange keeps the socket open until it no longer waits for it; this wakes it.
        if isBusy, let handle, PQsocket(handle.connection) >= 0 {
            shutdown(PQsocket(handle.connection), Int32(SHUT_RDWR))
        }
        handle = nil
    }

    /// Can be asked again, as far as the server has told.
    package var isUsable: Bool {
        guard let handle, !isBusy else { return false }
        // The first may read a farewell, the second the end.
        for _ in 0..<2 where PQconsumeInput(handle.connection) == 0 { return false }
        return PQstatus(handle.connection) == CONNECTION_OK
            && PQtransactionStatus(handle.connection) == PQTRANS_IDLE
    }

    var connection: OpaquePointer {
        get throws(PostgresError) {
            guard let handle else { throw PostgresError.closed(server: server) }
            return handle.connection
        }
    }

    // MARK: - Exchanges

    /// Sends statements together and gives each one's rows; outside of a transaction they are one.
    ///
    /// When it is cancelled or takes longer than `limit`, the server is told to stop, and the
    /// connection can be used again afterwards, or is closed.
    ///
    /// - Throws: `PostgresError`; `CancellationError`.
    @discardableResult
    package func run(
        _ queries: [PostgresQuery], within limit: Duration
    ) async throws -> [PostgresRows] {
        try await exchange(within: limit) { connection in
            try await connection.pipeline(queries)
        }
    }

    /// Sends one statement and gives its rows.
    @discardableResult
    package func run(_ query: PostgresQuery, within limit: Duration) async throws -> PostgresRows {
        let rows = try await run([query], within: limit)
        guard let first = rows.first else { throw lost() }
        return first
    }

    /// One exchange at a time, stopped in good order.
    func exchange<Value: Sendable>(
        within limit: Duration,
        _ body: @escaping @Sendable (isolated PostgresConnection) async throws -> Value
    ) async throws -> Value {
        guard !isBusy else { throw PostgresError.busy(server: server) }
        try Task.checkCancellation()
        isBusy = true
        deadline = SocketPoller.Deadline(after: limit)
        let held = handle
        defer {
            isBusy = false
            deadline = nil
            withExtendedLifetime(held) {}
        }
        do {
            return try await body(self)
        } catch let error where error is CancellationError || error.isTimeout {
            await stop()
            throw error
        }
    }

    /// Tells the server to stop and reads what it had to say, whatever becomes of the caller.
    private func stop() async {
        guard let handle, PQtransactionStatus(handle.connection) == PQTRANS_ACTIVE else { return }
        // In the middle of a COPY or a script only closing ends an exchange.
        guard PQpipelineStatus(handle.connection) == PQ_PIPELINE_ON else { return close() }
        let request = CancelRequest(handle)
        let stopping = Task {
            for _ in 0..<Self.stopAttempts where try await isStopped(by: request) { return }
            close()
        }
        if case .failure = await stopping.result { close() }
    }

    /// A request that comes before what it is to stop is forgotten by the server: hence several.
    private func isStopped(by request: CancelRequest) async throws -> Bool {
        // One that is still on its way could stop what is asked next: this must not fail.
        try await withLimit(Self.stopLimit, server: server) {
            try await offThePool { request.send() }
        }
        do {
            deadline = SocketPoller.Deadline(after: Self.stopLimit)
            try await drain()
            return true
        } catch let error where error.isTimeout {
            return false
        }
    }

    /// Waits until the socket is ready, in the time that the exchange has.
    func wait(for interest: SocketPoller.Interest, on socket: Int32) async throws {
        try checkTime()
        switch await SocketPoller.wait(for: interest, on: socket, until: deadline) {
        case .ready: return
        case .late: try checkTime()
        case .cancelled: throw CancellationError()
        case .failed(let reason): throw lost(reason)
        }
    }

    /// - Throws: `PostgresError.timedOut`, `CancellationError`.
    func checkTime() throws {
        try Task.checkCancellation()
        guard let deadline, deadline.hasPassed else { return }
        throw PostgresError.timedOut(server: server, limit: deadline.limit)
    }

    /// - Parameter reason: libpq's own when there is none.
    func lost(_ reason: String? = nil) -> PostgresError {
        let reason = reason ?? handle.map { message(of: $0.connection) } ?? "it is closed"
        handle = nil
        return PostgresError.connectionLost(server: server, reason: reason)
    }
}

func message(of connection: OpaquePointer) -> String {
    let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
    let lines = text.split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }
        // libpq's advice, without an end to the sentence before it.
        .filter { !$0.hasPrefix("Is the server running") }
    return lines.isEmpty ? "no reason given" : lines.joined(separator: " ")
}

/// Asks the server by another connection to stop what this one is doing.
private final class CancelRequest: @unchecked Sendable {
    private let request: OpaquePointer?

    init(_ handle: PostgresConnection.Handle) {
        request = PQgetCancel(handle.connection)
    }

    deinit { PQfreeCancel(request) }

    /// Blocks until the server has taken it. Should it not arrive, the answer does not end in time,
    /// and the connection is closed.
    func send() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(request, &reason, Int32(reason.count))
    }
}
