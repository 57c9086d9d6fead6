import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("Promoting another model")
struct PromotionTests {
    /// Another kind of model, as small as the world's.
    private static let candidate: RegimeSpecification = {
        var specification = RegimeSpecification.standard(.jump)
        specification.features = World.specification.features
        specification.states = 2
        specification.starts = 4
        specification.training = World.specification.training
        specification.hysteresis = World.specification.hysteresis
        specification.calibration = nil
        return specification
    }()

    private static func promotion(_ world: World) -> ModelPromotion {
        ModelPromotion(journal: world.store, reader: world.store)
    }

    /// Live until a bar, then promoted, live on, rolled back, and live to the end.
    private static func lived(
        _ bars: [Bar], promotedAt first: Int, rolledBackAt second: Int
    )
        async throws -> World
    {
        let world = World()
        try await world.register(anchor: bars[0].timestamp)
        var classifier = world.classifier()
        for (place, bar) in bars.enumerated() {
            if place == first {
                _ = try await promotion(world).promote(candidate, of: World.series)
            }
            if place == second { _ = try await promotion(world).rollBack(World.series) }
            try await classifier.take(bar, of: World.series)
        }
        return world
    }

    /// What one specification says of all bars, had it always answered.
    private static func alone(
        _ specification: RegimeSpecification, _ bars: [Bar]
    ) async throws -> [RegimeAssessment] {
        let world = World()
        _ = try await world.store.register(
            SeriesProfile(
                series: World.series, calendar: .continuous, anchor: bars[0].timestamp,
                specification: specification.canonicalJSON))
        var classifier = world.classifier()
        for bar in bars { try await classifier.take(bar, of: World.series) }
        return try await world.history()
    }

    @Test(
        "each bar is answered by what was in force, as if that had always answered",
        arguments: Sweep.seeds(4))
    func eras(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let bars = World.bars(count: 620, seed: seed &+ 100)
        let first = 330 + Int(generator.next() % 120)
        let second = first + 1 + Int(generator.next() % 120)
        let world = try await Self.lived(bars, promotedAt: first, rolledBackAt: second)
        let told = try await world.history()
        try #require(told.count == bars.count)
        let (own, other) = (
            try await Self.alone(World.specification, bars),
            try await Self.alone(Self.candidate, bars)
        )
        for place in bars.indices {
            let expected = (first..<second).contains(place) ? other[place] : own[place]
            let answer = told[place]
            #expect(answer.regime == expected.regime && answer.rawRegime == expected.rawRegime)
            #expect(answer.probabilities == expected.probabilities)
            #expect(answer.modelVersion == expected.modelVersion)
        }
        // The models that answer and since when: of each era its own, from its first bar on.
        let activations = try await world.store.activations(of: World.series)
        #expect(
            activations.last { $0.activeFrom <= bars[first].timestamp }?.version
                == other[first].modelVersion)
        #expect(
            activations.last { $0.activeFrom <= bars[second].timestamp }?.version
                == own[second].modelVersion)
        for change in try await world.changes() where change.asOf == bars[first].timestamp {
            let kept = own[first].regime == own[first - 1].regime
            #expect(change.trigger == (kept ? .refit : .bar))
        }
    }

    @Test("a verification, a restart and a backfill of all bars say what live said, bit for bit")
    func sameBits() async throws {
        let bars = World.bars(count: 560, seed: 3)
        let world = try await Self.lived(bars, promotedAt: 400, rolledBackAt: 480)
        let told = try await world.history()
        let report = try await Verification(reader: world.store, threads: 1).run(World.series) {
            _ in
        }
        #expect(report.bars == bars.count && report.differenceCount == 0, "\(report)")

        let again = World()
        let head = try #require(try await world.store.head(of: World.series))
        _ = try await again.store.register(head.profile)
        try await again.backfill(bars)
        #expect(
            sayTheSame(
                try await again.history().leavingOutTrigger, told.leavingOutTrigger))
        // The configuration may name what the series began with: nothing is written anew.
        let result = try await world.backfill(bars)
        #expect(result.work.wroteNothing)
    }

    @Test("nothing changes before the next bar, and what was promoted twice is refused")
    func refusals() async throws {
        let bars = World.bars(count: 460, seed: 5)
        let world = World()
        try await world.live(Array(bars[..<400]))
        let promotion = Self.promotion(world)
        let before = try await world.history()
        await #expect(throws: PromotionError.nothingPromoted(World.series)) {
            try await promotion.rollBack(World.series)
        }
        await #expect(throws: PromotionError.answersAlready(World.series)) {
            try await promotion.promote(World.specification, of: World.series)
        }
        let outcome = try await promotion.promote(Self.candidate, of: World.series)
        #expect(outcome.after == bars[399].timestamp && outcome.former == World.specification)
        #expect(sayTheSame(try await world.history(), before))
        await #expect(throws: PromotionError.answersAlready(World.series)) {
            try await promotion.promote(Self.candidate, of: World.series)
        }
        // Rolled back before it answered, it never was.
        _ = try await promotion.rollBack(World.series)
        let head = try #require(try await world.store.head(of: World.series))
        #expect(head.profile.specification == World.specification.canonicalJSON)
        let other = try #require(MarketName("OTHER"))
        await #expect(throws: JournalError.self) {
            try await promotion.promote(
                Self.candidate, of: Series(market: other, timeframe: .daily))
        }
    }

    @Test("a series too short for the other model keeps its own")
    func tooShort() async throws {
        let bars = World.bars(count: 200, seed: 5)
        let world = World()
        try await world.live(bars)
        var greedy = Self.candidate
        greedy.training = TrainingPlan(
            warmUpBars: 250, windowBars: 260, refitMonths: [1, 4, 7, 10])
        await #expect(throws: PromotionError.noModel(World.series, bars: 200)) {
            try await Self.promotion(world).promote(greedy, of: World.series)
        }
    }
}

extension [RegimeAssessment] {
    /// Live says `bar` where a backfill says `backfill`.
    fileprivate var leavingOutTrigger: [RegimeAssessment] {
        map { assessment in
            var assessment = assessment
            if assessment.trigger == .backfill { assessment.trigger = .bar }
            return assessment
        }
    }
}
