import Dispatch
import Synchronization

/// A Redis server, as many callers share it: one connection, opened when it is first needed and
/// again when it was lost.
///
/// While the server cannot be reached, calls fail at once (`RedisError.unavailable`) until the next
/// attempt is due; the first call after that makes it.
package final class RedisClient: Sendable {
    private typealias Waiter = FirstAnswer<Result<RedisConnection, any Error>>
    private typealias Instant = ContinuousClock.Instant

    private enum Phase {
        case idle
        case connecting
        case connected(RedisConnection)
        case resting(until: Instant, RedisError)
        case closed
    }

    private struct State {
        var phase = Phase.idle
        var schedule: ReconnectSchedule
        /// Whoever waits for a connection.
        var waiting: [ObjectIdentifier: Waiter] = [:]
    }

    /// What a call finds.
    private enum Found {
        case connection(RedisConnection)
        /// A connection is being opened, or is to be opened by whoever finds it first.
        case opening(Waiter, isFirst: Bool)
    }

    package let target: RedisTarget
    package let limits: RedisLimits
    let environment: RedisEnvironment
    private let state: Mutex<State>

    package init(
        _ target: RedisTarget, _ limits: RedisLimits = RedisLimits(),
        _ environment: RedisEnvironment
    ) {
        self.target = target
        self.limits = limits
        self.environment = environment
        state = Mutex(State(schedule: limits.reconnect))
    }

    deinit {
        let phase = state.withLock { $0.phase }
        if case .connected(let connection) = phase {
            connection.end(.closed(server: target.description))
        }
    }

    // MARK: - Calls

    /// Sends a command and gives its reply.
    ///
    /// - Parameter limit: of all of it, connecting included; `limits.call` when `nil`.
    /// - Throws: `RedisError`, its case `refused` for an error that the server answers;
    ///   `CancellationError`.
    @discardableResult
    package func send(
        _ command: RedisCommand, within limit: Duration? = nil
    ) async throws -> RedisReply {
        let replies = try await pipeline([command], within: limit)
        guard let reply = replies.first else {
            throw RedisError.unexpectedReply(wanted: "a reply", got: "none")
        }
        if case .error(let fault) = reply {
            throw RedisError.refused(server: target.description, fault)
        }
        return reply
    }

    /// Sends commands together, without another's between them, and gives their replies in order;
    /// an error is a reply as any other, and the commands after it are done nevertheless.
    ///
    /// - Throws: as `send`, but for `refused`.
    package func pipeline(
        _ commands: [RedisCommand], within limit: Duration? = nil
    ) async throws -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        try Task.checkCancellation()
        let limit = limit ?? limits.call
        switch try find() {
        case .connection(let connection): return try await connection.send(commands, within: limit)
        case .opening(let waiter, let isFirst):
            let start = environment.now()
            if isFirst { open() }
            let connection = try await connection(for: waiter, within: limit)
            let left = limit - start.duration(to: environment.now())
            let late = RedisError.timedOut(server: target.description, limit: limit)
            guard left > .zero else { throw late }
            do {
                return try await connection.send(commands, within: left)
            } catch RedisError.timedOut {
                throw late
            }
        }
    }

    /// Replies that the server owes; `nil` without a connection.
    var outstanding: Int? {
        state.withLock { state in
            guard case .connected(let connection) = state.phase else { return nil }
            return connection.outstanding
        }
    }

    /// Ends the connection and all calls (`RedisError.closed`). Safe to call again.
    package func close() {
        let error = RedisError.closed(server: target.description)
        let (phase, waiting) = state.withLock { state in
            defer {
                state.phase = .closed
                state.waiting = [:]
            }
            return (state.phase, state.waiting.values)
        }
        for waiter in waiting { waiter.give(.failure(error)) }
        if case .connected(let connection) = phase { connection.end(error) }
    }

    // MARK: - Connecting

    private func find() throws -> Found {
        try state.withLock { state in
            switch state.phase {
            case .connected(let connection): return .connection(connection)
            case .connecting: return .opening(try addWaiter(&state), isFirst: false)
            case .idle: break
            case .resting(let until, let error):
                let left = environment.now().duration(to: until)
                guard left <= .zero else {
                    throw RedisError.unavailable(
                        server: target.description, reason: error.reason, retryIn: left)
                }
            case .closed: throw RedisError.closed(server: target.description)
            }
            let waiter = try addWaiter(&state)
            state.phase = .connecting
            return .opening(waiter, isFirst: true)
        }
    }

    private func addWaiter(_ state: inout State) throws(RedisError) -> Waiter {
        guard state.waiting.count < limits.waiters else {
            throw RedisError.overloaded(
                server: target.description,
                reason: "\(limits.waiters) calls wait for a connection")
        }
        let waiter = Waiter()
        state.waiting[ObjectIdentifier(waiter)] = waiter
        return waiter
    }

    /// Belongs to no caller: whoever asked first may give up, others wait for it too.
    private func open() {
        Task { [weak self, target, limits, environment] in
            do {
                let connection = try await RedisConnection.open(target, limits, environment)
                guard let self else { return connection.end(.closed(server: target.description)) }
                self.opened(connection)
            } catch { self?.failed(error) }
        }
    }

    private func opened(_ connection: RedisConnection) {
        let waiting = state.withLock { state -> [Waiter]? in
            if case .closed = state.phase { return nil }
            state.phase = .connected(connection)
            state.schedule.succeeded()
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        guard let waiting else { return connection.end(.closed(server: target.description)) }
        connection.whenEnded { [weak self, weak connection] in self?.lost(connection, $0) }
        for waiter in waiting { waiter.give(.success(connection)) }
    }

    private func lost(_ connection: RedisConnection?, _ reason: RedisError) {
        state.withLock { state in
            guard case .connected(let current) = state.phase, current === connection else { return }
            rest(&state, reason)
        }
    }

    private func failed(_ error: any Error) {
        let reason =
            error as? RedisError
            ?? .unreachable(server: target.description, reason: "the attempt was given up")
        let waiting = state.withLock { state -> [Waiter] in
            if case .closed = state.phase { return [] }
            rest(&state, reason)
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiter in waiting { waiter.give(.failure(reason)) }
    }

    private func rest(_ state: inout State, _ reason: RedisError) {
        let pause = state.schedule.failed(random: environment.chance())
        state.phase = .resting(until: environment.now().advanced(by: pause), reason)
    }

    // MARK: - Waiting for a connection

    /// Away from the hot path: a timer for each caller.
    private func connection(
        for waiter: Waiter, within limit: Duration
    ) async throws -> RedisConnection {
        defer { _ = state.withLock { $0.waiting.removeValue(forKey: ObjectIdentifier(waiter)) } }
        let late = RedisError.timedOut(server: target.description, limit: limit)
        return try await withTaskCancellationHandler {
            try await waiter.value { give in
                DispatchQueue.global().asyncAfter(limit) { give(.failure(late)) }
            }.get()
        } onCancel: {
            waiter.give(.failure(CancellationError()))
        }
    }
}
