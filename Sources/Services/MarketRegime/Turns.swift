import Synchronization

/// Lets so many work at a time, in the order in which they came. Those who wait are bounded by the
/// tasks that share it.
final class Turns: Sendable {
    private struct State {
        var free: Int
        var waiting: [(number: Int, turn: CheckedContinuation<Void, any Error>)] = []
        var lastNumber = 0
    }

    private let state: Mutex<State>

    /// - Parameter count: at a time, at least one.
    init(_ count: Int) {
        state = Mutex(State(free: max(1, count)))
    }

    /// - Throws: what `body` throws; `CancellationError`, also while it waits.
    func take<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await begin()
        defer { end() }
        return try await body()
    }

    private func begin() async throws {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                let answer = state.withLock { state -> Result<Void, any Error>? in
                    // Whoever is cancelled later finds it among those who wait.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    guard state.free == 0 else {
                        state.free -= 1
                        return .success(())
                    }
                    state.waiting.append((number, turn))
                    return nil
                }
                if let answer { turn.resume(with: answer) }
            }
        } onCancel: {
            let given = state.withLock { state in
                state.waiting.firstIndex { $0.number == number }.map {
                    state.waiting.remove(at: $0).turn
                }
            }
            given?.resume(throwing: CancellationError())
        }
    }

    private func end() {
        let next = state.withLock { state in
            guard state.waiting.isEmpty else { return Optional(state.waiting.removeFirst().turn) }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
