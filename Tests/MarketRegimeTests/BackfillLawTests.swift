import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("Property: what a backfill writes is what live would have said")
struct BackfillLawTests {
    static let seeds = Sweep.seeds(6)
    static let length = 700

    @Test("bar by bar live, and in a batch, the same bits", arguments: seeds)
    func batchEqualsLive(seed: UInt64) async throws {
        let bars = World.bars(count: BackfillLawTests.length, seed: seed)
        let batch = World()
        try await batch.backfill(bars)
        let live = World()
        try await live.live(bars)
        #expect(sayTheSame(try await batch.history(), try await live.history()))
        let changes = try await batch.changes()
        #expect(changes.count > 2)
        #expect(changes.map(\.eventID) == (try await live.changes()).map(\.eventID))
    }

    @Test("a process that stopped and resumed from the store says the same", arguments: seeds)
    func resumed(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let bars = World.bars(count: BackfillLawTests.length, seed: seed)
        let whole = World()
        try await whole.backfill(bars)
        let interrupted = World()
        let cut = Int.random(in: 1..<bars.count, using: &generator)
        try await interrupted.backfill(Array(bars[..<cut]))
        for bar in bars[cut...] {
            // A new classifier for every bar: each one replays the store.
            if Int.random(in: 0..<40, using: &generator) == 0
                || bar.timestamp == bars[cut].timestamp
            {
                var classifier = interrupted.classifier()
                try await classifier.take(bar, of: World.series)
            } else {
                try await interrupted.backfill(
                    bars.filter { $0.timestamp <= bar.timestamp }.suffix(1))
            }
        }
        #expect(sayTheSame(try await whole.history(), try await interrupted.history()))
    }

    @Test("the first half alone is the first half of the whole", arguments: seeds)
    func prefix(seed: UInt64) async throws {
        let bars = World.bars(count: BackfillLawTests.length, seed: seed)
        let whole = World()
        try await whole.backfill(bars)
        let half = World()
        try await half.backfill(Array(bars.prefix(bars.count / 2)))
        let expected = try await whole.history().prefix(bars.count / 2)
        #expect(sayTheSame(expected, try await half.history()))
    }

    @Test("the size of a chunk changes nothing", arguments: seeds)
    func chunking(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let bars = World.bars(count: BackfillLawTests.length, seed: seed)
        let whole = World()
        try await whole.backfill(bars)
        let chunked = World()
        let size = Int.random(in: 1...97, using: &generator)
        try await chunked.backfill(bars, World.request(chunkSize: size))
        #expect(sayTheSame(try await whole.history(), try await chunked.history()))
    }

    @Test("a range limits what is written, never what is read", arguments: seeds)
    func range(seed: UInt64) async throws {
        let bars = World.bars(count: BackfillLawTests.length, seed: seed)
        let whole = World()
        try await whole.backfill(bars)
        let range = Samples.day(300)..<Samples.day(500)
        let part = World()
        try await part.backfill(bars, World.request(range: range))
        let expected = try await whole.history().filter { range.contains($0.asOf) }
        #expect(expected.count == 200)
        #expect(sayTheSame(expected, try await part.history()))
        // What was left out is filled in later, and then all is as if written at once.
        try await part.backfill(bars)
        #expect(sayTheSame(try await whole.history(), try await part.history()))
        #expect(try await part.history().allSatisfy { $0.revision == 1 })
    }

    @Test("changing later bars leaves what was said before untouched", arguments: seeds)
    func noLookAhead(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let bars = World.bars(count: BackfillLawTests.length, seed: seed)
        let cut = Int.random(in: 150..<bars.count, using: &generator)
        var mutated = bars
        for index in cut..<bars.count {
            mutated[index] = Samples.bar(index, close: 50 + 100 * generator.unit())
        }
        let original = World()
        try await original.backfill(bars)
        let other = World()
        try await other.backfill(mutated)
        #expect(
            sayTheSame(
                try await original.history().prefix(cut), try await other.history().prefix(cut)))
    }

    /// Two days of an outage, in the middle of which the next bar came in time.
    @Test("no answer is known before every bar it rests on was there")
    func lateBar() async throws {
        var bars = World.bars(count: 200, seed: 5)
        let late = Samples.day(150).advanced(bySeconds: 2 * 86_400 + 60)
        bars[150].availableAt = late
        let batch = World()
        try await batch.backfill(bars)
        let live = World()
        try await live.live(bars)
        let history = try await batch.history()
        #expect(sayTheSame(history, try await live.history()))
        #expect(history[150..<153].map(\.availableAt) == [late, late, late])
        #expect(history[153].availableAt == bars[153].timestamp)
        let before = late.advanced(bySeconds: -1)
        let known = try await batch.store.known(World.series, at: before)
        #expect(known?.asOf == bars[149].timestamp)
    }
}

@Suite("Backfill: once, whatever happens")
struct BackfillOnceTests {
    @Test("a second run writes nothing")
    func twice() async throws {
        let bars = World.bars(count: 500, seed: 3)
        let world = World()
        let first = try await world.backfill(bars, World.request(emitting: true))
        #expect(first.work.newAssessments == 500)
        #expect(first.work.announced == first.work.changes)
        let second = try await world.backfill(bars, World.request(emitting: true))
        #expect(second.work.wroteNothing)
        #expect(second.work.bars == 500)
        #expect(second.work.changes == first.work.changes)
    }

    @Test("cut off at any write, then run again: as if never cut", arguments: 1...8)
    func interrupted(write: Int) async throws {
        let bars = World.bars(count: 500, seed: 4)
        let whole = World()
        try await whole.backfill(bars, World.request(emitting: true, chunkSize: 64))
        let world = World()
        let failing = FailingJournal(world.store, failingAt: write)
        await #expect(throws: StoreError.self) {
            try await world.backfill(
                bars, World.request(emitting: true, chunkSize: 64), through: failing)
        }
        try await world.backfill(bars, World.request(emitting: true, chunkSize: 64))
        #expect(sayTheSame(try await whole.history(), try await world.history()))
        let expected = try await whole.changes()
        let found = try await world.changes()
        #expect(expected.map(\.eventID) == found.map(\.eventID))
        #expect(expected.map(\.announcement) == found.map(\.announcement))
    }

    @Test("a corrected bar restates what follows it and nothing before it")
    func correction() async throws {
        var bars = World.bars(count: 500, seed: 5)
        let world = World()
        try await world.backfill(bars)
        let before = try await world.history()
        bars[400] = Samples.bar(400, close: bars[400].close * 1.02)
        let result = try await world.backfill(bars)
        #expect(result.work.revisedBars == 1)
        #expect(result.work.newAssessments == 0)
        #expect(result.work.restatedAssessments > 0)
        let after = try await world.history()
        #expect(sayTheSame(before.prefix(400), after.prefix(400)))
        #expect(after[400].revision == 2)
        let fresh = World()
        try await fresh.backfill(bars)
        #expect(sayTheSame(try await fresh.history(), after.leavingOutAvailability))
        #expect(after[400...].allSatisfy { $0.availableAt == World.now() })
    }

    @Test("a range with nothing in it is an error")
    func emptyRange() async throws {
        let range = Samples.day(900)..<Samples.day(901)
        let world = World()
        await #expect(throws: BackfillError.emptyRange(World.series, range)) {
            try await world.backfill(
                World.bars(count: 20, seed: 1), World.request(range: range))
        }
    }

    @Test(
        "two backfills of two halves at once write what one of the whole writes", arguments: 1...4)
    func halves(seed: UInt64) async throws {
        let bars = World.bars(count: 500, seed: seed)
        let world = World()
        try await world.register(anchor: bars[0].timestamp)
        async let early = world.backfill(Array(bars[..<250]), World.request(chunkSize: 16))
        async let late = world.backfill(Array(bars[250...]), World.request(chunkSize: 16))
        _ = try await [early, late]
        let whole = World()
        try await whole.backfill(bars)
        #expect(sayTheSame(try await whole.history(), try await world.history()))
    }

    @Test("a live bar in the middle of a backfill ends where the bars say")
    func liveInBetween() async throws {
        let bars = World.bars(count: 500, seed: 6)
        let world = World()
        try await world.backfill(Array(bars[..<200]))
        let meddling = MeddlingJournal(world.store) {
            var classifier = world.classifier()
            try await classifier.take(bars[499], of: World.series)
        }
        try await world.backfill(
            Array(bars[..<499]), World.request(chunkSize: 64), through: meddling)
        let whole = World()
        try await whole.backfill(bars)
        #expect(sayTheSame(try await whole.history(), try await world.history()))
    }

    @Test("an empty source is an error that names the series")
    func empty() async throws {
        let world = World()
        let error = await #expect(throws: BackfillError.self) { try await world.backfill([]) }
        #expect(error == .noBars(World.series))
    }

    @Test("another calendar or configuration for a known series is refused")
    func conflicts() async throws {
        let bars = World.bars(count: 10, seed: 1)
        let world = World()
        try await world.backfill(bars)
        var request = World.request()
        request.calendar = .nyse
        await #expect(throws: BackfillError.self) { try await world.backfill(bars, request) }
        request = World.request()
        request.terms.specification.states = 3
        let begun = World.request().terms.specification.states
        await #expect(
            throws: BackfillError.specificationConflict(
                World.series, differences: ["states \(begun), not 3"])
        ) {
            try await world.backfill(bars, request)
        }
    }

    @Test("bars before the anchor are counted and not used")
    func beforeAnchor() async throws {
        let bars = World.bars(count: 300, seed: 2)
        let world = World()
        try await world.backfill(Array(bars[50...]))
        let result = try await world.backfill(bars)
        #expect(result.barsBeforeAnchor == 50)
        #expect(result.work.wroteNothing)
    }
}

/// Lets a number of writes through and fails the next one, as a killed process would.
final class FailingJournal: RegimeJournal {
    private let journal: InMemoryRegimeStore
    private let countdown: Countdown

    init(_ journal: InMemoryRegimeStore, failingAt write: Int) {
        self.journal = journal
        countdown = Countdown(write)
    }

    func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        try await journal.register(profile)
    }

    func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        try await countdown.step()
        return try await journal.record(batch)
    }

    func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        try await countdown.step()
        return try await journal.announcePending(series, limit: limit)
    }
}

/// Lets another writer in, once, before the second write.
final class MeddlingJournal: RegimeJournal {
    private let journal: InMemoryRegimeStore
    private let countdown = Countdown(2)
    private let meddle: @Sendable () async throws -> Void

    init(_ journal: InMemoryRegimeStore, _ meddle: @escaping @Sendable () async throws -> Void) {
        self.journal = journal
        self.meddle = meddle
    }

    func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        try await journal.register(profile)
    }

    func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        do {
            try await countdown.step()
        } catch {
            try await meddle()
        }
        return try await journal.record(batch)
    }

    func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        try await journal.announcePending(series, limit: limit)
    }
}

/// Throws at the n-th step.
actor Countdown {
    private var left: Int

    init(_ count: Int) {
        left = count
    }

    func step() throws {
        left -= 1
        if left == 0 {
            throw StoreError(.full, location: "memory", detail: "told to fail", advice: "Go on.")
        }
    }
}
