/// What a language model is asked: instructions, and one message.
package struct ModelPrompt: Equatable, Sendable {
    package let instructions: String
    package let message: String
    /// Tokens of the answer at the most.
    package let tokensLimit: Int

    package init(instructions: String, message: String, tokensLimit: Int) {
        self.instructions = instructions
        self.message = message
        self.tokensLimit = tokensLimit
    }
}

/// Tokens as the model's provider counted them.
package struct ModelUsage: Equatable, Sendable {
    package var input: Int
    package var output: Int

    package init(input: Int = 0, output: Int = 0) {
        self.input = input
        self.output = output
    }

    package var total: Int { input + output }
}

/// How an answer ended.
package enum ModelEnding: String, CaseIterable, Sendable {
    case complete
    /// It has more tokens than it may have.
    case cutOff = "cut_off"
    /// The model would not answer, or not with words.
    case declined
}

/// An answer.
package struct ModelReply: Equatable, Sendable {
    package var text: String
    /// Who answered, in the provider's own words.
    package var model: String
    package var usage: ModelUsage
    package var ending: ModelEnding

    package init(text: String, model: String, usage: ModelUsage, ending: ModelEnding = .complete) {
        self.text = text
        self.model = model
        self.usage = usage
        self.ending = ending
    }
}

/// What comes of an answer while it is being written.
package enum ModelPart: Equatable, Sendable {
    case text(String)
    /// The last part: the whole answer.
    case end(ModelReply)
}

/// A model that answers in words.
///
/// Implementations: `InMemoryLanguageModel`, `RemoteModel`. Nobody trusts what it says: an answer
/// is a proposal.
package protocol LanguageModel: Sendable {
    /// Provider and model, as configured: `anthropic/claude-sonnet-4-5`.
    var name: String { get }

    /// - Throws: `ModelError`, `CancellationError`.
    func send(_ prompt: ModelPrompt) async throws -> ModelReply

    /// The same in parts, as they come. Whoever stops reading ends the call.
    ///
    /// - Throws: `ModelError`, `CancellationError`; the stream too, after parts.
    func stream(_ prompt: ModelPrompt) async throws -> AsyncThrowingStream<ModelPart, any Error>

    /// Whether it can be reached with this key, without having it write anything.
    ///
    /// - Throws: `ModelError`.
    func ping() async throws
}

/// Why a model gave no answer, and what to do. Nothing of it holds a key.
package struct ModelError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// The variable that holds the key is not set.
        case keyNotSet(variable: String)
        /// The key is wrong, the model unknown, or the request not one it takes.
        case refused(status: Int, detail: String)
        /// Asked too often, or it has too much to do.
        case busy(status: Int, retryAfterSeconds: Int64?, detail: String)
        /// No answer, or one that says that it is failing.
        case unreachable(String)
        /// The answer is not what the API documents.
        case unreadable(String)
        case tooMuch(limitBytes: Int)
        case late(Duration)
    }

    package let host: String
    package let reason: Reason

    package init(_ host: String, _ reason: Reason) {
        self.host = host
        self.reason = reason
    }

    /// Whether the same request may succeed soon without anything being changed.
    package var isRetriable: Bool {
        switch reason {
        case .busy, .unreachable: true
        case .keyNotSet, .refused, .unreadable, .tooMuch, .late: false
        }
    }
}

extension ModelError: CustomStringConvertible {
    package var description: String {
        if case .keyNotSet = reason { "\(reason)" } else { "\(host): \(reason)" }
    }
}

extension ModelError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .keyNotSet(let variable): "\(variable) not set"
        case .refused(let status, let detail):
            "it refused with \(status): \(detail); look at its key, URL and model"
        case .busy(let status, let seconds, let detail):
            "it is asked too much (\(status)): \(detail); try again "
                + (seconds.map { "in \($0) s" } ?? "later")
        case .unreachable(let problem): "no answer: \(problem)"
        case .unreadable(let problem): "its answer cannot be read: \(problem)"
        case .tooMuch(let limit): "it answered more than \(limit) bytes"
        case .late(let limit): "no whole answer within \(limit)"
        }
    }
}
