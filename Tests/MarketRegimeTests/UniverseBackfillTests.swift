import Contracts
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import Synchronization
import TestSupport
import Testing

@Suite("Backfilling a universe")
struct UniverseBackfillTests {
    static let markets = (0..<7).map { "M\($0)" }

    private static func series(_ name: String) throws -> Series {
        Series(market: try #require(MarketName(name)))
    }

    private static func bars(of name: String) -> [Bar] {
        World.bars(count: 300, seed: UInt64(name.utf8.reduce(7) { $0 * 31 + Int($1) }))
    }

    private struct Broken: Error {}

    /// - Parameter failing: a market whose source breaks after some bars while they are written.
    private static func members(
        digest: String = "d", failing: String? = nil
    ) throws -> [UniverseMember] {
        try markets.map { name in
            let openings = Counter()
            return UniverseMember(series: try series(name), calendar: .continuous) {
                // What is opened next is only looked at.
                let isWritten = openings.next() == 1
                let rest = Pulled(bars(of: name))
                return MemberSource(digest: digest + name) { limit in
                    if name == failing, isWritten, rest.pulled >= 250 { throw Broken() }
                    return rest.take(min(limit, 50))
                } remarks: {
                    []
                }
            }
        }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }

    /// Of one task.
    private final class Pulled {
        private let bars: [Bar]
        private(set) var pulled = 0
        init(_ bars: [Bar]) { self.bars = bars }

        func take(_ limit: Int) -> [Bar] {
            let page = bars[pulled..<min(pulled + limit, bars.count)]
            pulled += page.count
            return Array(page)
        }
    }

    /// Gives a list's members two at a time.
    private final class Shares: Sendable {
        private let rest: Mutex<ArraySlice<UniverseMember>>
        init(_ members: [UniverseMember]) { rest = Mutex(members[...]) }

        func next() -> [UniverseMember] {
            rest.withLock { rest in
                defer { rest = rest.dropFirst(2) }
                return Array(rest.prefix(2))
            }
        }
    }

    private static func run(
        _ members: [UniverseMember], in world: World, concurrency: Int = 3,
        emitting: Bool = false, dryRun: Bool = false, splits: SplitPolicy = .refuse
    ) async throws -> UniverseTally {
        var tally = UniverseTally()
        let shares = Shares(members)
        let dry = DryRun(over: world.store, wording: .standard)
        let backfill =
            dryRun
            ? Backfill(journal: dry, reader: dry)
            : Backfill(journal: world.store, reader: world.store)
        let terms = BackfillTerms(
            specification: World.specification, now: World.now, emitting: emitting,
            splits: splits)
        let known = KnownSeries(try await world.store.heads())
        try await UniverseBackfill(backfill, concurrency: concurrency)
            .run(terms, knowing: known, next: shares.next) { tally.take($0) }
        return tally
    }

    /// What a backfill of each market alone writes.
    private static func alone() async throws -> World {
        let world = World()
        for name in markets {
            let rest = Pulled(bars(of: name))
            _ = try await Backfill(journal: world.store, reader: world.store).run(
                BackfillRequest(
                    series: try series(name), calendar: .continuous,
                    BackfillTerms(
                        specification: World.specification, now: World.now)),
                from: rest.take)
        }
        return world
    }

    private static func expectSame(_ one: World, _ other: World) async throws {
        for name in markets {
            let query = SeriesQuery(try series(name))
            let mine = try await one.store.history(query)
            let theirs = try await other.store.history(query)
            #expect(sayTheSame(mine, theirs), "\(name)")
            let changes = try await one.store.changes(query).map(\.eventID)
            #expect(changes == (try await other.store.changes(query)).map(\.eventID))
        }
    }

    @Test("what is known of a market stays so, however long others are written before it")
    func knownWhileOthersAreWritten() async throws {
        let world = World()
        _ = try await Self.run(try Self.members(), in: world)
        let corrected = try Self.markets.map { name in
            let bars = Self.bars(of: name).map { bar in
                var bar = bar
                bar.volume += 1
                return bar
            }
            return UniverseMember(series: try Self.series(name), calendar: .continuous) {
                MemberSource(digest: "corrected", pull: Pulled(bars).take, remarks: { [] })
            }
        }
        let time = ManualTime(Samples.day(1_000))
        let terms = BackfillTerms(
            specification: World.specification, now: { time.now })
        let known = KnownSeries(try await world.store.heads())
        // What was known of those that are still to be written, each day of the run.
        let seen = Mutex<[(at: Timestamp, series: Series, answers: [RegimeAssessment])]>([])
        let written = Mutex<Set<Series>>([])
        let backfill = Backfill(journal: world.store, reader: world.store)
        try await UniverseBackfill(backfill, concurrency: 1) { series in
            written.withLock { _ = $0.insert(series) }
            for name in Self.markets {
                guard let other = try? Self.series(name),
                    !written.withLock({ $0.contains(other) }),
                    let answers = try? await world.store.history(
                        SeriesQuery(other, knownAt: time.now))
                else { continue }
                seen.withLock { $0.append((time.now, other, answers)) }
            }
            time.advance(bySeconds: 86_400)
        }.run(terms, knowing: known, next: Shares(corrected).next) { _ in }
        let all = seen.withLock { $0 }
        #expect(all.count == 7 * 6 / 2)
        for one in all {
            let later = try await world.store.history(
                SeriesQuery(one.series, knownAt: one.at))
            #expect(sayTheSame(later, one.answers), "\(one.series) at \(one.at)")
        }
    }

    @Test("many at a time write what each alone does", arguments: [1, 3, 16])
    func same(concurrency: Int) async throws {
        let world = World()
        let tally = try await Self.run(try Self.members(), in: world, concurrency: concurrency)
        #expect(tally.written == 7)
        #expect(tally.work.bars == 2_100 && tally.work.newAssessments == 2_100)
        try await Self.expectSame(world, try await Self.alone())
    }

    @Test("what was written to its end is passed over, whatever else was written is gone on with")
    func resumed() async throws {
        let world = World()
        let broken = try await Self.run(try Self.members(failing: "M3"), in: world)
        #expect(broken.written == 6)
        #expect(broken.failures.map(\.series) == [try Self.series("M3")])
        #expect(try await world.store.history(SeriesQuery(try Self.series("M3"))).count == 250)
        let again = try await Self.run(try Self.members(), in: world)
        #expect(again.unchanged == 6 && again.written == 1)
        #expect(again.work.newAssessments == 50)
        try await Self.expectSame(world, try await Self.alone())
        let last = try await Self.run(try Self.members(), in: world)
        #expect(last.unchanged == 7 && last.written == 0)
    }

    @Test("a market with what looks like a split is refused whole, unless it is accepted by name")
    func split() async throws {
        let world = World()
        let share = try Self.series("SHARE")
        let bars = Samples.bars(count: 300, seed: 3).enumerated().map { number, bar in
            Samples.bar(number, close: bar.close * (number < 280 ? 2 : 1))
        }
        let members = [
            UniverseMember(series: share, calendar: .continuous) {
                MemberSource(digest: "s", pull: Backfill.source(of: bars)) { [] }
            }
        ]
        let refused = try await Self.run(members, in: world)
        #expect(refused.failures.map(\.series) == [share])
        #expect(try #require(refused.failures.first).reason.contains("--accept-split SHARE@"))
        #expect(try await world.store.head(of: share) == nil)
        let other = try #require(AcceptedSplit("M1@\(bars[280].timestamp.utcDate)"))
        let mine = try #require(AcceptedSplit("SHARE@\(bars[280].timestamp.utcDate)"))
        for (accepted, count) in [([other], 0), ([other, mine], 300)] {
            let policy = SplitPolicy(.refuse, accepting: accepted)
            _ = try await Self.run(members, in: world, splits: policy)
            #expect(try await world.store.history(SeriesQuery(share)).count == count)
        }
    }

    @Test("another source, or somebody else's write, is looked at again")
    func lookedAtAgain() async throws {
        let world = World()
        _ = try await Self.run(try Self.members(), in: world)
        let other = try await Self.run(try Self.members(digest: "e"), in: world)
        #expect(other.unchanged == 0 && other.nothingNew == 7)
        let series = try Self.series("M2")
        let last = try #require(try await world.store.head(of: series)?.lastAsOf)
        var classifier = world.classifier()
        try await classifier.take(
            Bar(timestamp: last.advanced(byNanoseconds: Timestamp.nanosecondsPerDay), close: 90),
            of: series)
        let written = try await Self.run(try Self.members(digest: "e"), in: world)
        #expect(written.unchanged == 6 && written.nothingNew == 1)
        let then = try await Self.run(try Self.members(digest: "e"), in: world)
        #expect(then.unchanged == 7)
    }

    @Test("what was written silently is announced by a run that is told to, once")
    func announcedLater() async throws {
        let world = World()
        _ = try await Self.run(try Self.members(), in: world)
        let told = try await Self.run(try Self.members(), in: world, emitting: true)
        #expect(told.unchanged == 7 && told.work.announced > 7)
        let again = try await Self.run(try Self.members(), in: world, emitting: true)
        #expect(again.work.announced == 0)
        let fresh = World()
        let whole = try await Self.run(try Self.members(), in: fresh, emitting: true)
        #expect(whole.work.announced == told.work.announced)
    }

    @Test("a dry run tells what a run then writes, and writes nothing")
    func dryRun() async throws {
        let world = World()
        let told = try await Self.run(try Self.members(), in: world, dryRun: true)
        #expect(try await world.store.heads().isEmpty)
        let done = try await Self.run(try Self.members(), in: world)
        #expect(
            told.work.newAssessments == done.work.newAssessments
                && told.work.newBars == done.work.newBars)
        #expect(told.barsPerRegime == done.barsPerRegime && told.work.changes == done.work.changes)
        let after = try await Self.run(try Self.members(digest: "e"), in: world, dryRun: true)
        #expect(after.nothingNew == 7)
    }

    @Test("a store that is away ends the run")
    func storeAway() async throws {
        let away = StoreError(
            .unavailable, location: "here", detail: "away", advice: "bring it back")
        let world = World()
        let members = try Self.members()
        let failing = UniverseMember(series: members[0].series, calendar: .continuous) {
            throw away
        }
        do {
            _ = try await Self.run([failing] + members.dropFirst(), in: world)
            Issue.record("it went on")
        } catch let error as StoreError {
            #expect(error == away)
        }
    }
}

@Suite("A model fitted before")
struct FixedModelTests {
    static let bars = World.bars(count: 700, seed: 11)

    /// Fitted on the first 300 bars.
    private static func model() async throws -> ModelManifest {
        let world = World()
        try await world.backfill(Array(bars.prefix(300)))
        let stored = try #require(try await world.store.models(of: World.series).last)
        return try ModelManifest(json: stored.manifest)
    }

    private static func request(_ model: ModelManifest) -> BackfillRequest {
        BackfillRequest(
            series: World.series, calendar: .continuous,
            BackfillTerms(
                specification: RegimeSpecification(fixed: model), now: World.now,
                fixedModel: model))
    }

    @Test("answers for the bars after its training window, and no other does")
    func answers() async throws {
        let model = try await Self.model()
        let world = World()
        try await world.backfill(Self.bars, Self.request(model))
        let history = try await world.history()
        let (before, after) = (
            history.filter { $0.asOf <= model.trainedThrough },
            history.filter { $0.asOf > model.trainedThrough }
        )
        #expect(before.count > 100 && after.count > 300)
        #expect(before.allSatisfy { $0.regime == .unknown && $0.modelVersion == .unfitted })
        #expect(after.allSatisfy { $0.regime != .unknown && $0.modelVersion == model.version })
        #expect(Set(after.map(\.regime)).count > 1)
    }

    @Test("live goes on with it, bit for bit, and verification knows it")
    func live() async throws {
        let model = try await Self.model()
        let whole = World()
        try await whole.backfill(Self.bars, Self.request(model))
        let part = World()
        // Ends before the model answers: it must be in the store all the same.
        try await part.backfill(Array(Self.bars.prefix(200)), Self.request(model))
        var classifier = part.classifier()
        for bar in Self.bars.dropFirst(200) { try await classifier.take(bar, of: World.series) }
        #expect(sayTheSame(try await whole.history(), try await part.history()))
        let report = try await Verification(reader: part.store, threads: 1)
            .run(World.series, progress: { _ in })
        #expect(report.differenceCount == 0 && report.answers == Self.bars.count)
    }

    @Test("a series that was begun with models of its own keeps them")
    func conflict() async throws {
        let model = try await Self.model()
        let world = World()
        try await world.backfill(Array(Self.bars.prefix(200)))
        do {
            try await world.backfill(Self.bars, Self.request(model))
            Issue.record("it was written")
        } catch let error as BackfillError {
            #expect("\(error)".contains("fixedModel none, not \(model.modelVersion)"))
        }
    }

    @Test("one that is not at hand leaves the bars unknown and says so")
    func missing() async throws {
        let model = try await Self.model()
        let world = World()
        var request = Self.request(model)
        request.terms.fixedModel = nil
        let result = try await world.backfill(Self.bars, request)
        #expect(result.fitFailures.map(\.error) == [.unknownModel(model.modelVersion)])
        #expect(try await world.history().allSatisfy { $0.regime == .unknown })
    }
}
