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
    /// A vendor that asks for a longer pause is not waited for.
    package static let longestPause = Duration.seconds(5)
    /// Kept of a caller's time, for its answer.
    static let margin = Duration.seconds(1)
    /// Of more symbols nothing is asked.
    static let symbolsLimit = 100
    /// Questions that are answered at a time.
    static let callsLimit = 4
    static let retrySeconds = 5
    /// For so long a model that was away is not asked.
    static let pause = Duration.seconds(30)

    /// `LanguageModel.name`.
    package var name: String { model.name }

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
    private struct Reserved {
        /// What the questions that are being answered may take at the most.
        var waiting = ModelUsage()
        /// What answers may have cost that never came, on one day.
        var lost = 0
        var day: Timestamp = .earliest
    }

    private let reserved = Mutex(Reserved())
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
    /// - Throws: `CancellationError`; whatever ails the model is told in the outcome.
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
        } catch is StoreError {
            // Nothing has an effect that is not written down.
            message.note(.unavailable, "models' answers cannot be read or written down just now")
        }
        Advisor.count("unavailable", model.name)
        return Outcome(allocation: allocation, message: message)
    }

    /// SHA-256 of everything that is said, in hexadecimal.
    static func hash(_ prompt: ModelPrompt) -> String {
        let parts = ["\(prompt.tokensLimit)", prompt.instructions, prompt.message]
        // Each with its length, so that no two questions are written alike.
        let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
        return Hexadecimal.text(SHA256.hash(data: Array(text.utf8)))
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
                    throw Advice.Problem("nobody asked about \(Advice.name(symbol))")
                }
                proposed[place] = share
            }
            guard !proposed.isEmpty else {
                outcome.message.note(.commented)
                return outcome
            }
            let taken = try allocation.reweighed(to: proposed, names: names, by: model.name)
            guard taken.targets != allocation.targets else {
                outcome.message.note(.commented)
                return outcome
            }
            outcome.allocation = taken
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
            // No token has less than a byte.
            let bytes = prompt.instructions.utf8.count + prompt.message.utf8.count
            let most = ModelUsage(input: bytes, output: prompt.tokensLimit)
            let (waiting, lost) = reserve(most)
            // Until it is written down.
            defer { release(most) }
            var spent = try await book.spent(since: Advisor.day(of: now()))
            spent.tokens += lost
            if let objection = budget.objection(spent: spent, most: waiting) {
                throw RPCFault(.resourceExhausted, objection)
            }
            let reply = Advisor.storable(try await ask(prompt, most), most)
            count(reply)
            return try await book.record(
                RecordedAdvice(
                    key: key, reply: reply, cost: budget.prices.cost(of: reply.usage), at: now()))
        }
    }

    private func ask(_ prompt: ModelPrompt, _ most: ModelUsage) async throws -> ModelReply {
        guard breaker.withLock({ $0.allows(at: instant()) }) else {
            throw RPCFault(
                .unavailable,
                "the language model was away a moment ago: it is asked again within "
                    + "\(Advisor.pause)")
        }
        // A caller that waits for less than the model may take has the engine's answer in time.
        let left = CallContext.current.deadline.map { instant().duration(to: $0) - Advisor.margin }
        let limit = min(Advisor.timeLimit, left ?? Advisor.timeLimit)
        let late = RPCFault(
            .deadlineExceeded, "the language model gave no answer within \(limit)")
        do {
            let reply = try await withinTime(limit, orThrow: late, clock: clock) { [self] in
                try await retrier.call(
                    "language_model", isRetriable: { ($0 as? ModelError)?.isRetriable ?? false },
                    asked: { Advisor.pause(askedBy: $0) }, { try await once(prompt, most) })
            }
            breaker.withLock { $0.succeeded() }
            return reply
        } catch {
            let isCancelled = error is CancellationError || Task.isCancelled
            breaker.withLock { breaker in
                if isCancelled {
                    breaker.gaveUp(at: instant())
                } else if Advisor.isAway(error) {
                    breaker.failed(at: instant())
                } else {
                    breaker.succeeded()
                }
            }
            throw isCancelled ? CancellationError() : error
        }
    }

    private func once(_ prompt: ModelPrompt, _ most: ModelUsage) async throws -> ModelReply {
        do {
            guard isStreamed else { return try await model.send(prompt) }
            for try await part in try await model.stream(prompt) {
                if case .end(let reply) = part { return reply }
            }
            try Task.checkCancellation()
            throw ModelError(model.name, .unreadable("its stream ended without an answer"))
        } catch {
            if Advisor.mayCost(error) { lose(most) }
            throw error
        }
    }

    /// Whether the model was not there: what it refuses says nothing about the next question.
    private static func isAway(_ error: any Error) -> Bool {
        guard let error = error as? ModelError else { return true }
        return switch error.reason {
        case .busy, .unreachable, .late: true
        case .keyNotSet, .refused, .unreadable, .tooMuch: false
        }
    }

    /// Whether an answer may have been written, and paid for, that never came.
    private static func mayCost(_ error: any Error) -> Bool {
        guard let error = error as? ModelError else { return true }
        return switch error.reason {
        case .unreadable, .tooMuch, .late: true
        case .keyNotSet, .refused, .busy, .unreachable: false
        }
    }

    // MARK: - The budget

    /// - Returns: what all questions that are being answered may take, and what was lost today.
    private func reserve(_ most: ModelUsage) -> (waiting: ModelUsage, lost: Int) {
        let today = Advisor.day(of: now())
        return reserved.withLock { reserved in
            if reserved.day != today { (reserved.day, reserved.lost) = (today, 0) }
            reserved.waiting.input += most.input
            reserved.waiting.output += most.output
            return (reserved.waiting, reserved.lost)
        }
    }

    private func release(_ most: ModelUsage) {
        reserved.withLock { reserved in
            reserved.waiting.input -= most.input
            reserved.waiting.output -= most.output
        }
    }

    private func lose(_ most: ModelUsage) {
        reserved.withLock { $0.lost += most.total }
    }

    private static func pause(askedBy error: any Error) -> Duration? {
        guard let error = error as? ModelError, case .busy(_, let seconds?, _) = error.reason else {
            return nil
        }
        return .seconds(seconds)
    }

    /// Without what no text of a database may hold, and at the highest price where a server does
    /// not say what it was.
    private static func storable(_ reply: ModelReply, _ most: ModelUsage) -> ModelReply {
        var reply = reply
        if reply.usage.input == 0 { reply.usage.input = most.input }
        if reply.usage.output == 0 { reply.usage.output = most.output }
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
