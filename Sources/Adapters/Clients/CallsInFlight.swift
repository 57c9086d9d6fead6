import Synchronization

/// Calls that have begun and not ended, so that connections are closed after the last one.
final class CallsInFlight: Sendable {
    private struct State {
        var count = 0
        var isClosed = false

        var isOver: Bool { isClosed && count == 0 }
    }

    private let state = Mutex(State())
    private let (over, ending) = AsyncStream<Void>.makeStream()

    /// - Returns: whether the call may begin: after `close` none does.
    func begin() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.count += 1
            return true
        }
    }

    func end() {
        change { $0.count -= 1 }
    }

    func close() {
        change { $0.isClosed = true }
    }

    private func change(_ change: (inout State) -> Void) {
        let isOver = state.withLock { state in
            change(&state)
            return state.isOver
        }
        if isOver { ending.finish() }
    }

    /// Waits until they are closed and the last has ended, or until it is cancelled.
    func allEnded() async {
        for await _ in over {}
    }
}
