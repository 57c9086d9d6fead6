import Synchronization

/// A language model without one: it says what it was given to say, in turn, and keeps what it was
/// asked.
package final class InMemoryLanguageModel: LanguageModel {
    package let name: String

    private struct State {
        var answers: [Result<ModelReply, ModelError>]
        var asked: [ModelPrompt] = []
    }

    private let state: Mutex<State>

    /// - Parameter answers: the last one stays.
    package init(
        _ answers: [Result<ModelReply, ModelError>], name: String = "memory/model"
    ) {
        self.name = name
        state = Mutex(State(answers: answers))
    }

    package var asked: [ModelPrompt] { state.withLock { $0.asked } }

    package func send(_ prompt: ModelPrompt) async throws -> ModelReply {
        try state.withLock { state in
            state.asked.append(prompt)
            guard let answer = state.answers.first else {
                throw ModelError("memory", .unreachable("it has nothing to say"))
            }
            if state.answers.count > 1 { state.answers.removeFirst() }
            return try answer.get()
        }
    }

    package func stream(
        _ prompt: ModelPrompt
    ) async throws -> AsyncThrowingStream<ModelPart, any Error> {
        let reply = try await send(prompt)
        // In two parts, wherever they may be cut.
        let middle = reply.text.index(reply.text.startIndex, offsetBy: reply.text.count / 2)
        let (parts, source) = AsyncThrowingStream.makeStream(of: ModelPart.self)
        source.yield(.text(String(reply.text[..<middle])))
        source.yield(.text(String(reply.text[middle...])))
        source.yield(.end(reply))
        source.finish()
        return parts
    }

    package func ping() async throws {}
}
