import Dispatch
import Synchronization

extension RedisConnection {
    /// Connects and says who is there; `limits.connect` bounds all of it, names included.
    ///
    /// - Throws: `RedisError.unreachable`, `timedOut`, `refused`, `protocolViolation`;
    ///   `CancellationError`.
    static func open(
        _ target: RedisTarget, _ limits: RedisLimits, _ environment: RedisEnvironment,
        hear: MessageHandler? = nil
    ) async throws -> RedisConnection {
        let server = target.description
        let start = environment.now()
        let wire = try await wire(to: target, limits)
        let connection = RedisConnection(
            wire, server: server, limits, environment, hear: hear)
        do {
            let left = limits.connect - start.duration(to: environment.now())
            let replies = try await connection.send(
                greeting(of: target), within: max(left, .zero))
            // The last of them asks for no more than a name.
            for case .error(let fault) in replies.dropLast() {
                throw RedisError.refused(server: server, fault)
            }
            if case .error(let fault)? = replies.last, !isHarmless(fault) {
                throw RedisError.refused(server: server, fault)
            }
            return connection
        } catch {
            connection.end(.closed(server: server))
            throw opening(error, server, limits)
        }
    }

    /// Names are looked up by a call that blocks: on a thread of its own, which is left to itself
    /// when it takes too long.
    private static func wire(to target: RedisTarget, _ limits: RedisLimits) async throws -> Wire {
        let opened = FirstAnswer<Result<Wire, Wire.Fault>?>()
        let wireLimits = Wire.Limits(replyBytes: limits.replyBytes)
        let result = await withTaskCancellationHandler {
            await opened.value { give in
                DispatchQueue.global().async {
                    give(
                        Result { () throws(Wire.Fault) in
                            try Wire(host: target.host, port: target.port, wireLimits)
                        })
                }
                DispatchQueue.global().asyncAfter(limits.connect) { give(nil) }
            }
        } onCancel: {
            opened.give(nil)
        }
        try Task.checkCancellation()
        switch result {
        case .success(let wire)?: return wire
        case .failure(.lost(let reason))?, .failure(.violation(let reason))?:
            throw RedisError.unreachable(server: target.description, reason: reason)
        case nil: throw RedisError.timedOut(server: target.description, limit: limits.connect)
        }
    }

    private static func greeting(of target: RedisTarget) -> [RedisCommand] {
        var commands: [RedisCommand] = []
        if let password = target.password {
            let user = target.user.map { [RedisArgument.text($0)] } ?? []
            commands.append(RedisCommand("AUTH", user + [.text(password)]))
        }
        if target.database != 0 {
            commands.append(RedisCommand("SELECT", .integer(Int64(target.database))))
        }
        commands.append(RedisCommand("CLIENT", .text("SETNAME"), .text("bloasis")))
        return commands
    }

    /// A server that does not know names, or does not let us have one, may serve us nevertheless.
    private static func isHarmless(_ fault: RedisFault) -> Bool {
        fault.code == "NOPERM" || fault.message.contains("unknown command")
    }

    private static func opening(
        _ error: any Error, _ server: String, _ limits: RedisLimits
    ) -> any Error {
        switch error as? RedisError {
        case .connectionLost(_, let reason)?, .unavailable(_, let reason, _)?:
            RedisError.unreachable(server: server, reason: reason)
        case .timedOut?: RedisError.timedOut(server: server, limit: limits.connect)
        default: error
        }
    }
}

/// Resumes whoever waits for it with what is given first.
final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
        case taken
    }

    private let state = Mutex(State.open)

    /// - Parameter start: is told where to give; called once, before anything is awaited.
    func value(_ start: (@escaping @Sendable (Value) -> Void) -> Void) async -> Value {
        start { self.give($0) }
        return await withCheckedContinuation { continuation in
            let given = state.withLock { state -> Value? in
                guard case .given(let value) = state else {
                    state = .awaited(continuation)
                    return nil
                }
                state = .taken
                return value
            }
            if let given { continuation.resume(returning: given) }
        }
    }

    func give(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .open: state = .given(value)
            case .awaited(let continuation):
                state = .taken
                return continuation
            case .given, .taken: break
            }
            return nil
        }
        waiter?.resume(returning: value)
    }
}

extension DispatchQueue {
    func asyncAfter(_ span: Duration, _ body: @escaping @Sendable () -> Void) {
        let milliseconds = Int(min(span, .seconds(86_400)) / .milliseconds(1))
        asyncAfter(deadline: .now() + .milliseconds(max(0, milliseconds)), execute: body)
    }
}
