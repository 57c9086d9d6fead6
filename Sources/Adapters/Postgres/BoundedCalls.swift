import Dispatch
import Synchronization

/// What `body` gives, or `PostgresError.timedOut` when it takes longer; it is cancelled then and
/// waited for, and what it gives nevertheless is not lost.
func withLimit<Value: Sendable>(
    _ limit: Duration, server: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Outcome<Value>.self) { group in
        group.addTask {
            do { return .done(.success(try await body())) } catch { return .done(.failure(error)) }
        }
        group.addTask { .alarm(isLate: (try? await Task.sleep(for: limit)) != nil) }
        var isOver = false
        for try await outcome in group {
            switch outcome {
            case .alarm(let isLate):
                isOver = isLate
                if isLate { group.cancelAll() }
            case .done(let result):
                group.cancelAll()
                if isOver, case .failure(let error) = result, error is CancellationError {
                    throw PostgresError.timedOut(server: server, limit: limit)
                }
                return try result.get()
            }
        }
        throw CancellationError()
    }
}

/// What comes first of a call and its limit.
private enum Outcome<Value: Sendable>: Sendable {
    case done(Result<Value, any Error>)
    case alarm(isLate: Bool)
}

extension Error {
    var isTimeout: Bool {
        if case .timedOut? = self as? PostgresError { return true }
        return false
    }
}

/// Runs a call that blocks on a thread of its own, so that no task waits behind it.
///
/// - Throws: `CancellationError` at once when the waiting task is cancelled; the call goes on, and
///   what it gives is dropped.
func offThePool<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
) async throws -> Value {
    let answer = AbandonableAnswer<Value>()
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            answer.expect(continuation)
            DispatchQueue.global().async { answer.give(.success(body())) }
        }
    } onCancel: {
        answer.give(.failure(CancellationError()))
    }
}

/// Resumes its continuation with what is given first.
private final class AbandonableAnswer<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value, any Error>?
        var isGiven = false
    }

    private let state = Mutex(State())

    func expect(_ continuation: CheckedContinuation<Value, any Error>) {
        let isGiven = state.withLock { state in
            if !state.isGiven { state.continuation = continuation }
            return state.isGiven
        }
        if isGiven { continuation.resume(throwing: CancellationError()) }
    }

    func give(_ result: Result<Value, any Error>) {
        let continuation = state.withLock { state in
            state.isGiven = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}
