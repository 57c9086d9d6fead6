package import Market
import Synchronization

/// What tells one question to one model from another.
package struct AdviceKey: Hashable, Sendable {
    /// SHA-256 of everything the model was told, in hexadecimal.
    package let promptHash: String
    /// `LanguageModel.name`.
    package let model: String

    package init(promptHash: String, model: String) {
        self.promptHash = promptHash
        self.model = model
    }
}

/// What a model answered, in its own words, whatever became of it.
package struct RecordedAdvice: Equatable, Sendable {
    package let key: AdviceKey
    package let reply: ModelReply
    /// In billionths of a US dollar.
    package let cost: Int64
    package let at: Timestamp

    package init(key: AdviceKey, reply: ModelReply, cost: Int64, at: Timestamp) {
        self.key = key
        self.reply = reply
        self.cost = cost
        self.at = at
    }
}

/// What was spent on models.
package struct ModelSpending: Equatable, Sendable {
    package var tokens: Int
    /// In billionths of a US dollar.
    package var cost: Int64

    package init(tokens: Int = 0, cost: Int64 = 0) {
        self.tokens = tokens
        self.cost = cost
    }
}

/// Keeps what models answered, so that the same question has the same answer for ever.
///
/// Implementations: `InMemoryAdviceBook`, `SQLiteAdviceBook`, `PostgresAdviceBook`. All pass the
/// same conformance suite.
package protocol AdviceBook: Sendable {
    func advice(_ key: AdviceKey) async throws -> RecordedAdvice?

    /// Writes an answer down, unless there is one already: the first stays.
    ///
    /// - Returns: what is written, by whomever.
    func record(_ advice: RecordedAdvice) async throws -> RecordedAdvice

    /// What the answers cost that were written down at an instant or later. What was asked twice at
    /// the same time, and lost the race to be written, is not in it.
    func spent(since start: Timestamp) async throws -> ModelSpending
}

package final class InMemoryAdviceBook: AdviceBook {
    private let advice = Mutex<[AdviceKey: RecordedAdvice]>([:])

    package init() {}

    package func advice(_ key: AdviceKey) async throws -> RecordedAdvice? {
        advice.withLock { $0[key] }
    }

    package func record(_ new: RecordedAdvice) async throws -> RecordedAdvice {
        advice.withLock { advice in
            if let first = advice[new.key] { return first }
            advice[new.key] = new
            return new
        }
    }

    package func spent(since start: Timestamp) async throws -> ModelSpending {
        advice.withLock { advice in
            advice.values.filter { $0.at >= start }.reduce(into: ModelSpending()) {
                $0.tokens += $1.reply.usage.total
                $0.cost += $1.cost
            }
        }
    }
}
