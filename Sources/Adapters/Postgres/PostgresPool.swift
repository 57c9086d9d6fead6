import Synchronization

/// Connections to one database, shared by many callers.
package final class PostgresPool: Sendable {
    package struct Limits: Sendable {
        /// Opened by `warmUp`. What was opened is kept.
        package var minimum = 2
        package var maximum = 10
        /// Until a caller hears that the pool is exhausted.
        package var acquire = Duration.seconds(5)
        package var connect = Duration.seconds(5)
        /// Callers that wait for a connection; one more is refused at once.
        package var waiters = 1_000

        package init() {}
    }

    private enum Served: Sendable {
        case connection(PostgresConnection)
        case room
        case closed
    }

    /// A caller that waits; `nil` tells it that its time is over.
    private typealias Turn = CheckedContinuation<Served?, Never>

    private struct State {
        var ledger: PoolLedger<PostgresConnection>
        var waiting: [Int: Turn] = [:]
        /// What callers are served, `nil` when they gave up, before they are known to wait.
        var early: [Int: Served?] = [:]
        var nextCaller = 0
        var isClosed = false

        /// Who is to be told of it now; `nil` when the caller will ask.
        mutating func serve(
            _ caller: Int, _ served: Served?
        ) -> Turn? {
            if let continuation = waiting.removeValue(forKey: caller) { return continuation }
            early[caller] = .some(served)
            return nil
        }
    }

    package let target: PostgresTarget
    package let limits: Limits
    private let state: Mutex<State>

    package init(_ target: PostgresTarget, _ limits: Limits = Limits()) {
        self.target = target
        self.limits = limits
        state = Mutex(
            State(ledger: PoolLedger(maximum: limits.maximum, waiterLimit: limits.waiters)))
    }

    /// Opens the least number of connections: an address that leads nowhere is told here.
    package func warmUp() async throws {
        var opened: [PostgresConnection] = []
        do {
            for _ in 0..<min(limits.minimum, limits.maximum) { opened.append(try await acquire()) }
        } catch {
            for connection in opened { await release(connection) }
            throw error
        }
        for connection in opened { await release(connection) }
    }

    /// Runs `body` with a connection of its own.
    ///
    /// - Throws: `PostgresError.poolExhausted`, `unreachable`, `timedOut`, `closed`; what `body`
    ///   throws.
    package func withConnection<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquire()
        do {
            let value = try await body(connection)
            await release(connection)
            return value
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Closes what is idle; what is in use is closed when it comes back.
    package func close() async {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            let rest = state.ledger.close()
            return (rest.idle, rest.waiters.compactMap { state.serve($0, .closed) })
        }
        for continuation in waiting { continuation.resume(returning: .closed) }
        for connection in idle { await connection.close() }
    }

    // MARK: - Taking and giving back

    private func acquire() async throws -> PostgresConnection {
        try Task.checkCancellation()
        let (caller, answer) = try state.withLock { state in
            guard !state.isClosed else {
                throw PostgresError.closed(server: target.description)
            }
            state.nextCaller += 1
            return (state.nextCaller, state.ledger.ask(state.nextCaller))
        }
        switch answer {
        case .take(let connection): return try await usable(connection)
        case .open: return try await open()
        case .refuse: throw exhausted(after: .zero)
        case .wait:
            switch try await turn(of: caller) {
            case .connection(let connection): return try await usable(connection)
            case .room: return try await open()
            case .closed: throw PostgresError.closed(server: target.description)
            }
        }
    }

    /// What a waiting caller is served in time.
    private func turn(of caller: Int) async throws -> Served {
        let alarm = Task { [limits] in
            if (try? await Task.sleep(for: limits.acquire)) != nil { self.leave(caller) }
        }
        defer { alarm.cancel() }
        let served = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state in
                    let early = state.early.removeValue(forKey: caller)
                    if early == nil { state.waiting[caller] = continuation }
                    return early
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            self.leave(caller)
        }
        if let served { return served }
        try Task.checkCancellation()
        throw exhausted(after: limits.acquire)
    }

    private func leave(_ caller: Int) {
        let continuation = state.withLock { state -> Turn? in
            state.ledger.leave(caller) ? state.serve(caller, nil) : nil
        }
        continuation?.resume(returning: nil)
    }

    private func exhausted(after waited: Duration) -> PostgresError {
        .poolExhausted(server: target.description, maximum: limits.maximum, waited: waited)
    }

    private func open() async throws -> PostgresConnection {
        do {
            return try await PostgresConnection.open(target, within: limits.connect)
        } catch {
            handOver { $0.ledger.giveUp() }
            throw error
        }
    }

    /// A connection that broke while it was idle is replaced.
    private func usable(_ connection: PostgresConnection) async throws -> PostgresConnection {
        if await connection.isUsable { return connection }
        await connection.close()
        return try await open()
    }

    private func release(_ connection: PostgresConnection) async {
        let isUsable = await connection.isUsable
        var isKept = false
        handOver { state in
            isKept = isUsable && !state.isClosed
            return isKept ? state.ledger.giveBack(connection) : state.ledger.giveUp()
        }
        if !isKept { await connection.close() }
    }

    private func handOver(
        _ decide: (inout State) -> PoolLedger<PostgresConnection>.Handover
    ) {
        let (continuation, served) = state.withLock { state -> (Turn?, Served?) in
            switch decide(&state) {
            case .give(let connection, let caller):
                let served = Served.connection(connection)
                return (state.serve(caller, served), served)
            case .open(let caller): return (state.serve(caller, .room), .room)
            case .nothing: return (nil, nil)
            }
        }
        continuation?.resume(returning: served)
    }
}
