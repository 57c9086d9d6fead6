import Synchronization

/// Tells everybody who waits that something was committed.
///
/// A signal says «look again», not what happened: several commits may arrive as one, and a
/// listener that is slow hears of them once. Each stream buffers one signal at the most.
package final class CommitSignal: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes every listener.
    package func notify() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield() }
    }

    /// Ends every stream, now and later: the store is closed.
    package func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    /// Yields at once and then after every commit, until the iterating task is cancelled.
    ///
    /// - Parameter interval: looks again after this long without a signal, for what no commit
    ///   announces (a lease that ran out). `nil`: never.
    package func stream(recheckingEvery interval: Duration? = nil) -> AsyncStream<Void> {
        let (stream, listener) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let alarm = interval.map { interval in
            Task {
                while (try? await Task.sleep(for: interval)) != nil { listener.yield() }
            }
        }
        let number = state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            state.nextListener += 1
            state.listeners[state.nextListener] = listener
            return state.nextListener
        }
        guard let number else {
            alarm?.cancel()
            listener.finish()
            return stream
        }
        listener.onTermination = { [weak self] _ in
            alarm?.cancel()
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        listener.yield()
        return stream
    }
}

extension CommitSignal {
    /// What there is, now or after some commit; waits until there is something.
    ///
    /// - Parameters:
    ///   - interval: as `stream` takes it.
    ///   - isClosed: whether whoever asks has been closed.
    ///   - advance: takes what there is.
    /// - Returns: `nil` once closed.
    /// - Throws: `CancellationError` when the waiting task is cancelled; what `advance` throws.
    package func first<Value>(
        recheckingEvery interval: Duration? = nil, until isClosed: () -> Bool,
        _ advance: () async throws -> Value?
    ) async throws -> Value? {
        for await _ in stream(recheckingEvery: interval) {
            try Task.checkCancellation()
            if isClosed() { return nil }
            if let value = try await advance() { return value }
        }
        try Task.checkCancellation()
        return nil
    }
}
