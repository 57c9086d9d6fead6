import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("A model that runs beside")
struct ShadowTests {
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

    /// Live, with what is done before bars by their places.
    private static func lived(
        _ bars: [Bar], _ deeds: [Int: (ModelPromotion) async throws -> Void] = [:]
    ) async throws -> World {
        let world = World()
        try await world.register(anchor: bars[0].timestamp)
        var classifier = world.classifier()
        for (place, bar) in bars.enumerated() {
            try await deeds[place]?(promotion(world))
            try await classifier.take(bar, of: World.series)
        }
        return world
    }

    private static func answers(_ world: World) async throws -> [ShadowAnswer] {
        try await world.store.shadowAnswers(SeriesQuery(World.series), onlyDisagreeing: false)
    }

    private static func told(_ world: World) async throws -> [ModelDisagreementEvent] {
        try await world.store.pending(limit: 10_000)
            .filter { $0.message.topic == .modelDisagreement }
            .map { try ModelDisagreementEvent(payload: $0.message.payload) }
    }

    private static func begin(_ promotion: ModelPromotion) async throws {
        _ = try await promotion.shadow(candidate, of: World.series)
    }

    @Test("changes nothing of what is said, and says what it would say alone")
    func beside() async throws {
        let bars = World.bars(count: 700, seed: 31)
        let plain = try await Self.lived(bars)
        let world = try await Self.lived(bars, [450: Self.begin])
        #expect(sayTheSame(try await world.history(), try await plain.history()))
        let alone = World()
        _ = try await alone.store.register(
            SeriesProfile(
                series: World.series, calendar: .continuous, anchor: bars[0].timestamp,
                specification: Self.candidate.canonicalJSON))
        var classifier = alone.classifier()
        for bar in bars { try await classifier.take(bar, of: World.series) }
        let wanted = try await alone.history().suffix(250)
        let said = try await Self.answers(world)
        #expect(said.map(\.asOf) == bars.suffix(250).map(\.timestamp))
        #expect(said.map(\.regime) == wanted.map(\.regime))
        #expect(said.map(\.modelVersion) == wanted.map(\.modelVersion))
        #expect(
            said.map(\.confidence.bitPattern)
                == wanted.map { $0.probabilities[$0.regime].bitPattern })
        let published = try await world.history().suffix(250)
        #expect(said.map(\.published) == published.map(\.regime))
        #expect(said.map(\.publishedVersion) == published.map(\.modelVersion))
    }

    @Test("is told exactly where they begin and cease to disagree")
    func stream() async throws {
        let world = try await Self.lived(World.bars(count: 700, seed: 31), [450: Self.begin])
        let said = try await Self.answers(world)
        var expected: [Timestamp] = []
        var disagreed = false
        for answer in said {
            if answer.disagrees != disagreed { expected.append(answer.asOf) }
            disagreed = answer.disagrees
        }
        let told = try await Self.told(world)
        #expect(told.count >= 2, "the models always agreed: nothing is tested")
        #expect(told.map(\.answer.asOf) == expected)
        #expect(told.map(\.answer.disagrees) == expected.indices.map { $0.isMultiple(of: 2) })
        #expect(Set(told.map(\.eventID)).count == told.count)
    }

    @Test("a restart in the middle, and a backfill of the rest, say what live says")
    func continued() async throws {
        let bars = World.bars(count: 700, seed: 32)
        let whole = try await Self.lived(bars, [450: Self.begin])
        let parts = World()
        try await parts.register(anchor: bars[0].timestamp)
        var first = parts.classifier()
        for bar in bars[..<450] { try await first.take(bar, of: World.series) }
        try await Self.begin(Self.promotion(parts))
        var second = parts.classifier()
        for bar in bars[450..<600] { try await second.take(bar, of: World.series) }
        let before = try await Self.told(parts).count
        _ = try await parts.backfill(Array(bars[600...]))
        #expect(try await Self.answers(parts) == Self.answers(whole))
        // What a backfill finds is listed, and told to nobody.
        #expect(try await Self.told(parts).count == before)
        // Once more it finds all of it said.
        let again = try await parts.backfill(bars)
        #expect(again.work.newAssessments + again.work.restatedAssessments == 0)
        #expect(try await Self.answers(parts) == Self.answers(whole))
        let report = try await Verification(reader: parts.store, threads: 1)
            .run(World.series) { _ in }
        #expect(report.differences.isEmpty, "\(report.differences.prefix(3))")
    }

    @Test("a tampered answer of it is found")
    func tampered() async throws {
        let bars = World.bars(count: 500, seed: 33)
        let world = try await Self.lived(bars, [450: Self.begin])
        var forged = try #require(try await Self.answers(world).last)
        forged.confidence = 1 - forged.confidence / 2
        let assessment = try #require(try await world.history().last)
        var batch = JournalBatch(series: World.series, expecting: .anyHead, announcing: false)
        batch.records = [JournalRecord(assessment: assessment, shadow: forged)]
        _ = try await world.store.record(batch)
        let report = try await Verification(reader: world.store, threads: 1)
            .run(World.series) { _ in }
        #expect(report.differences.map(\.part) == ["what ran beside"])
    }

    @Test("is promoted, and then nothing runs beside; it ends; another takes its place")
    func ended() async throws {
        let bars = World.bars(count: 700, seed: 34)
        let world = try await Self.lived(
            bars,
            [
                450: Self.begin,
                550: { promotion in
                    let outcome = try await promotion.promoteShadow(of: World.series)
                    #expect(outcome.current == Self.candidate)
                    await #expect(throws: PromotionError.nothingBeside(World.series)) {
                        try await promotion.promoteShadow(of: World.series)
                    }
                    await #expect(throws: PromotionError.nothingBeside(World.series)) {
                        try await promotion.endShadow(of: World.series)
                    }
                },
                600: { promotion in
                    _ = try await promotion.shadow(World.specification, of: World.series)
                    await #expect(throws: PromotionError.runsAlready(World.series)) {
                        try await promotion.shadow(World.specification, of: World.series)
                    }
                    await #expect(throws: PromotionError.answersAlready(World.series)) {
                        try await promotion.shadow(Self.candidate, of: World.series)
                    }
                },
                650: { promotion in
                    let (ended, tally) = try await promotion.endShadow(of: World.series)
                    #expect(ended == World.specification && tally.bars == 50)
                },
            ])
        let said = try await Self.answers(world).map(\.asOf)
        #expect(said == (bars[450..<550] + bars[600..<650]).map(\.timestamp))
        let report = try await Verification(reader: world.store, threads: 1)
            .run(World.series) { _ in }
        #expect(report.differences.isEmpty, "\(report.differences.prefix(3))")
    }

    @Test("the API lists it by pages, and says how it goes")
    func listed() async throws {
        let world = try await Self.lived(World.bars(count: 700, seed: 31), [450: Self.begin])
        let all = try await world.store.shadowAnswers(
            SeriesQuery(World.series), onlyDisagreeing: true)
        var request = Bloasis_MarketRegime_ListDisagreementsRequest()
        (request.market, request.timeframe) = ("\(World.series.market)", "1d")
        request.pageSize = 7
        var items: [Bloasis_MarketRegime_Disagreement] = []
        repeat {
            let page = try await world.queries().listDisagreements(request)
            #expect(page.shadow.bars == 250 && page.shadow.disagreed == Int64(all.count))
            #expect(page.shadow.kind == "jump" && page.shadow.publishedKind == "hmm")
            items += page.items
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        #expect(items.map(\.asOf) == all.map(\.asOf.rfc3339))
        #expect(items.map(\.regime) == all.map(\.regime.label))
        request.pageToken = "nonsense"
        await #expect(throws: RPCFault.self) {
            try await world.queries().listDisagreements(request)
        }
    }
}
