import Contracts
import Market
import MarketRegime
import Ports
import Regimes
import TestSupport
import Testing

@Suite("Point in time: what was believed is kept, and can be recomputed")
struct PointInTimeTests {
    /// A vendor's dividend adjustment: everything before a bar is rescaled.
    private static func adjusted(_ bars: [Bar], before end: Int, by factor: Double) -> [Bar] {
        bars.enumerated().map { index, bar in
            guard index < end else { return bar }
            var bar = bar
            bar.open *= factor
            bar.high *= factor
            bar.low *= factor
            bar.close *= factor
            return bar
        }
    }

    private static func verify(
        _ world: World, knownAt: Timestamp? = nil
    ) async throws -> VerificationReport {
        try await Verification(reader: world.store, threads: 1).run(
            World.series, knownAt: knownAt, progress: { _ in })
    }

    @Test("a re-adjusted history is known from when it was brought", arguments: Sweep.seeds(3))
    func readjusted(seed: UInt64) async throws {
        let bars = World.bars(count: 420, seed: seed)
        let adjusted = Self.adjusted(bars, before: 390, by: 0.97)
        let brought = Samples.day(600)
        let justBefore = brought.advanced(byNanoseconds: -1_000)
        let world = World()
        try await world.backfill(bars, World.request(broughtAt: Samples.day(500)))
        let before = try await world.history()
        let changesBefore = try await world.changes()
        let result = try await world.backfill(adjusted, World.request(broughtAt: brought))
        #expect(result.work.revisedBars == 390)

        let after = try await world.history()
        #expect(after.allSatisfy { $0.availableAt == brought })
        #expect(sayTheSame(try await world.history(knownAt: justBefore), before))
        let changesThen = try await world.changes(knownAt: justBefore)
        #expect(transcript(changesThen) == transcript(changesBefore))
        #expect(sayTheSame(try await world.history(knownAt: brought), after))
        let fresh = World()
        try await fresh.backfill(adjusted)
        #expect(sayTheSame(try await fresh.history(), after.leavingOutAvailability))
        let known = try await world.store.known(World.series, at: Samples.day(200))
        #expect(known.map { sayTheSame([$0], [before[200]]) } == true)

        for instant in [nil, justBefore, brought, Samples.day(300)] {
            let report = try await Self.verify(world, knownAt: instant)
            #expect(report.differences.isEmpty, "at \(instant as Any): \(report.differences)")
            #expect(report.answers == (instant == Samples.day(300) ? 301 : 420))
            #expect(report.unanswered == 0)
        }
    }

    @Test("verify at an instant reads neither bars nor answers that came later")
    func wrongBars() async throws {
        let bars = World.bars(count: 300, seed: 8)
        let world = World()
        try await world.backfill(bars)
        // A bar that no answer rests on, brought behind the answers' back.
        var meddled = Samples.bar(250, close: 1)
        meddled.availableAt = Samples.day(400)
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead, bars: [meddled], announcing: false))
        #expect(try await Self.verify(world).differenceCount > 0)
        let then = try await Self.verify(world, knownAt: Samples.day(399))
        #expect(then.differenceCount == 0 && then.answers == 300)
        #expect(try await Self.verify(world, knownAt: Samples.day(400)).differenceCount > 0)
    }

    @Test("the same values again are no news, whenever they come")
    func sameAgain() async throws {
        let bars = World.bars(count: 200, seed: 2)
        let adjusted = Self.adjusted(bars, before: 150, by: 0.9)
        let world = World()
        try await world.backfill(bars, World.request(broughtAt: Samples.day(300)))
        let same = try await world.backfill(bars, World.request(broughtAt: Samples.day(301)))
        #expect(same.work.wroteNothing)
        try await world.backfill(adjusted, World.request(broughtAt: Samples.day(302)))
        let again = try await world.backfill(adjusted, World.request(broughtAt: Samples.day(303)))
        #expect(again.work.wroteNothing)
        let history = try await world.history()
        #expect(history.allSatisfy { $0.availableAt == Samples.day(302) })
    }

    @Test("a source that says itself when a value could be known is believed")
    func ownAvailability() async throws {
        var bars = World.bars(count: 200, seed: 3)
        let world = World()
        try await world.backfill(bars)
        bars[150].close *= 1.01
        bars[150].availableAt = Samples.day(160)
        try await world.backfill(bars)
        let history = try await world.history()
        #expect(history[149].availableAt == bars[149].timestamp)
        #expect(history[150..<161].allSatisfy { $0.availableAt == Samples.day(160) })
        #expect(history[161].availableAt == bars[161].timestamp)
        #expect(try await world.history(knownAt: Samples.day(159))[150].revision == 1)
        #expect(try await Self.verify(world, knownAt: Samples.day(170)).differenceCount == 0)
    }

    @Test("cut off at any write and resumed: the same beliefs", arguments: 1...4)
    func interrupted(write: Int) async throws {
        let bars = World.bars(count: 400, seed: 4)
        let adjusted = Self.adjusted(bars, before: 380, by: 0.95)
        let brought = Samples.day(500)
        func request(_ instant: Timestamp) -> BackfillRequest {
            World.request(chunkSize: 64, broughtAt: instant)
        }
        let whole = World()
        try await whole.backfill(bars)
        try await whole.backfill(adjusted, request(brought))
        for resumed in [brought, Samples.day(501)] {
            let world = World()
            try await world.backfill(bars)
            let before = try await world.history()
            await #expect(throws: StoreError.self) {
                try await world.backfill(
                    adjusted, request(brought),
                    through: FailingJournal(world.store, failingAt: write))
            }
            try await world.backfill(adjusted, request(resumed))
            let (mine, theirs) = (try await world.history(), try await whole.history())
            if resumed == brought {
                #expect(sayTheSame(mine, theirs))
            } else {
                #expect(sayTheSame(mine.leavingOutAvailability, theirs.leavingOutAvailability))
            }
            let justBefore = brought.advanced(byNanoseconds: -1_000)
            #expect(sayTheSame(try await world.history(knownAt: justBefore), before))
            for instant in [nil, justBefore, resumed] {
                #expect(try await Self.verify(world, knownAt: instant).differenceCount == 0)
            }
        }
    }

    @Test("resumed where the clock is behind: known no earlier than what came before")
    func clockBehind() async throws {
        let bars = World.bars(count: 400, seed: 4)
        let adjusted = Self.adjusted(bars, before: 380, by: 0.95)
        let world = World()
        try await world.backfill(bars)
        await #expect(throws: StoreError.self) {
            try await world.backfill(
                adjusted, World.request(chunkSize: 64, broughtAt: Samples.day(500)),
                through: FailingJournal(world.store, failingAt: 3))
        }
        try await world.backfill(
            adjusted, World.request(chunkSize: 64, broughtAt: Samples.day(450)))
        #expect(try await world.history().allSatisfy { $0.availableAt == Samples.day(500) })
        for instant in [449, 450, 475, 499, 500].map(Samples.day) {
            #expect(try await Self.verify(world, knownAt: instant).differenceCount == 0)
        }
    }
}

@Suite("Property: what is believed at an instant is what was read at it")
struct BeliefLawTests {
    @Test("live bars, corrections and late bars in any order", arguments: Sweep.seeds(3))
    func beliefs(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        var bars = World.bars(count: 330, seed: seed)
        let world = World()
        var end = 160
        try await world.backfill(Array(bars[..<end]), World.request(broughtAt: now(end)))
        var snapshots = [try await snapshot(world, at: now(end))]
        while end < bars.count {
            let next = min(bars.count, end + Int.random(in: 1...30, using: &generator))
            let instant = now(next)
            var classifier = LiveClassifier(
                journal: world.store, reader: world.store, now: { instant },
                logger: World.logger, jitter: SplitMix64(seed: 1))
            for bar in bars[end..<next] { try await classifier.take(bar, of: World.series) }
            end = next
            let index = Int.random(in: 0..<end - 1, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                // A correction that arrives late is kept and believed by nobody, until a backfill
                // brings it too.
                bars[index].close *= 1.004
                try await classifier.take(bars[index], of: World.series)
            case 1:
                bars[index].volume += 1
                fallthrough
            default:
                try await world.backfill(
                    Array(bars[..<end]), World.request(chunkSize: 77, broughtAt: instant))
            }
            snapshots.append(try await snapshot(world, at: instant))
        }
        #expect(snapshots.contains { $0.answers.contains { $0.revision > 2 } })
        for (number, snapshot) in snapshots.enumerated() {
            let then = try await self.snapshot(world, at: snapshot.instant, looking: .back)
            #expect(transcript(then.answers) == transcript(snapshot.answers))
            #expect(transcript(then.changes) == transcript(snapshot.changes))
            #expect(transcript(then.bars) == transcript(snapshot.bars))
            guard number.isMultiple(of: 4) else { continue }
            let report = try await Verification(reader: world.store, threads: 1).run(
                World.series, knownAt: snapshot.instant, progress: { _ in })
            #expect(report.differences.isEmpty, "\(report.differences)")
        }
    }

    /// An hour after the last of so many bars.
    private func now(_ count: Int) -> Timestamp {
        Samples.day(count - 1).advanced(bySeconds: 3_600)
    }

    private struct Snapshot {
        let instant: Timestamp
        let answers: [RegimeAssessment]
        let changes: [RegimeChange]
        let bars: [RevisedBar]
    }

    private enum Look {
        case now
        case back
    }

    private func snapshot(
        _ world: World, at instant: Timestamp, looking look: Look = .now
    ) async throws -> Snapshot {
        let query = SeriesQuery(World.series, knownAt: look == .back ? instant : nil)
        return Snapshot(
            instant: instant, answers: try await world.store.history(query),
            changes: try await world.store.changes(query), bars: try await world.store.bars(query))
    }
}
