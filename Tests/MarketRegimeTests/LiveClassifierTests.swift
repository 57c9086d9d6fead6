import Market
import MarketRegime
import Ports
import Regimes
import TestSupport
import Testing

@Suite("Live: one bar in, one transaction out")
struct LiveClassifierTests {
    private func backfilled(_ count: Int, seed: UInt64 = 7) async throws -> (World, [Bar]) {
        let bars = World.bars(count: count + 60, seed: seed)
        let world = World()
        try await world.backfill(Array(bars[..<count]))
        return (world, bars)
    }

    @Test("a live change is announced with the next sequence and an outbox row")
    func announces() async throws {
        let (world, bars) = try await backfilled(400)
        var classifier = world.classifier()
        var announced = 0
        for bar in bars[400...] {
            announced += try await classifier.take(bar, of: World.series).announced
        }
        #expect(announced > 0)
        let announcements = try await world.store.announcements(
            of: World.series, after: 0, limit: 100)
        #expect(
            announcements.map { $0.announcement?.sequence } == (1...Int64(announced)).map { $0 })
        #expect(try await world.store.pending(limit: 100).count == announced)
    }

    @Test("the same bar again writes nothing")
    func again() async throws {
        let (world, bars) = try await backfilled(300)
        var classifier = world.classifier()
        try await classifier.take(bars[300], of: World.series)
        let receipt = try await classifier.take(bars[300], of: World.series)
        #expect(receipt.wroteNothing)
    }

    @Test("a late correction is kept as a revision and announces nothing")
    func late() async throws {
        let (world, bars) = try await backfilled(300)
        let before = try await world.history()
        var classifier = world.classifier()
        let receipt = try await classifier.take(
            Samples.bar(250, close: bars[250].close * 1.5), of: World.series)
        #expect(receipt.revisedBars == 1)
        #expect(receipt.announced == 0)
        #expect(sayTheSame(before, try await world.history()))
    }

    @Test("two processes on one store: each bar once, sequences without gaps")
    func race() async throws {
        let (world, bars) = try await backfilled(300)
        var one = world.classifier()
        var other = world.classifier()
        for (index, bar) in bars[300...].enumerated() {
            if index.isMultiple(of: 2) {
                try await one.take(bar, of: World.series)
                try await other.take(bar, of: World.series)
            } else {
                try await other.take(bar, of: World.series)
            }
        }
        let whole = World()
        try await whole.backfill(bars)
        #expect(sayTheSame(try await whole.history(), try await world.history()))
        let sequences = try await world.store.announcements(of: World.series, after: 0, limit: 100)
            .map { $0.announcement?.sequence }
        #expect(sequences == (0..<sequences.count).map { Int64($0) + 1 })
    }

    @Test("a past restated by another process is taken up before the next bar")
    func restated() async throws {
        var (world, bars) = try await backfilled(400)
        var classifier = world.classifier()
        try await classifier.take(bars[400], of: World.series)
        bars[390] = Samples.bar(390, close: bars[390].close * 1.05)
        try await world.backfill(Array(bars[...400]))
        for bar in bars[401...] { try await classifier.take(bar, of: World.series) }
        let whole = World()
        try await whole.backfill(bars)
        let history = try await world.history()
        #expect(sayTheSame(try await whole.history(), history.leavingOutAvailability))
    }

    @Test("bars stored without an answer are part of the past, whether live runs or not")
    func unanswered() async throws {
        let (world, bars) = try await backfilled(400)
        var running = world.classifier()
        try await running.take(bars[400], of: World.series)
        let range = Samples.day(425)..<Samples.day(431)
        try await world.backfill(Array(bars[...430]), World.request(range: range))
        try await running.take(bars[431], of: World.series)
        var fresh = world.classifier()
        try await fresh.take(bars[432], of: World.series)
        let whole = World()
        try await whole.backfill(Array(bars[...432]))
        let expected = try await whole.history().suffix(2)
        let found = try await world.history().suffix(2)
        #expect(sayTheSame(expected, found))
    }

    @Test("concurrent callers are served in turn")
    func intake() async throws {
        let (world, bars) = try await backfilled(300)
        let intake = BarIntake(classifier: world.classifier())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bar in bars[300...] {
                group.addTask { try await intake.take(bar, of: World.series) }
            }
            try await group.waitForAll()
        }
        // Order among the callers is not promised, so late ones became revisions; none is lost.
        let stored = try await world.store.history(SeriesQuery(World.series)).count
        let kept = try await world.store.head(of: World.series)?.lastAsOf
        #expect(kept == bars.last?.timestamp)
        #expect(stored > 300)
    }

    @Test("a series nobody registered is an error")
    func unknown() async throws {
        let world = World()
        var classifier = world.classifier()
        await #expect(throws: JournalError.unknownSeries(World.series)) {
            try await classifier.take(Samples.bar(1), of: World.series)
        }
    }
}
