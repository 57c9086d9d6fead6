import Contracts

/// A call that gives answers until it ends, in a task of its own. Ending the iteration over its
/// answers ends it, as does giving them up.
struct StreamingCall<Answer: Sendable>: Sendable {
    /// The call's own end.
    struct Source: Sendable {
        fileprivate let answering: AsyncThrowingStream<Answer, any Error>.Continuation
        fileprivate let beginning: AsyncThrowingStream<Void, any Error>.Continuation

        /// Says that the call has begun.
        func begin() {
            beginning.finish()
        }

        /// - Throws: when too many answers wait for their reader.
        func give(_ answer: Answer) throws {
            if case .dropped = answering.yield(answer) { throw CallLimits.streamIsBehind }
        }
    }

    let answers: AsyncThrowingStream<Answer, any Error>
    private let beginnings: AsyncThrowingStream<Void, any Error>
    private let source: Source

    /// - Parameter call: says when it has begun, and gives its answers; what it throws is thrown to
    ///   who waits for the beginning, and after that to who reads the answers.
    init(_ call: @escaping @Sendable (Source) async throws -> Void) {
        let (answers, answering) = AsyncThrowingStream.makeStream(
            of: Answer.self, bufferingPolicy: .bufferingOldest(CallLimits.streamBuffer))
        let (beginnings, beginning) = AsyncThrowingStream.makeStream(of: Void.self)
        let source = Source(answering: answering, beginning: beginning)
        // It must not hold the streams: they end when nobody does.
        let task = Task {
            do {
                try await call(source)
                beginning.finish()
                answering.finish()
            } catch {
                beginning.finish(throwing: error)
                answering.finish(throwing: error)
            }
        }
        answering.onTermination = { _ in task.cancel() }
        (self.answers, self.beginnings, self.source) = (answers, beginnings, source)
    }

    /// Waits until the call has begun.
    ///
    /// - Throws: why it has not.
    func begun() async throws {
        for try await _ in beginnings {}
        try Task.checkCancellation()
    }

    func cancel() {
        source.answering.finish()
    }
}
