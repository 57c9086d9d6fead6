import Dispatch
import Glibc
import Synchronization

/// One connection that many callers share: each writes for itself, one persistent watch on the
/// socket tells all of them what was answered. Once it has ended it stays so.
final class RedisConnection: Sendable {
    typealias Waiter = CheckedContinuation<[RedisReply], any Error>
    typealias Instant = ContinuousClock.Instant

    /// Socket reads until other work of the queue gets its turn.
    static let readsPerTurn = 32

    /// What is to be done once the lock is free.
    private struct Effects {
        var resumed: [(waiter: Waiter, outcome: Result<[RedisReply], any Error>)] = []
        var heard: [[UInt8]] = []
        var ended: (reason: RedisError, isWriterArmed: Bool, listener: Listener?)?
    }

    typealias Listener = @Sendable (RedisError) -> Void
    typealias MessageHandler = @Sendable (_ payload: [UInt8]) -> Void

    private struct State {
        /// Outlives the end until nothing watches its socket.
        var wire: Wire?
        var calls: CallQueue<Waiter>
        /// When the timer is set to.
        var alarm: Instant?
        var isWriterArmed = false
        var ended: RedisError?
        var listener: Listener?
        var runningSources = 3
        var lookout = Lookout()

        mutating func end(_ reason: RedisError, _ effects: inout Effects) {
            guard ended == nil else { return }
            ended = reason
            for waiter in calls.end(because: reason) {
                effects.resumed.append((waiter, .failure(reason)))
            }
            effects.ended = (reason, isWriterArmed, listener)
            listener = nil
        }
    }

    let server: String
    private let limits: RedisLimits
    private let now: @Sendable () -> Instant
    /// Takes payloads of messages, which answer no call; they are answers when there is none.
    private let hear: MessageHandler?
    private let state: Mutex<State>
    private let sources: SocketSources

    init(
        _ wire: Wire, server: String, _ limits: RedisLimits, _ environment: RedisEnvironment,
        hear: MessageHandler? = nil
    ) {
        self.server = server
        self.limits = limits
        self.hear = hear
        now = environment.now
        let calls = CallQueue<Waiter>(
            replyLimit: limits.outstanding, silenceLimit: limits.silence)
        state = Mutex(State(wire: wire, calls: calls))
        sources = SocketSources(wire.descriptor)
        sources.start(
            readable: { [self] in perform(readable()) }, writable: { [self] in perform(flush()) },
            alarm: { [self] in perform(lookAtClock()) }, ended: { [self] in sourceEnded() })
    }

    // MARK: - Calls

    /// Sends commands together and gives their replies, errors among them, in order.
    ///
    /// - Throws: `RedisError.timedOut`, `connectionLost`, `protocolViolation`, `unavailable`,
    ///   `overloaded`; `CancellationError`, at once: the reply is then dropped when it comes.
    func send(_ commands: [RedisCommand], within limit: Duration) async throws -> [RedisReply] {
        let (call, looksOut) = try begin(commands, within: limit)
        if looksOut, let replies = lookOut(for: call, of: commands.count) { return replies }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { $0.calls.attach(continuation, to: call) }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let error = CancellationError()
            let waiter = state.withLock { $0.calls.abandon(call, because: error) }
            waiter?.resume(throwing: error)
        }
    }

    private func begin(
        _ commands: [RedisCommand], within limit: Duration
    ) throws -> (call: UInt64, looksOut: Bool) {
        let (now, size) = (now(), commands.reduce(0) { $0 + $1.size })
        guard size <= limits.commandBytes else {
            throw RedisError.tooLarge(bytes: size, limit: limits.commandBytes)
        }
        let (call, looksOut, effects) = try state.withLock { state in
            let isAlone = hear == nil && state.calls.outstanding == 0
            let looksOut = state.lookout.allows(isAlone: isAlone)
            let wire = try room(in: state, replies: commands.count, bytes: size)
            var effects = Effects()
            let call = state.calls.add(replies: commands.count, at: now, limit: limit)
            do throws(Wire.Fault) {
                for command in commands { try wire.append(command) }
                try flush(&state, wire)
                setAlarm(&state, now.advanced(by: limit), now)
            } catch { state.end(described(error), &effects) }
            return (call, looksOut, effects)
        }
        perform(effects)
        return (call, looksOut)
    }

    /// Reads in the caller's stead for a moment, as long as nobody else waits too.
    private func lookOut(for call: UInt64, of replies: Int) -> [RedisReply]? {
        let end = now().advanced(by: Lookout.span)
        for _ in 0..<Lookout.lookLimit where now() < end {
            perform(readable())
            let (found, isAlone) = state.withLock { state -> ([RedisReply]?, Bool) in
                let found = state.calls.take(call)
                if found != nil { state.lookout.ended(found: true) }
                return (found, state.calls.outstanding <= replies)
            }
            guard found == nil, isAlone else { return found }
            // The server may be waiting for this very core.
            sched_yield()
        }
        state.withLock { $0.lookout.ended(found: false) }
        return nil
    }

    private func room(in state: State, replies: Int, bytes: Int) throws(RedisError) -> Wire {
        guard state.ended == nil, let wire = state.wire else {
            throw RedisError.unavailable(
                server: server, reason: state.ended?.reason ?? "the connection has ended",
                retryIn: .zero)
        }
        guard state.calls.hasRoom(for: replies) else {
            throw RedisError.overloaded(
                server: server,
                reason: "\(state.calls.outstanding) replies are outstanding, "
                    + "\(limits.outstanding) at the most")
        }
        guard wire.pendingBytes + bytes <= limits.pendingBytes else {
            throw RedisError.overloaded(
                server: server,
                reason: "\(wire.pendingBytes) bytes wait to be sent, "
                    + "\(limits.pendingBytes) at the most")
        }
        return wire
    }

    /// Replies that the server owes.
    var outstanding: Int { state.withLock { $0.calls.outstanding } }

    // MARK: - The end

    /// Ends the connection; whoever waits hears why. Safe to call again.
    func end(_ reason: RedisError) {
        var effects = Effects()
        state.withLock { $0.end(reason, &effects) }
        perform(effects)
    }

    /// Calls `listener` once when the connection has ended, or at once when it already has.
    func whenEnded(_ listener: @escaping Listener) {
        let ended = state.withLock { state in
            if state.ended == nil { state.listener = listener }
            return state.ended
        }
        if let ended { listener(ended) }
    }

    private func described(_ fault: Wire.Fault) -> RedisError {
        switch fault {
        case .lost(let reason): .connectionLost(server: server, reason: reason)
        case .violation(let reason): .protocolViolation(server: server, reason: reason)
        }
    }

    private func perform(_ effects: Effects) {
        for payload in effects.heard { hear?(payload) }
        for (waiter, outcome) in effects.resumed { waiter.resume(with: outcome) }
        guard let ended = effects.ended else { return }
        sources.cancel(isWriterArmed: ended.isWriterArmed)
        ended.listener?(ended.reason)
    }

    /// The socket is closed when the last source has ended: until then its number must be taken.
    private func sourceEnded() {
        let wire = state.withLock { state -> Wire? in
            state.runningSources -= 1
            guard state.runningSources == 0 else { return nil }
            defer { state.wire = nil }
            return state.wire
        }
        withExtendedLifetime(wire) {}
    }

    // MARK: - Events

    private func readable() -> Effects {
        let now = now()
        return state.withLock { state in
            var effects = Effects()
            guard state.ended == nil, let wire = state.wire else { return effects }
            do throws(Wire.Fault) {
                var (isMore, turns) = (true, 0)
                while isMore, turns < Self.readsPerTurn {
                    isMore = try wire.receive { reply throws(Wire.Fault) in
                        try take(reply, &state.calls, &effects, now)
                    }
                    turns += 1
                }
            } catch { state.end(described(error), &effects) }
            return effects
        }
    }

    private func take(
        _ reply: RedisReply, _ calls: inout CallQueue<Waiter>, _ effects: inout Effects,
        _ now: Instant
    ) throws(Wire.Fault) {
        if hear != nil, let message = reply.message { return effects.heard.append(message.payload) }
        switch calls.receive(reply, at: now) {
        case .answered(let waiter, let replies):
            effects.resumed.append((waiter, .success(replies)))
        case .kept: break
        case .unexpected:
            // A server that is full says so to whoever connects, and closes.
            if case .error(let fault) = reply { throw Wire.Fault.lost(fault.description) }
            throw Wire.Fault.violation("a reply that nobody asked for")
        }
    }

    private func flush() -> Effects {
        state.withLock { state in
            var effects = Effects()
            guard state.ended == nil, let wire = state.wire else { return effects }
            do throws(Wire.Fault) { try flush(&state, wire) } catch {
                state.end(described(error), &effects)
            }
            return effects
        }
    }

    private func flush(_ state: inout State, _ wire: Wire) throws(Wire.Fault) {
        let isPending = try !wire.flush()
        guard isPending != state.isWriterArmed else { return }
        state.isWriterArmed = isPending
        sources.watchWriting(isPending)
    }

    /// One timer looks after all calls: it is set only when it would come too late.
    private func setAlarm(_ state: inout State, _ due: Instant, _ now: Instant) {
        if let alarm = state.alarm, alarm <= due { return }
        state.alarm = due
        sources.wake(in: now.duration(to: due))
    }

    private func lookAtClock() -> Effects {
        let now = now()
        return state.withLock { state in
            var effects = Effects()
            state.alarm = nil
            guard state.ended == nil else { return effects }
            let expired = state.calls.expire(at: now) { [server] in
                RedisError.timedOut(server: server, limit: $0)
            }
            effects.resumed = expired.map { ($0.waiter, .failure($0.error)) }
            if let overdue = state.calls.overdueAt, overdue <= now {
                let reason = "no reply for \(limits.silence) or more"
                state.end(.connectionLost(server: server, reason: reason), &effects)
            } else if let next = state.calls.nextDue {
                setAlarm(&state, next, now)
            }
            return effects
        }
    }
}
