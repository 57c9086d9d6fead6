import Contracts
import Hosting
import Market
import Ports
import Regimes
import Synchronization
import TestSupport
import Testing
import Trading

@testable import AIAnalysis

/// ai-analysis with a model in memory.
private struct AdvisedWorld {
    let world = AnalysisWorld()
    let book = InMemoryAdviceBook()
    let model: InMemoryLanguageModel
    let retries = SkippingClock()
    let log = RecordedLog()
    private let budget: ModelBudget
    private let isStreamed: Bool

    init(
        _ answers: Result<ModelReply, ModelError>..., isStreamed: Bool = false,
        budget: ModelBudget = ModelBudget(tokens: 1_000_000, cost: nil, prices: .free)
    ) async throws {
        model = InMemoryLanguageModel(answers)
        self.budget = budget
        self.isStreamed = isStreamed
        try await world.write(Samples.regimes(count: 400))
    }

    static func says(
        _ text: String, ending: ModelEnding = .complete,
        usage: ModelUsage = ModelUsage(input: 900, output: 100)
    ) -> Result<ModelReply, ModelError> {
        .success(ModelReply(text: text, model: "m-1", usage: usage, ending: ending))
    }

    /// Who is asked by a new process.
    func advisor(
        _ model: (any LanguageModel)? = nil, instant: ManualInstant = ManualInstant(),
        clock: any Clock<Duration> = ContinuousClock()
    ) -> Advisor {
        let time = world.time
        return Advisor(
            model ?? self.model, isStreamed: isStreamed, book: book, budget: budget,
            retrier: Retrier(chance: { 0 }, clock: retries, logger: log.logger()),
            now: { time.now }, instant: { instant.now }, clock: clock)
    }

    /// Nothing is cached.
    func ask(
        _ advisor: Advisor? = nil, regime: String = "normal_bull", profile: String = "aggressive",
        knownAt: String = ""
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        let time = world.time
        let advisor = advisor ?? self.advisor()
        let queries = AnalysisQueries(
            StrategyEngine(world.store, advisor: advisor), reader: world.store, shared: nil,
            sectors: [:], defaultMarket: Samples.series.market, now: { time.now },
            CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
        var request = Bloasis_AiAnalysis_StrategyRequest()
        request.regime = regime
        request.symbols = ["SPX"]
        request.riskProfile = profile
        request.knownAt = knownAt
        return try await queries.getStrategy(request)
    }

    /// The engine's own answer.
    func alone(
        profile: String = "aggressive"
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        try await world.ask { $0.riskProfile = profile }
    }
}

/// It hears, and never answers.
private final class SilentModel: LanguageModel {
    let name = "memory/silent"
    private let count = Atomic(0)

    var asked: Int { count.load(ordering: .relaxed) }

    func send(_ prompt: ModelPrompt) async throws -> ModelReply {
        count.add(1, ordering: .relaxed)
        let (never, _) = AsyncStream<Void>.makeStream()
        for await _ in never {}
        throw CancellationError()
    }

    func stream(
        _ prompt: ModelPrompt
    ) async throws -> AsyncThrowingStream<ModelPart, any Error> {
        _ = try await send(prompt)
        return AsyncThrowingStream { nil }
    }

    func ping() async throws {}
}

@Suite("Strategies that a language model comments on")
struct AdvisorTests {
    @Test("shares within the limits are the strategy's, once for ever", arguments: [false, true])
    func applied(isStreamed: Bool) async throws {
        let advised = try await AdvisedWorld(
            AdvisedWorld.says(#"Sure: {"comment":"less","weights":{"SPX":0.05}}"#),
            AdvisedWorld.says(#"{"weights":{"SPX":0}}"#), isStreamed: isStreamed)
        let answer = try await advised.ask()
        #expect(answer.advice.verdict == "APPLIED" && answer.advice.comment == "less")
        #expect(answer.advice.model == "memory/model" && answer.advice.promptHash.count == 64)
        #expect(answer.model == "moments-1+memory/model")
        #expect(answer.signals.first?.target == 0.05 && answer.cash == 0.95)
        #expect(answer.rationale.contains("shares set by memory/model, within these limits"))
        // Another process, another answer of the model: the same bytes, from the book.
        let again = try await advised.ask()
        #expect(try WireJSON.text(again) == WireJSON.text(answer))
        #expect(advised.model.asked.count == 1)
    }

    @Test("a comment alone changes no share")
    func commented() async throws {
        let advised = try await AdvisedWorld(AdvisedWorld.says(#"{"comment":"I agree"}"#))
        var answer = try await advised.ask()
        #expect(answer.advice.verdict == "COMMENTED" && answer.advice.comment == "I agree")
        answer.clearAdvice()
        #expect(try WireJSON.text(answer) == WireJSON.text(try await advised.alone()))
    }

    @Test(
        "what is nonsense, cut off, or beyond a limit leaves the engine's strategy",
        arguments: [
            (#"{"comment":"more!","weights":{"SPX":5}}"#, ModelEnding.complete, "is not within"),
            (#"{"weights":{"SPX":"NaN"}}"#, .complete, "is not within"),
            (#"{"weights":{"XLE":0.1}}"#, .complete, "nobody asked about XLE"),
            ("To the moon", .complete, "it holds no object"),
            (#"{"comment":"x"}"#, .cutOff, "it is longer than 1500 tokens"),
            ("", .declined, "the model would not answer"),
        ])
    func refused(text: String, ending: ModelEnding, reason: String) async throws {
        let advised = try await AdvisedWorld(AdvisedWorld.says(text, ending: ending))
        var answer = try await advised.ask()
        #expect(answer.advice.verdict == "REFUSED" && answer.advice.reason.contains(reason))
        _ = try await advised.ask()
        #expect(advised.model.asked.count == 1, "what was refused is known, and not asked again")
        answer.clearAdvice()
        #expect(try WireJSON.text(answer) == WireJSON.text(try await advised.alone()))
    }

    @Test("limits are those of the profile that was asked for")
    func profiles() async throws {
        let text = #"{"weights":{"SPX":-0.05}}"#
        for (profile, verdict) in [("aggressive", "APPLIED"), ("conservative", "REFUSED")] {
            let advised = try await AdvisedWorld(AdvisedWorld.says(text))
            #expect(try await advised.ask(profile: profile).advice.verdict == verdict)
        }
    }

    @Test("a model that is away, or too late, delays nothing for ever and is asked again later")
    func unavailable() async throws {
        let busy = ModelError(
            "h", .busy(status: 529, retryAfterSeconds: 3, detail: "overloaded_error: Overloaded"))
        let refused = ModelError("h", .refused(status: 401, detail: "bad key"))
        let advised = try await AdvisedWorld(
            .failure(busy), .failure(busy), .failure(busy), .failure(refused),
            AdvisedWorld.says(#"{"comment":"late"}"#))
        var answer = try await advised.ask()
        #expect(answer.advice.verdict == "UNAVAILABLE" && answer.advice.reason.contains("529"))
        #expect(advised.retries.slept == [.seconds(3), .seconds(3)])
        #expect(advised.log.texts == ["warning retry_operation", "warning retry_operation"])
        answer.clearAdvice()
        #expect(try WireJSON.text(answer) == WireJSON.text(try await advised.alone()))
        #expect(try await advised.ask().advice.reason.contains("refused with 401"))
        #expect(advised.model.asked.count == 4, "what does not pass is not tried again")
        #expect(try await advised.ask().advice.comment == "late")
    }

    @Test("a model that never answers is given up, and not asked for a while")
    func late() async throws {
        let advised = try await AdvisedWorld(AdvisedWorld.says("{}"))
        let (silent, instant) = (SilentModel(), ManualInstant())
        let advisor = advised.advisor(silent, instant: instant, clock: SkippingClock())
        var answer = try await advised.ask(advisor)
        #expect(answer.advice.verdict == "UNAVAILABLE")
        #expect(answer.advice.reason == "the language model gave no answer within 25.0 seconds")
        answer.clearAdvice()
        #expect(try WireJSON.text(answer) == WireJSON.text(try await advised.alone()))
        _ = try await advised.ask(advisor, regime: "crisis")
        let spared = try await advised.ask(advisor, regime: "euphoria").advice.reason
        #expect(spared.contains("away a moment ago") && silent.asked == 2)
        instant.advance(by: .seconds(31))
        _ = try await advised.ask(advisor, regime: "euphoria")
        #expect(silent.asked == 3)
    }

    @Test("what nonsense and silence may have cost counts on the day")
    func lost() async throws {
        let unreadable = ModelError("h", .unreadable("an event is no JSON"))
        let advised = try await AdvisedWorld(
            .failure(unreadable),
            budget: ModelBudget(tokens: 8_000, cost: nil, prices: .free))
        let advisor = advised.advisor()
        var reasons: [String] = []
        for regime in ["crisis", "normal_bull", "normal_bear", "euphoria", "high_volatility"] {
            reasons.append(try await advised.ask(advisor, regime: regime).advice.reason)
        }
        #expect(reasons.first?.contains("cannot be read") == true)
        #expect(reasons.last?.contains("tokens are spent") == true)
    }

    @Test("an answer without its price counts as the dearest")
    func unpriced() async throws {
        let advised = try await AdvisedWorld(
            AdvisedWorld.says(#"{"comment":"x"}"#, usage: ModelUsage()))
        _ = try await advised.ask()
        let spent = try await advised.book.spent(since: Timestamp(nanoseconds: 0))
        #expect(spent.tokens > Advisor.tokensLimit)
    }

    @Test("who leaves is no failure of the model's")
    func cancelled() async throws {
        let advised = try await AdvisedWorld(AdvisedWorld.says("{}"))
        let silent = SilentModel()
        let advisor = advised.advisor(silent)
        for count in 1...3 {
            // Of the past, which nobody else waits for.
            let task = Task {
                try await advised.ask(advisor, knownAt: Samples.day(350).rfc3339)
            }
            try await eventually { silent.asked == count }
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    @Test("nobody is asked in a regime that is unknown")
    func unknown() async throws {
        let advised = try await AdvisedWorld(AdvisedWorld.says("{}"))
        #expect(try await advised.ask(regime: "unknown").hasAdvice == false)
        #expect(advised.model.asked.isEmpty)
    }

    @Test("a day's tokens and dollars are not exceeded, and come back the next day")
    func budget() async throws {
        let usage = ModelUsage(input: 2_000, output: 500)
        let prices = try #require(ModelPrices("3/15"))
        for (tokens, cost) in [(9_000, nil), (1_000_000, Int64(70_000_000))] {
            let advised = try await AdvisedWorld(
                AdvisedWorld.says(#"{"comment":"x"}"#, usage: usage),
                budget: ModelBudget(tokens: tokens, cost: cost, prices: prices))
            #expect(try await advised.ask(regime: "crisis").advice.verdict == "COMMENTED")
            let spent = try await advised.book.spent(since: Timestamp(nanoseconds: 0))
            #expect(spent == ModelSpending(tokens: 2_500, cost: 13_500_000))
            var verdicts: [String] = []
            for regime in ["normal_bull", "normal_bear", "euphoria", "high_volatility"] {
                verdicts.append(try await advised.ask(regime: regime).advice.verdict)
            }
            #expect(verdicts.last == "UNAVAILABLE")
            let reason = try await advised.ask(regime: "high_volatility").advice.reason
            #expect(reason.contains("tomorrow"))
            #expect(
                try await advised.ask(regime: "crisis").advice.verdict == "COMMENTED",
                "what is known costs nothing")
            advised.world.time.advance(bySeconds: 86_400)
            #expect(try await advised.ask(regime: "high_volatility").advice.verdict == "COMMENTED")
        }
    }

    @Test("prices are dollars for a million tokens")
    func prices() throws {
        let prices = try #require(ModelPrices("3/15"))
        #expect(prices.cost(of: ModelUsage(input: 1_000_000, output: 1_000_000)) == 18_000_000_000)
        #expect(try #require(ModelPrices("0.25/1.25")).cost(of: ModelUsage(input: 4)) == 1_000)
        for text in ["", "3", "3/", "/3", "-1/3", "nan/1", "1/2/3", "1e9/1", "a/b"] {
            #expect(ModelPrices(text) == nil, "\(text)")
        }
        let huge = ModelPrices(input: .max, output: .max)
        #expect(huge.cost(of: ModelUsage(input: .max, output: .max)) == .max)
    }
}
