import Contracts
import Crypto
package import Hosting
package import Market
import Metrics
package import Ports
import Strategies
import Synchronization

/// Asks a language model what it thinks of a strategy, and takes of it what is within the limits.
///
/// The engine's strategy stands whatever the model does. What a model answered to a question is
/// written down before it has an effect, and the same question is never asked twice: so that the
/// same inputs give the same strategy, on every machine and at every time.
package final class Advisor: Sendable {
    /// For one answer with all its attempts; less than callers of ai-analysis wait.
    package static let timeLimit = Duration.seconds(25)
    /// Tokens of an answer.
    static let tokensLimit = 1_500
    /// A token has this many bytes at the least, so that questions are not underrated.
    static let bytesPerToken = 2
    /// Of more symbols nothing is asked.
    static let symbolsLimit = 100
    /// Questions that are answered at a time.
    static let callsLimit = 4
    static let retrySeconds = 5
    /// For so long a model that was away is not asked.
    static let pause = Duration.seconds(30)

    private let model: any LanguageModel
    private let isStreamed: Bool
    private let book: any AdviceBook
    private let budget: ModelBudget
    private let retrier: Retrier
    private let now: @Sendable () -> Timestamp
    private let instant: @Sendable () -> ContinuousClock.Instant
    private let clock: any Clock<Duration>
    private let calls = SharedCalls<AdviceKey, RecordedAdvice>(
        of: "questions to the language model", limit: Advisor.callsLimit,
        retrySeconds: Advisor.retrySeconds)
    /// What the questions that are being answered may take at the most.
    private let reserved = Mutex(ModelUsage())
    /// Once the model is known to be away, nobody waits for it.
    private let breaker = Mutex(CircuitBreaker(failureLimit: 2, pause: Advisor.pause))

    /// - Parameters:
    ///   - isStreamed: whether answers are read as they are written.
    ///   - now: the wall clock: budgets are for days.
    ///   - instant: a clock that never jumps: what is away is asked again after a while.
    ///   - clock: waits for answers.
    package init(
        _ model: any LanguageModel, isStreamed: Bool, book: any AdviceBook, budget: ModelBudget,
        retrier: Retrier, now: @escaping @Sendable () -> Timestamp,
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now },
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.model = model
        self.isStreamed = isStreamed
        self.book = book
        self.budget = budget
        self.retrier = retrier
        self.now = now
        self.instant = instant
        self.clock = clock
    }

    /// What became of a question.
    struct Outcome: Sendable {
        /// With the model's shares where they were taken.
        var allocation: Allocation
        var message: Bloasis_AiAnalysis_Advice
    }

    /// - Parameter names: of the columns.
    /// - Throws: `StoreError`, `CancellationError`; whatever ails the model is told in the outcome.
    func advise(
        on allocation: Allocation, names: [String], _ briefing: StrategyBriefing
    ) async throws -> Outcome {
        let prompt = ModelPrompt(
            instructions: briefing.instructions, message: briefing.message,
            tokensLimit: Advisor.tokensLimit)
        let key = AdviceKey(promptHash: Advisor.hash(prompt), model: model.name)
        var message = Bloasis_AiAnalysis_Advice()
        message.promptHash = key.promptHash
        message.model = model.name
        guard names.count <= Advisor.symbolsLimit else {
            message.note(
                .notAsked, "more than \(Advisor.symbolsLimit) symbols: no model is asked")
            return Outcome(allocation: allocation, message: message)
        }
        do {
            let recorded = try await answer(to: prompt, key)
            return judged(recorded, allocation, names, message)
        } catch let error as ModelError {
            message.note(.unavailable, "\(error)")
        } catch let fault as RPCFault {
            message.note(.unavailable, fault.message)
        }
        Advisor.count("unavailable", model.name)
        return Outcome(allocation: allocation, message: message)
    }

    /// SHA-256 of everything that is said, in hexadecimal.
    static func hash(_ prompt: ModelPrompt) -> String {
        let parts = ["\(prompt.tokensLimit)", prompt.instructions, prompt.message]
        // Each with its length, so that no two questions are written alike.
        let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
        return SHA256.hash(data: Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    // MARK: - Judging

    private func judged(
        _ recorded: RecordedAdvice, _ allocation: Allocation, _ names: [String],
        _ given: Bloasis_AiAnalysis_Advice
    ) -> Outcome {
        var outcome = Outcome(allocation: allocation, message: given)
        do {
            let advice = try Advisor.advice(recorded.reply)
            outcome.message.comment = advice.comment
            let places = Dictionary(
                uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
            var proposed: [Int: Double] = [:]
            for (symbol, share) in advice.weights {
                guard let place = places[symbol] else {
                    throw Advice.Problem("nobody asked about \(RequestReading.excerpt(symbol))")
                }
                proposed[place] = share
            }
            guard !proposed.isEmpty else {
                outcome.message.note(.commented)
                return outcome
            }
            outcome.allocation = try allocation.reweighed(
                to: proposed, names: names, by: model.name)
            outcome.message.note(.applied)
        } catch {
            outcome.message.note(.refused, "\(error)")
        }
        return outcome
    }

    private static func advice(_ reply: ModelReply) throws(Advice.Problem) -> Advice {
        switch reply.ending {
        case .complete: try Advice(reply.text)
        case .cutOff: throw Advice.Problem("it is longer than \(tokensLimit) tokens")
        case .declined: throw Advice.Problem("the model would not answer")
        }
    }

    // MARK: - Asking

    private func answer(to prompt: ModelPrompt, _ key: AdviceKey) async throws -> RecordedAdvice {
        if let known = try await book.advice(key) { return known }
        return try await calls.value(of: key) {
            // Whoever asked just before may have had it written down.
            if let known = try await book.advice(key) { return known }
            let reply = try await ask(prompt)
            let recorded = RecordedAdvice(
                key: key, reply: Advisor.storable(reply), cost: budget.prices.cost(of: reply.usage),
                at: now())
            count(reply)
            return try await book.record(recorded)
        }
    }

    private func ask(_ prompt: ModelPrompt) async throws -> ModelReply {
        let bytes = prompt.instructions.utf8.count + prompt.message.utf8.count
        let most = ModelUsage(
            input: bytes / Advisor.bytesPerToken, output: prompt.tokensLimit)
        let waiting = reserved.withLock { reserved in
            reserved.input += most.input
            reserved.output += most.output
            return reserved
        }
        defer {
            reserved.withLock { reserved in
                reserved.input -= most.input
                reserved.output -= most.output
            }
        }
        let spent = try await book.spent(since: Advisor.day(of: now()))
        if let objection = budget.objection(spent: spent, most: waiting) {
            throw RPCFault(.resourceExhausted, objection)
        }
        guard breaker.withLock({ $0.allows(at: instant()) }) else {
            throw RPCFault(
                .unavailable,
                "the language model was away a moment ago: it is asked again within "
                    + "\(Advisor.pause)")
        }
        let late = RPCFault(
            .deadlineExceeded, "the language model gave no answer within \(Advisor.timeLimit)")
        do {
            let reply = try await withinTime(
                Advisor.timeLimit, orThrow: late, clock: clock
            ) { [self] in
                try await retrier.call(
                    "language_model", isRetriable: { ($0 as? ModelError)?.isRetriable ?? false },
                    asked: { Advisor.pause(askedBy: $0) }, { try await once(prompt) })
            }
            breaker.withLock { $0.succeeded() }
            return reply
        } catch {
            breaker.withLock {
                error is CancellationError
                    ? $0.gaveUp(at: instant()) : $0.failed(at: instant())
            }
            throw error
        }
    }

    private func once(_ prompt: ModelPrompt) async throws -> ModelReply {
        guard isStreamed else { return try await model.send(prompt) }
        for try await part in try await model.stream(prompt) {
            if case .end(let reply) = part { return reply }
        }
        throw ModelError(model.name, .unreadable("its stream ended without an answer"))
    }

    private static func pause(askedBy error: any Error) -> Duration? {
        guard let error = error as? ModelError, case .busy(_, let seconds?, _) = error.reason else {
            return nil
        }
        return .seconds(seconds)
    }

    /// Without what no text of a database may hold.
    private static func storable(_ reply: ModelReply) -> ModelReply {
        var reply = reply
        reply.text = String(reply.text.unicodeScalars.filter { $0 != "\0" })
        reply.model = String(reply.model.unicodeScalars.filter { $0 != "\0" })
        return reply
    }

    private static func day(of instant: Timestamp) -> Timestamp {
        let day = 86_400 * Timestamp.nanosecondsPerSecond
        let rest = instant.nanoseconds % day
        return instant.advanced(byNanoseconds: -(rest < 0 ? rest + day : rest))
    }

    // MARK: - Counting

    private func count(_ reply: ModelReply) {
        Advisor.count("answered", model.name)
        for (direction, tokens) in [("input", reply.usage.input), ("output", reply.usage.output)] {
            Counter(
                label: "language_model_tokens_total",
                dimensions: [("model", model.name), ("direction", direction)]
            ).increment(by: tokens)
        }
        FloatingPointCounter(
            label: "language_model_cost_dollars_total", dimensions: [("model", model.name)]
        ).increment(by: Double(budget.prices.cost(of: reply.usage)) / 1e9)
    }

    private static func count(_ outcome: String, _ model: String) {
        Counter(
            label: "language_model_questions_total",
            dimensions: [("model", model), ("outcome", outcome)]
        ).increment()
    }
}

/// What becomes of a model's words.
enum AdviceVerdict: String {
    /// Its shares are the strategy's.
    case applied = "APPLIED"
    /// It agrees with the engine's shares.
    case commented = "COMMENTED"
    /// Nothing of it could be used, or it went beyond a limit.
    case refused = "REFUSED"
    /// No model is asked about so much.
    case notAsked = "NOT_ASKED"
    /// There is no answer.
    case unavailable = "UNAVAILABLE"
}

extension Bloasis_AiAnalysis_StrategyResponse {
    /// A model was to be asked and could not.
    var lacksAdvice: Bool {
        hasAdvice && advice.verdict == AdviceVerdict.unavailable.rawValue
    }
}

extension Bloasis_AiAnalysis_Advice {
    fileprivate mutating func note(_ verdict: AdviceVerdict, _ reason: String? = nil) {
        self.verdict = verdict.rawValue
        if let reason { self.reason = reason }
    }
}
