import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("A calibrated series: its history is what live would have said")
struct CalibratedBackfillTests {
    static let length = 900
    static let seeds = Sweep.seeds(2)

    static func request(
        emitting: Bool = false, chunkSize: Int = BackfillRequest.defaultChunkSize
    ) -> BackfillRequest {
        var request = World.request(emitting: emitting, chunkSize: chunkSize)
        request.terms.specification.calibration = CalibrationPlan()
        return request
    }

    private func backfilled(
        _ bars: [Bar], chunkSize: Int = BackfillRequest.defaultChunkSize
    ) async throws -> World {
        let world = World()
        try await world.backfill(bars, Self.request(chunkSize: chunkSize))
        return world
    }

    @Test("in a batch, in chunks, bar by bar and resumed: the same bits", arguments: seeds)
    func batchEqualsLive(seed: UInt64) async throws {
        let bars = World.bars(count: Self.length, seed: seed)
        let whole = try await backfilled(bars)
        let history = try await whole.history()
        #expect(history.count { $0.confidenceKind == .calibrated } > 200)
        #expect(history.allSatisfy { $0.probabilityKind != .calibrated })
        let chunked = try await backfilled(bars, chunkSize: 61)
        #expect(sayTheSame(history, try await chunked.history()))

        let live = World()
        _ = try await live.store.register(
            SeriesProfile(
                series: World.series, calendar: .continuous, anchor: bars[0].timestamp,
                specification: Self.request().terms.specification.canonicalJSON))
        var classifier = live.classifier()
        for (index, bar) in bars.enumerated() {
            // A new classifier replays the store.
            if index == 450 || index == 777 { classifier = live.classifier() }
            try await classifier.take(bar, of: World.series)
        }
        #expect(sayTheSame(history, try await live.history()))
        let changes = try await whole.changes()
        #expect(changes.contains { $0.calibratedConfidence != nil })
        #expect(
            changes.map(\.calibratedConfidence)
                == (try await live.changes()).map(\.calibratedConfidence))
        for change in changes {
            let own = history.first { $0.asOf == change.asOf }
            #expect(own?.calibratedConfidence == change.calibratedConfidence)
        }
    }

    @Test("changing later bars leaves what was said before untouched", arguments: seeds)
    func noLookAhead(seed: UInt64) async throws {
        let bars = World.bars(count: Self.length, seed: seed)
        let cut = 780
        let mutated = bars.enumerated().map { index, bar in
            index < cut ? bar : Samples.bar(index, close: bar.close * (index % 2 == 0 ? 1.1 : 0.9))
        }
        let original = try await backfilled(bars)
        let other = try await backfilled(mutated)
        let earlier = try await original.history().prefix(cut)
        #expect(earlier.contains { $0.calibratedConfidence != nil })
        #expect(sayTheSame(earlier, try await other.history().prefix(cut)))
    }

    @Test("labels, models and event ids are those of a raw series")
    func onlyConfidenceDiffers() async throws {
        let bars = World.bars(count: Self.length, seed: 3)
        let calibrated = try await backfilled(bars)
        let raw = World()
        try await raw.backfill(bars)
        #expect(
            try await raw.changes().map(\.eventID)
                == (try await calibrated.changes()).map(\.eventID)
        )
        for (one, other) in zip(try await raw.history(), try await calibrated.history()) {
            #expect(one.confidenceKind == one.probabilityKind)
            #expect(one.regime == other.regime && one.probabilities == other.probabilities)
            #expect(one.modelVersion == other.modelVersion)
        }
    }

    @Test("a verification finds a confidence that is not what it comes to")
    func verification() async throws {
        let bars = World.bars(count: Self.length, seed: 4)
        let world = try await backfilled(bars)
        let verification = Verification(reader: world.store, threads: 1)
        let sound = try await verification.run(World.series) { _ in }
        #expect(sound.differences.isEmpty && sound.answers == Self.length)
        var tampered = try #require(
            try await world.history().last { $0.calibratedConfidence != nil })
        tampered.calibratedConfidence = tampered.calibratedConfidence?.nextDown
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead,
                records: [JournalRecord(assessment: tampered)], announcing: false))
        let report = try await verification.run(World.series) { _ in }
        #expect(report.differences.first?.part == "calibrated_confidence")
        #expect(report.differences.first?.asOf == tampered.asOf)
    }

    @Test("another plan for a known series is refused, and the message says where to look")
    func conflict() async throws {
        let bars = World.bars(count: 10, seed: 1)
        let world = try await backfilled(bars)
        let error = await #expect(throws: BackfillError.self) { try await world.backfill(bars) }
        #expect("\(try #require(error))".contains("BLOASIS_CONFIDENCE"))
    }

    @Test("the riskier of two labels is answered with its probability, and says so")
    func conservative() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        var record = try #require(Samples.records([.normalBull]).first)
        record.assessment.calibratedConfidence = 0.97
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead, records: [record], announcing: false))
        var request = Bloasis_MarketRegime_RegimeRequest()
        let known = try await world.queries().getCurrentRegime(request)
        #expect(known.confidence == 0.97 && known.confidenceKind == "calibrated" && known.stale)
        request.onDegraded = .conservative
        let cautious = try await world.queries().getCurrentRegime(request)
        #expect(cautious.regime == "high_volatility" && cautious.confidence == 0)
        #expect(cautious.confidenceKind == "mapped_posterior" && !cautious.hasProbabilityKind)
    }
}
