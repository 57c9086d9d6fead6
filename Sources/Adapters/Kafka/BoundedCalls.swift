import Dispatch
import Synchronization

/// An answer that somebody else gives, once: what is given first counts.
final class Answer<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value, any Error>?
        var result: Result<Value, any Error>?
    }

    private let state = Mutex(State())

    /// Whoever waited for it does not wait any more.
    var isGiven: Bool { state.withLock { $0.result != nil } }

    /// - Returns: whether this was the first.
    @discardableResult
    func give(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, continuation) = state.withLock {
            state -> (Bool, CheckedContinuation<Value, any Error>?) in
            guard state.result == nil else { return (false, nil) }
            state.result = result
            defer { state.continuation = nil }
            return (true, state.continuation)
        }
        continuation?.resume(with: result)
        return isFirst
    }

    /// Waits for the answer, by one task alone.
    ///
    /// - Parameters:
    ///   - limit: how long; `nil` as long as it takes.
    ///   - late: what is thrown then.
    /// - Throws: `CancellationError` at once when the task is cancelled.
    func value(
        within limit: Duration? = nil, else late: KafkaError? = nil
    ) async throws -> Value {
        let alarm = limit.flatMap { limit in late.map { timer(after: limit, $0) } }
        defer { alarm?.cancel() }
        return try await withTaskCancellationHandler {
            try await expected()
        } onCancel: {
            self.give(.failure(CancellationError()))
        }
    }

    /// Waits for the answer even in a task that is cancelled: as what ends a thing must.
    func settled(within limit: Duration, else late: KafkaError) async throws -> Value {
        let alarm = timer(after: limit, late)
        defer { alarm.cancel() }
        return try await expected()
    }

    private func timer(after limit: Duration, _ late: KafkaError) -> Task<Void, Never> {
        Task { [self] in
            if (try? await Task.sleep(for: limit)) != nil { give(.failure(late)) }
        }
    }

    private func expected() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.continuation = continuation }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }
}

/// One limit for several waits, one after the other.
final class Deadline: Sendable {
    private struct State {
        var isOver = false
        /// Ends the present wait.
        var end: (@Sendable () -> Void)?
    }

    private let late: KafkaError
    private let state = Mutex(State())

    private init(_ late: KafkaError) {
        self.late = late
    }

    /// - Parameter late: what waits throw once the limit has passed.
    static func run<Value>(
        after limit: Duration, else late: KafkaError,
        _ body: (Deadline) async throws -> Value
    ) async throws -> Value {
        let deadline = Deadline(late)
        let timer = Task {
            if (try? await Task.sleep(for: limit)) != nil { deadline.pass() }
        }
        defer { timer.cancel() }
        return try await body(deadline)
    }

    /// Waits for an answer while there is time.
    ///
    /// - Throws: `late`; `CancellationError` at once when the task is cancelled.
    func value<Value: Sendable>(of answer: Answer<Value>) async throws -> Value {
        let isOver = state.withLock { [late] state in
            state.end = { answer.give(.failure(late)) }
            return state.isOver
        }
        if isOver { answer.give(.failure(late)) }
        defer { state.withLock { $0.end = nil } }
        return try await answer.value()
    }

    private func pass() {
        let end = state.withLock { state in
            state.isOver = true
            return state.end
        }
        end?()
    }
}

/// Runs calls that block on a thread of their own, so that no task waits behind them.
///
/// - Throws: `late` when it takes longer than `limit`, `CancellationError` at once when the task is
///   cancelled: the call goes on then, and what it gives is dropped; what `body` throws.
func offThePool<Value: Sendable>(
    within limit: Duration, else late: KafkaError,
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    let answer = Answer<Value>()
    DispatchQueue.global().async { answer.give(Result { try body() }) }
    return try await answer.value(within: limit, else: late)
}

extension Duration {
    /// As C takes time limits: at least one, since zero often means something else.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let whole = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
        return Int32(min(max(whole.rounded(.up), 1), Double(Int32.max)))
    }
}
