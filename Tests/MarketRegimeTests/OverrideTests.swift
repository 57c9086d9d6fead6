import Contracts
import Market
import MarketRegime
import Ports
import Regimes
import TestSupport
import Testing

@Suite("Overrides of what is published")
struct OverrideTests {
    private let time = ManualTime()

    /// A series with a label, and another one to override it with.
    private func backfilled(_ count: Int = 400) async throws -> (World, Regime) {
        let world = World()
        try await world.backfill(
            World.bars(count: count, seed: 21), World.request(emitting: true))
        let last = try #require(try await world.history().last)
        return (world, last.regime == .crisis ? .euphoria : .crisis)
    }

    private func queries(
        _ world: World, shared: (any SharedCache)? = nil
    ) -> MarketRegimeQueries {
        world.queries(shared: shared) { [time] in time.now }
    }

    private func request(
        _ regime: Regime, seconds: Int64 = 3_600
    ) -> Bloasis_MarketRegime_SaveRegimeRequest {
        var request = Bloasis_MarketRegime_SaveRegimeRequest()
        request.userID = "ada"
        request.regime = regime.label
        request.reason = "a rate decision"
        request.expiresAt = time.now.advanced(bySeconds: seconds).rfc3339
        return request
    }

    private func end(_ world: World) async throws -> RegimeChange? {
        try await world.store.endExpiredOverride(of: World.series, at: time.now)
    }

    @Test("what is saved is answered, until it expires, recorded or not")
    func saved() async throws {
        let (world, regime) = try await backfilled()
        let queries = queries(world)
        let before = try await queries.getCurrentRegime(.init())
        let saved = try await queries.saveRegime(request(regime, seconds: 60))
        let answer = try await queries.getCurrentRegime(.init())
        #expect(saved.current == answer)
        #expect(answer.regime == regime.label)
        #expect(answer.trigger == "override")
        #expect(answer.confidence == before.probabilities[regime.label])
        #expect(answer.sequence == before.sequence + 1)
        #expect(answer.previousRegime == before.regime)
        #expect(answer.asOf == before.asOf)
        #expect(answer.probabilities == before.probabilities)
        #expect(answer.reasoning.contains("a rate decision"))
        #expect(saved.overrideID == (try await world.store.standingOverrides().first?.id.text))
        time.advance(bySeconds: 59)
        #expect(try await queries.getCurrentRegime(.init()) == answer)
        time.advance(bySeconds: 1)
        var fallen = try await queries.getCurrentRegime(.init())
        #expect(fallen.sequence == answer.sequence, "its end is not recorded yet")
        fallen.sequence = before.sequence
        #expect(fallen == before)
        #expect(try await end(world) != nil)
        let after = try await self.queries(world).getCurrentRegime(.init())
        #expect(after.sequence == answer.sequence + 1)
        #expect(after.regime == before.regime)
    }

    @Test("other instances see it begin, and expire, through the cache they share")
    func shared() async throws {
        let (world, regime) = try await backfilled()
        let cache = InMemoryCache { ContinuousClock.now }
        let mine = queries(world, shared: cache.peer())
        let others = queries(world, shared: cache.peer())
        _ = try await mine.saveRegime(request(regime, seconds: 60))
        #expect(try await others.getCurrentRegime(.init()).regime == regime.label)
        // One that has never asked the store, when the time is over.
        time.advance(bySeconds: 60)
        let late = queries(world, shared: cache.peer())
        for instance in [late, others, mine] {
            let answer = try await instance.getCurrentRegime(.init())
            #expect(answer.trigger == "backfill")
            #expect(answer.regime != regime.label)
        }
        // What lies in the cache is no longer the override's either.
        let key = CacheKeys.currentRegime(of: World.series, standard: World.series)
        let entry = try #require(cache.peer().get(key))
        #expect(!String(decoding: entry.value, as: UTF8.self).contains("override"))
    }

    @Test("its begin and end are listed among the changes, by bar and by sequence, and streamed")
    func listed() async throws {
        let (world, regime) = try await backfilled()
        let queries = queries(world)
        let known = try await queries.listRegimeChanges(.init()).items
        var stream = try await queries.streamRegimeChanges(.init()).makeAsyncIterator()
        _ = try await queries.saveRegime(request(regime, seconds: 60))
        time.advance(bySeconds: 60)
        #expect(try await end(world) != nil)
        let all = try await queries.listRegimeChanges(.init()).items
        #expect(all.prefix(known.count) == known[...])
        let news = all.dropFirst(known.count)
        #expect(news.map(\.trigger) == ["override", "override"])
        #expect(news.map(\.modelVersion) == ["override", "override"])
        #expect(news.map(\.revision) == [1, 2])
        #expect(news.first?.regime == regime.label)
        #expect(news.last?.previousRegime == regime.label)
        var announced = Bloasis_MarketRegime_ListRegimeChangesRequest()
        announced.after = Int64(known.count)
        #expect(try await queries.listRegimeChanges(announced).items == Array(news))
        for change in news { #expect(try await stream.next() == change) }
        var page = Bloasis_MarketRegime_ListRegimeChangesRequest()
        page.pageSize = 1
        var items: [Bloasis_MarketRegime_RegimeChange] = []
        repeat {
            let answer = try await queries.listRegimeChanges(page)
            items += answer.items
            page.pageToken = answer.nextPageToken
        } while !page.pageToken.isEmpty
        #expect(items == all)
        for token in ["nonsense", "2018-12-31T21:00:00Z", "2018-12-31T21:00:00Z/-1", "/1", "1/2/3"]
        {
            page.pageToken = token
            let fault = await #expect(throws: RPCFault.self) {
                try await queries.listRegimeChanges(page)
            }
            #expect(fault?.code == .invalidArgument)
        }
    }

    @Test("orders that nothing can be made of say why")
    func refused() async throws {
        let (world, regime) = try await backfilled()
        let queries = queries(world)
        func code(_ request: Bloasis_MarketRegime_SaveRegimeRequest) async -> RPCFault.Code? {
            await #expect(throws: RPCFault.self) { try await queries.saveRegime(request) }?.code
        }
        var bad = request(regime)
        bad.reason = ""
        #expect(await code(bad) == .invalidArgument)
        var foreign = request(regime)
        foreign.market = "NOSUCH"
        #expect(await code(foreign) == .notFound)
        let last = try #require(try await world.history().last)
        let same = await #expect(throws: RPCFault.self) {
            try await queries.saveRegime(request(last.regime))
        }
        #expect(same?.code == .failedPrecondition)
        #expect(same?.message.contains("is in \(last.regime) already") == true)
        let empty = World()
        try await empty.register(anchor: Samples.day(0))
        let none = await #expect(throws: RPCFault.self) {
            try await self.queries(empty).saveRegime(request(regime))
        }
        #expect(none?.code == .failedPrecondition)
        #expect(try await world.store.standingOverrides().isEmpty)
    }

    @Test("the filter runs on beneath it: the same bits, and nothing announced")
    func beneath() async throws {
        let bars = World.bars(count: 460, seed: 7)
        let plain = World()
        let world = World()
        for one in [plain, world] {
            try await one.backfill(Array(bars[..<400]), World.request(emitting: true))
        }
        let known = try await world.changes().count
        let last = try #require(try await world.history().last)
        let regime: Regime = last.regime == .crisis ? .euphoria : .crisis
        let queries = queries(world)
        _ = try await queries.saveRegime(request(regime, seconds: 60))
        for one in [plain, world] {
            var classifier = one.classifier()
            for bar in bars[400...] { try await classifier.take(bar, of: World.series) }
        }
        #expect(sayTheSame(try await world.history(), try await plain.history()))
        let changes = try await world.changes()
        #expect(changes.map(\.eventID) == (try await plain.changes()).map(\.eventID))
        #expect(changes.count > known, "the seed brings changes beneath the override")
        #expect(changes.dropFirst(known).allSatisfy { $0.announcement == nil })
        #expect(try await queries.getCurrentRegime(.init()).regime == regime.label)
        // A backfill that announces finds nothing to tell either, before and after the end.
        #expect(try await world.backfill(bars, World.request(emitting: true)).work.announced == 0)
        time.advance(bySeconds: 60)
        #expect(try await end(world)?.regime == changes.last?.regime)
        #expect(try await world.backfill(bars, World.request(emitting: true)).work.announced == 0)
        let told = try await world.store.announcements(of: World.series, after: 0, limit: 1_000)
        #expect(told.map(\.announcement?.sequence) == (1...Int64(known + 2)).map { $0 })
    }

    @Test("what corrected bars say after it is told, once, and verified")
    func corrected() async throws {
        var amended = 0
        for seed: UInt64 in 1...6 where try await isAmended(seed: seed) { amended += 1 }
        #expect(amended > 0, "the seeds bring another label")
    }

    /// Corrects bars before the end of an override, about which nothing was announced.
    private func isAmended(seed: UInt64) async throws -> Bool {
        var bars = World.bars(count: 400, seed: seed)
        let world = World()
        try await world.backfill(bars, World.request(emitting: true))
        let last = try #require(try await world.history().last).regime
        let order = Samples.order(last == .crisis ? .euphoria : .crisis, at: time.now)
        _ = try await world.store.putInForce(order)
        _ = try await world.store.endExpiredOverride(of: World.series, at: order.expiresAt)
        bars[250...] = World.bars(count: 400, seed: seed + 100)[250...]
        let result = try await world.backfill(bars, World.request(emitting: true))
        #expect(result.work.restatedAssessments > 0)
        let told = try await world.store.announcements(of: World.series, after: 0, limit: 1_000)
        let current = try #require(try await world.store.current(World.series))
        #expect(told.last { $0.asOf == current.asOf }?.regime == current.regime)
        let again = try await world.backfill(bars, World.request(emitting: true))
        #expect(again.work.wroteNothing)
        let report = try await Verification(reader: world.store, threads: 1).run(World.series) {
            _ in
        }
        #expect(report.differenceCount == 0)
        let answer = try await queries(world).getCurrentRegime(.init())
        #expect(answer.sequence == Int64(told.count))
        return told.last?.isAmendment == true
    }

    @Test("verification finds no fault in a series with overrides")
    func verified() async throws {
        let (world, regime) = try await backfilled()
        let queries = queries(world)
        let verification = Verification(reader: world.store, threads: 1)
        let before = try await verification.run(World.series) { _ in }
        _ = try await queries.saveRegime(request(regime, seconds: 60))
        time.advance(bySeconds: 60)
        _ = try await queries.saveRegime(request(regime, seconds: 60))
        let report = try await verification.run(World.series) { _ in }
        #expect(report.differenceCount == 0)
        #expect(report.answers == before.answers)
        #expect(report.changes == before.changes)
    }
}
