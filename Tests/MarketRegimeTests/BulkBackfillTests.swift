import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import Synchronization
import TestSupport
import Testing

/// A universe under a fixed model, market by market as each kind of source makes it.
private struct BulkUniverse {
    enum Kind: CaseIterable {
        case ordinary, gaps, later, early, short, afterTraining, delayed, split, broken, disordered
        case exogenous, gapAtAdoption, exchange
    }

    struct Market {
        let series: Series
        let kind: Kind
        let bars: [Bar]
        var calendar: SessionCalendar { kind == .exchange ? .nyse : .continuous }
    }

    struct Broken: Error {}

    let model: ModelManifest
    let markets: [Market]

    /// The model is fitted on the first 300 days.
    init(_ kinds: [Kind], count: Int = 520, seed: UInt64 = 1) async throws {
        let world = World()
        try await world.backfill(World.bars(count: 300, seed: 11))
        let stored = try #require(try await world.store.models(of: World.series).last)
        let model = try ModelManifest(json: stored.manifest)
        self.model = model
        markets = try kinds.enumerated().map { index, kind in
            Market(
                series: Series(market: try #require(MarketName("M\(index)"))), kind: kind,
                bars: BulkUniverse.bars(
                    kind, count, seed: seed &* 1_000 &+ UInt64(index), model.trainedThrough))
        }
    }

    private static func bars(
        _ kind: Kind, _ count: Int, seed: UInt64, _ trained: Timestamp
    ) -> [Bar] {
        var generator = SplitMix64(seed: seed)
        var bars = World.bars(count: count - Int(generator.unit() * 90), seed: seed)
        let adoption = bars.firstIndex { $0.timestamp > trained } ?? 0
        for index in bars.indices {
            switch kind {
            case .gaps where generator.unit() < 0.06 && index != adoption,
                .gapAtAdoption where index == adoption:
                bars[index].close = .nan
            case .delayed where generator.unit() < 0.1:
                bars[index].availableAt = bars[index].timestamp.advanced(
                    byNanoseconds: Int64(generator.unit() * 9) * Timestamp.nanosecondsPerDay)
            case .split where index >= 400:
                for place in [\Bar.open, \.high, \.low, \.close] {
                    bars[index][keyPath: place] /= 2
                }
            case .exogenous where index > 100: bars[index].exogenous = ["vix": 20]
            default: break
            }
        }
        switch kind {
        case .later: return Array(bars.dropFirst(170))
        case .early: return Array(bars.prefix(adoption))
        case .short: return Array(bars.prefix(1))
        case .afterTraining: return Array(bars.dropFirst(adoption + 5))
        case .disordered:
            bars.swapAt(200, 201)
            return bars
        default: return bars
        }
    }

    var specification: RegimeSpecification { RegimeSpecification(fixed: model) }

    func pull(_ market: Market) -> Backfill.Source {
        var rest = market.bars[...]
        let breaks = market.kind == .broken ? 60 : 0
        return { limit in
            if breaks > 0, rest.count <= breaks { throw Broken() }
            // A broken source gives what it has before it breaks.
            let page = rest.prefix(min(limit, max(rest.count - breaks, 0)))
            rest = rest.dropFirst(page.count)
            return Array(page)
        }
    }

    func members(digest: String = "d") -> [UniverseMember] {
        markets.map { market in
            UniverseMember(series: market.series, calendar: market.calendar) {
                MemberSource(digest: digest, pull: pull(market)) { ["\(market.series) read"] }
            }
        }
    }

    func terms(emitting: Bool = false, splits: SplitPolicy = .refuse) -> BackfillTerms {
        BackfillTerms(
            specification: specification, now: World.now, emitting: emitting,
            splits: splits, fixedModel: model)
    }

    /// Side by side, as many as can be.
    func write(
        _ world: World, through journal: (any RegimeJournal)? = nil, digest: String = "d",
        emitting: Bool = false, concurrency: Int = 2
    ) async throws -> UniverseTally {
        let members = Mutex(members(digest: digest)[...])
        var tally = UniverseTally()
        let universe = UniverseBackfill(
            Backfill(journal: journal ?? world.store, reader: world.store),
            concurrency: concurrency)
        let next: @Sendable () -> [UniverseMember] = {
            members.withLock { members in
                defer { members = members.dropFirst(5) }
                return Array(members.prefix(5))
            }
        }
        let known = KnownSeries(try await world.store.heads())
        try await universe.run(terms(emitting: emitting), knowing: known, next: next) {
            tally.take($0)
        }
        return tally
    }

    /// Each market alone.
    func writeAlone(_ world: World, emitting: Bool = false) async throws -> UniverseTally {
        var tally = UniverseTally()
        for market in markets {
            let request = BackfillRequest(
                series: market.series, calendar: market.calendar, terms(emitting: emitting),
                completing: "d")
            do {
                let result = try await Backfill(journal: world.store, reader: world.store)
                    .run(request, from: pull(market), scanning: pull(market))
                tally.take(MemberOutcome(market.series, .written(result)))
            } catch {
                tally.take(MemberOutcome(market.series, .failed("\(error)")))
            }
        }
        return tally
    }

    /// Everything but how many transactions it took.
    func expectSame(_ mine: World, _ theirs: World) async throws {
        for market in markets {
            let series = market.series
            let query = SeriesQuery(series)
            let head = try await mine.store.head(of: series)
            let other = try await theirs.store.head(of: series)
            #expect(head?.lastAsOf == other?.lastAsOf && head?.lastRegime == other?.lastRegime)
            #expect(head?.profile == other?.profile, "\(market.kind)")
            #expect(head?.lastAnnouncedEventID == other?.lastAnnouncedEventID)
            #expect(head?.source?.digest == other?.source?.digest, "\(market.kind)")
            // Of a market that is refused before its first write there is none.
            if let head {
                #expect((head.source?.writes == head.writes) == (head.source != nil))
            }
            let bars = try await (mine.store.bars(query), theirs.store.bars(query))
            #expect(
                bars.0.count == bars.1.count
                    && zip(bars.0, bars.1).allSatisfy {
                        $0.bar.saysTheSame(as: $1.bar) && $0.revision == $1.revision
                            && $0.bar.availableAt == $1.bar.availableAt
                    }, "\(market.kind)")
            let history = try await (mine.store.history(query), theirs.store.history(query))
            #expect(sayTheSame(history.0, history.1), "\(market.kind)")
            #expect(history.0.map(\.trigger) == history.1.map(\.trigger))
            #expect(history.0.map(\.revision) == history.1.map(\.revision))
            let changes = try await (mine.store.changes(query), theirs.store.changes(query))
            #expect(changes.0.map { "\($0)" } == changes.1.map { "\($0)" }, "\(market.kind)")
            #expect(
                try await mine.store.models(of: series) == theirs.store.models(of: series))
            #expect(
                try await mine.store.activations(of: series)
                    == theirs.store.activations(of: series), "\(market.kind)")
        }
    }
}

/// A journal that counts loads, and fails one of them.
private final class CountedLoads: RegimeJournal {
    private let store: InMemoryRegimeStore
    private let failing: Int
    private let error: (any Error)?
    private let count = Atomic(0)

    init(_ store: InMemoryRegimeStore, failing: Int = 0, with error: (any Error)? = nil) {
        self.store = store
        self.failing = failing
        self.error = error
    }

    var loads: Int { count.load(ordering: .relaxed) }

    func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        try await store.register(profile)
    }

    func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        try await store.record(batch)
    }

    func load(_ load: SeriesLoad) async throws -> JournalReceipt {
        let number = count.add(1, ordering: .relaxed).newValue
        if number == failing, let error { throw error }
        return try await store.load(load)
    }

    func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        try await store.announcePending(series, limit: limit)
    }
}

/// What is written side by side is what is written alone.
@Suite("Property: a universe in bulk is the universe market by market")
struct BulkBackfillTests {
    @Test("any kind of market", arguments: Sweep.seeds(2), [false, true])
    func anyMarket(seed: UInt64, emitting: Bool) async throws {
        let kinds = BulkUniverse.Kind.allCases + [.ordinary, .gaps, .ordinary, .later, .delayed]
        let universe = try await BulkUniverse(kinds, seed: seed)
        let (bulk, alone) = (World(), World())
        let journal = CountedLoads(bulk.store)
        let tally = try await universe.write(bulk, through: journal, emitting: emitting)
        let expected = try await universe.writeAlone(alone, emitting: emitting)
        #expect(journal.loads >= 9)
        try await universe.expectSame(bulk, alone)
        #expect(tally.written == expected.written && tally.written >= 14)
        #expect(
            tally.work.bars == expected.work.bars && tally.work.changes == expected.work.changes)
        #expect(
            tally.work.newBars == expected.work.newBars
                && tally.work.announced == expected.work.announced)
        #expect(tally.work.newAssessments == expected.work.newAssessments)
        #expect(tally.barsPerRegime == expected.barsPerRegime)
        #expect(
            Set(tally.failures.map { "\($0)" }) == Set(expected.failures.map { "\($0)" }))
        let again = try await universe.write(bulk, emitting: emitting)
        #expect(again.written == 0 && again.unchanged == tally.written)
    }

    @Test("verification finds no difference, and live goes on")
    func verified() async throws {
        let universe = try await BulkUniverse([.ordinary, .gaps, .delayed, .early])
        let whole = World()
        _ = try await universe.write(whole)
        for market in universe.markets {
            let report = try await Verification(reader: whole.store, threads: 1)
                .run(market.series, progress: { _ in })
            #expect(report.differenceCount == 0 && report.answers == market.bars.count)
        }
        let first = universe.markets[0]
        let next = (1...40).map { day in
            let last = first.bars[first.bars.count - 1]
            return Bar(
                timestamp: last.timestamp.advanced(
                    byNanoseconds: Int64(day) * Timestamp.nanosecondsPerDay),
                close: last.close * (day.isMultiple(of: 2) ? 1.004 : 0.993))
        }
        let alone = World()
        _ = try await universe.writeAlone(alone)
        for world in [whole, alone] {
            var classifier = world.classifier()
            for bar in next { try await classifier.take(bar, of: first.series) }
        }
        let query = SeriesQuery(first.series)
        let mine = try await whole.store.history(query)
        #expect(mine.count == first.bars.count + 40)
        #expect(sayTheSame(mine, try await alone.store.history(query)))
    }

    @Test("stopped between loads, it goes on where it was", arguments: 1...6)
    func stopped(load: Int) async throws {
        let universe = try await BulkUniverse([.ordinary, .gaps, .later, .early, .ordinary, .gaps])
        let (bulk, alone) = (World(), World())
        let journal = CountedLoads(
            bulk.store, failing: load, with: StoreError.told(.unavailable))
        do {
            _ = try await universe.write(bulk, through: journal)
            Issue.record("it went on")
        } catch let error as StoreError {
            #expect(error == StoreError.told(.unavailable))
        }
        let tally = try await universe.write(bulk)
        #expect(tally.unchanged == load - 1 && tally.written == 6 - tally.unchanged)
        _ = try await universe.writeAlone(alone)
        try await universe.expectSame(bulk, alone)
    }

    @Test("a head that moved leaves the series to the ordinary way")
    func headMoved() async throws {
        let universe = try await BulkUniverse([.ordinary, .gaps, .ordinary])
        let (bulk, alone) = (World(), World())
        let moved = JournalError.headMoved(
            series: universe.markets[1].series, expected: nil, actual: nil)
        let journal = CountedLoads(bulk.store, failing: 2, with: moved)
        let tally = try await universe.write(bulk, through: journal)
        #expect(tally.written == 3 && tally.failures.isEmpty)
        _ = try await universe.writeAlone(alone)
        try await universe.expectSame(bulk, alone)
    }

    @Test("a series of several loads, and those that the store knows")
    func severalLoads() async throws {
        let universe = try await BulkUniverse([.ordinary, .gaps], count: 8_500)
        let (bulk, alone) = (World(), World())
        let known = universe.markets[1]
        let part = BackfillRequest(
            series: known.series, calendar: known.calendar, universe.terms(splits: .accept))
        try await bulk.backfill(Array(known.bars.prefix(400)), part)
        let journal = CountedLoads(bulk.store)
        let tally = try await universe.write(bulk, through: journal)
        #expect(journal.loads == 2)
        let expected = try await universe.writeAlone(alone)
        #expect(tally.written == expected.written)
        try await universe.expectSame(bulk, alone)
    }
}
