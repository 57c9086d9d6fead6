import Synchronization

/// Work that any number of callers wait for; whoever is cancelled leaves alone.
package final class Flight<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value, any Error>

    private struct State {
        var result: Result<Value, any Error>?
        var waiters: [Int: Waiter] = [:]
        /// Who left before it was known to wait.
        var gone: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// - Throws: what the work threw; `CancellationError`.
    package func value() async throws -> Value {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let early = state.withLock { state -> Result<Value, any Error>? in
                    if state.gone.remove(number) != nil { return .failure(CancellationError()) }
                    if state.result == nil { state.waiters[number] = continuation }
                    return state.result
                }
                if let early { continuation.resume(with: early) }
            }
        } onCancel: {
            leave(number)
        }
    }

    /// Waits up to a limit.
    ///
    /// - Returns: whether the work ended in time.
    /// - Throws: as `value()`.
    func lands(within limit: Duration) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                _ = try await self.value()
                return true
            }
            tasks.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            return try await tasks.next() ?? false
        }
    }

    private func leave(_ number: Int) {
        let waiter = state.withLock { state -> Waiter? in
            if let waiter = state.waiters.removeValue(forKey: number) { return waiter }
            state.gone.insert(number)
            return nil
        }
        waiter?.resume(throwing: CancellationError())
    }

    /// Gives everybody the result, now and later; the first one counts.
    package func land(_ result: Result<Value, any Error>) {
        let waiters = state.withLock { state -> [Waiter] in
            guard state.result == nil else { return [] }
            state.result = result
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(with: result) }
    }
}
