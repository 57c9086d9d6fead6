import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("Backfill and live with values from outside the market")
struct ExogenousBackfillTests {
    static let specification: RegimeSpecification = {
        var specification = World.specification
        specification.features = ["log_return", "vix"]
        return specification
    }()

    /// A walk with a VIX that follows its volatility, missing on some bars.
    static func bars(count: Int, seed: UInt64) -> [Bar] {
        var generator = SplitMix64(seed: seed)
        var bars = World.bars(count: count, seed: seed)
        for index in bars.indices.dropFirst() where generator.unit() > 0.05 {
            let change = bars[index].close / bars[index - 1].close - 1
            bars[index].exogenous["vix"] = 12 + 600 * change.magnitude + generator.unit()
        }
        return bars
    }

    private static func request(
        bringingExogenous: Bool = true, chunkSize: Int = 97
    ) -> BackfillRequest {
        BackfillRequest(
            series: World.series, calendar: .continuous,
            BackfillTerms(
                specification: specification, now: World.now,
                bringsExogenous: bringingExogenous),
            chunkSize: chunkSize)
    }

    private func stored(_ world: World) async throws -> [Bar] {
        try await world.store.bars(SeriesQuery(World.series, limit: 10_000)).map(\.bar)
    }

    @Test("live, resumed from the store, says what the batch says", arguments: Sweep.seeds(2))
    func batchEqualsLive(seed: UInt64) async throws {
        let bars = Self.bars(count: 400, seed: seed)
        let batch = World()
        try await batch.backfill(bars, Self.request())
        let live = World()
        try await live.backfill(Array(bars.prefix(150)), Self.request(chunkSize: 31))
        var classifier = live.classifier()
        for (index, bar) in bars.enumerated().dropFirst(150) {
            if index.isMultiple(of: 60) { classifier = live.classifier() }
            try await classifier.take(bar, of: World.series)
        }
        let history = try await batch.history()
        #expect(sayTheSame(history, try await live.history()))
        let vix = history.map { $0.indicators.first { $0.name == "vix" }?.value ?? .nan }
        #expect(
            zip(vix, bars).allSatisfy { mine, bar in
                mine == bar.exogenous["vix"] || mine.isNaN && bar.exogenous["vix"].isNaN
            })
        #expect(history.contains { $0.inputMissing })
    }

    @Test("a source that says nothing of them leaves the stored ones; one that does replaces them")
    func kept() async throws {
        let bars = Self.bars(count: 300, seed: 9)
        let world = World()
        try await world.backfill(bars, Self.request())
        let before = try await world.history()
        var plain = bars
        for index in plain.indices { plain[index].exogenous = [:] }
        let again = try await world.backfill(plain, Self.request(bringingExogenous: false))
        #expect(again.work.newBars + again.work.revisedBars + again.work.restatedAssessments == 0)
        plain[200].close *= 1.01
        let revised = try await world.backfill(plain, Self.request(bringingExogenous: false))
        #expect(revised.work.revisedBars == 1)
        #expect(try await stored(world)[200].exogenous == bars[200].exogenous)
        plain[200] = bars[200]
        let removed = try await world.backfill(plain, Self.request())
        let others = bars.indices.count { $0 != 200 && !bars[$0].exogenous.isEmpty }
        #expect(removed.work.revisedBars == others + 1)
        try await world.backfill(bars, Self.request())
        #expect(sayTheSame(before, try await world.history().leavingOutAvailability))
    }

    @Test("without any, a bar's answer does not speak of them")
    func without() async throws {
        let world = World()
        try await world.backfill(World.bars(count: 200, seed: 1))
        for assessment in try await world.history() {
            #expect(!assessment.indicators.contains { $0.name == "vix" })
            #expect(!assessment.reasoning.contains("VIX"))
        }
    }
}
