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
            let isFinished = state.withLock { state in
                if !state.isFinished { state.continuation = continuation }
                return state.isFinished
            }
            guard !isFinished else { return continuation.resume() }
            watch()
        }

        private func watch() {
            let sources = makeSources()
            state.withLock { state in
                state.sources = sources
                state.running = sources.count
            }
            for source in sources { source.source.activate() }
            if state.withLock({ $0.isFinished }) {
                for source in sources { source.source.cancel() }
            }
        }

        private func makeSources() -> [Source] {
            var sources: [any DispatchSourceProtocol] = []
            if interest.contains(.reading) {
                sources.append(
                    DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue))
            }
            if interest.contains(.writing) {
                sources.append(
                    DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue))
            }
            for source in sources {
                source.setEventHandler { [self] in finish() }
                source.setCancelHandler { [self] in sourceEnded() }
            }
            return sources.map(Source.init)
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
