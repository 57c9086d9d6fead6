import Dispatch
import Synchronization

/// Waits until a socket can be read or written, without a thread that waits.
enum SocketWatch {
    /// What a connection waits for.
    struct Interest: OptionSet, Sendable {
        let rawValue: Int
        static let reading = Interest(rawValue: 1)
        static let writing = Interest(rawValue: 2)
    }

    private static let queue = DispatchQueue(label: "postgres.sockets")

    /// Returns when the socket is ready for any of it.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    static func wait(for interest: Interest, on descriptor: Int32) async throws {
        let waiter = Waiter(interest, descriptor, queue)
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter.start($0) }
        } onCancel: {
            waiter.finish()
        }
        try Task.checkCancellation()
    }

    /// The sources of one wait. Its continuation is resumed by the last source's end: from then on
    /// nothing watches the descriptor, and its owner may close it.
    private final class Waiter: Sendable {
        /// Its functions may be called from anywhere, says Dispatch, though its type does not.
        private struct Source: @unchecked Sendable {
            let source: any DispatchSourceProtocol
        }

        private struct State {
            var continuation: CheckedContinuation<Void, Never>?
            var sources: [Source] = []
            var running = 0
            var isFinished = false
        }

        private let state = Mutex(State())
        private let interest: Interest
        private let descriptor: Int32
        private let queue: DispatchQueue

        init(_ interest: Interest, _ descriptor: Int32, _ queue: DispatchQueue) {
            self.interest = interest
            self.descriptor = descriptor
            self.queue = queue
        }

        func start(_ continuation: CheckedContinuation<Void, Never>) {
            queue.async { [self] in
                let isFinished = state.withLock { state in
                    if !state.isFinished { state.continuation = continuation }
                    return state.isFinished
                }
                guard !isFinished else { return continuation.resume() }
                watch()
            }
        }

        private func watch() {
            var sources: [Source] = []
            if interest.contains(.reading) {
                let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
                sources.append(Source(source: source))
            }
            if interest.contains(.writing) {
                let source = DispatchSource.makeWriteSource(
                    fileDescriptor: descriptor, queue: queue)
                sources.append(Source(source: source))
            }
            for source in sources {
                source.source.setEventHandler { [self] in finish() }
                source.source.setCancelHandler { [self] in sourceEnded() }
            }
            let all = sources
            state.withLock { state in
                state.sources = all
                state.running = all.count
            }
            for source in all { source.source.activate() }
            if state.withLock({ $0.isFinished }) { for source in all { source.source.cancel() } }
        }

        func finish() {
            let sources = state.withLock { state in
                state.isFinished = true
                return state.sources
            }
            for source in sources { source.source.cancel() }
        }

        private func sourceEnded() {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.running -= 1
                guard state.running == 0 else { return nil }
                defer {
                    state.continuation = nil
                    state.sources = []
                }
                return state.continuation
            }
            continuation?.resume()
        }
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
