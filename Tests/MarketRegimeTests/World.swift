import Contracts
import Hosting
import Logging
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import Scoring
import TestSupport

/// A store and bus in memory, with what it takes to run bars through them.
struct World {
    static let series = Samples.series
    static let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
    static let now: @Sendable () -> Timestamp = { Samples.day(20_000) }

    let store = InMemoryRegimeStore(wording: .standard, now: World.now)
    let bus = InMemoryEventBus()

    /// Small enough to refit often within a few hundred bars, with a label that does change.
    static let specification: RegimeSpecification = {
        var specification = RegimeSpecification.standard
        specification.features = ["log_return", "volatility_21"]
        specification.states = 2
        specification.starts = 4
        specification.training = TrainingPlan(
            warmUpBars: 120, windowBars: 260, refitMonths: [1, 4, 7, 10])
        specification.hysteresis.minimumDwellBars = 3
        specification.hysteresis.confirmationBars = 1
        specification.hysteresis.recoveryConfirmationBars = 2
        return specification
    }()

    /// A walk whose volatility switches between calm and stressed spells.
    static func bars(count: Int, seed: UInt64) -> [Bar] {
        var generator = SplitMix64(seed: seed)
        var close = 100.0
        var isStressed = false
        return (0..<count).map { number in
            if generator.unit() < 0.02 { isStressed.toggle() }
            let spread = isStressed ? 0.03 : 0.006
            close *= max(0.2, 1 + (isStressed ? -0.001 : 0.0008) + spread * generator.normal())
            return Samples.bar(number, close: close)
        }
    }

    /// Answers from the store.
    func currents(
        shared: (any SharedCache)? = nil, now: @escaping @Sendable () -> Timestamp = World.now
    ) -> CurrentRegimes {
        CurrentRegimes(
            reader: store, shared: shared, defaultMarket: World.series.market, now: now,
            CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
    }

    /// - Parameter scorecards: run by whoever asks for one.
    func queries(
        shared: (any SharedCache)? = nil, scorecards: Scorecards? = nil,
        told: (any ToldHistory)? = nil, analysis: any AIAnalysisAPI = FakeService(),
        now: @escaping @Sendable () -> Timestamp = World.now
    ) -> MarketRegimeQueries {
        MarketRegimeQueries(
            reader: store, told: told ?? store, overrides: store,
            currents: currents(shared: shared, now: now),
            scorecards: scorecards ?? self.scorecards(), analysis: analysis,
            defaultMarket: World.series.market, now: now)
    }

    func scorecards() -> Scorecards {
        Scorecards(
            now: { ContinuousClock.now },
            make: { [store] in try await StoredScorecard(of: $0, store).message })
    }

    /// Made-up markets may do anything.
    static func request(
        emitting: Bool = false, chunkSize: Int = BackfillRequest.defaultChunkSize,
        range: Range<Timestamp>? = nil, broughtAt: Timestamp = World.now(),
        splits: SplitPolicy = .accept
    ) -> BackfillRequest {
        BackfillRequest(
            series: series, calendar: .continuous,
            BackfillTerms(
                specification: specification, now: { broughtAt }, range: range,
                emitting: emitting, splits: splits),
            chunkSize: chunkSize)
    }

    @discardableResult
    func backfill(
        _ bars: [Bar], _ request: BackfillRequest = World.request(),
        through journal: (any RegimeJournal)? = nil, isScanning: Bool = false
    ) async throws -> BackfillResult {
        try await Backfill(journal: journal ?? store, reader: store).run(
            request, from: Backfill.source(of: bars),
            scanning: isScanning ? Backfill.source(of: bars) : nil)
    }

    func register(anchor: Timestamp) async throws {
        _ = try await store.register(
            SeriesProfile(
                series: World.series, calendar: .continuous, anchor: anchor,
                specification: World.specification.canonicalJSON))
    }

    /// Bars from the first one on, each as it comes.
    func live(_ bars: [Bar]) async throws {
        try await register(anchor: bars[0].timestamp)
        var classifier = classifier()
        for bar in bars { try await classifier.take(bar, of: World.series) }
    }

    func classifier() -> LiveClassifier {
        LiveClassifier(
            journal: store, reader: store, now: World.now, logger: World.logger,
            jitter: SplitMix64(seed: 1))
    }

    func history(knownAt: Timestamp? = nil) async throws -> [RegimeAssessment] {
        try await store.history(SeriesQuery(World.series, knownAt: knownAt))
    }

    func changes(knownAt: Timestamp? = nil) async throws -> [RegimeChange] {
        try await store.changes(SeriesQuery(World.series, knownAt: knownAt))
    }
}

extension Scorecards {
    /// Runs while a body does, and has ended when this does.
    func running<Answer: Sendable>(
        _ body: () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.run() }
            let answer = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return answer
        }
    }
}

/// Whether two histories say the same, bit for bit.
func sayTheSame(
    _ mine: some Collection<RegimeAssessment>, _ theirs: some Collection<RegimeAssessment>
)
    -> Bool
{
    mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.saysTheSame(as: $1) }
}

extension Collection<RegimeAssessment> {
    /// As if every bar had been known at its close.
    var leavingOutAvailability: [RegimeAssessment] {
        map { assessment in
            var assessment = assessment
            assessment.availableAt = assessment.asOf
            return assessment
        }
    }
}
