import Contracts
import Market
import MarketRegime
import Ports
import Regimes
import TestSupport
import Testing

@Suite("Answers as known at an instant")
struct KnownAtTests {
    /// A history and its correction, brought at day 500; the wall clock stands at day 600.
    private func corrected() async throws -> (
        World, MarketRegimeQueries, before: [RegimeAssessment]
    ) {
        var bars = World.bars(count: 400, seed: 21)
        let world = World()
        try await world.backfill(bars)
        let before = try await world.history()
        for index in bars.indices { bars[index].close *= index < 350 ? 0.5 : 1 }
        try await world.backfill(bars, World.request(broughtAt: Samples.day(500)))
        return (world, world.queries(now: { Samples.day(600) }), before)
    }

    private func request(
        _ knownAt: String, _ policy: Bloasis_MarketRegime_DegradedPolicy = .unspecified
    ) -> Bloasis_MarketRegime_RegimeRequest {
        var request = Bloasis_MarketRegime_RegimeRequest()
        request.knownAt = knownAt
        request.onDegraded = policy
        return request
    }

    @Test("current: what was said then, and how stale it was then")
    func current() async throws {
        let (world, queries, before) = try await corrected()
        let now = try await queries.getCurrentRegime(.init())
        let then = try await queries.getCurrentRegime(request(Samples.day(399).rfc3339))
        #expect(then.revision == 1 && now.revision == 2)
        #expect(then.asOf == now.asOf)
        #expect(then.availableAt == Samples.day(399).rfc3339)
        #expect(now.availableAt == Samples.day(500).rfc3339)
        #expect(then.rawRegime == before[399].rawRegime.label)
        #expect(!then.hasSequence && now.hasSequence)
        #expect(!then.stale && now.stale)
        // In the middle of the past, and by a date alone.
        let early = try await queries.getCurrentRegime(request("2000-11-01"))
        let last = try #require(
            before.last { $0.asOf.rfc3339 < "2000-11-01" })
        #expect(early.asOf == last.asOf.rfc3339)
        #expect(early.regime == last.regime.label)
        #expect(!early.stale)
        // What was asked for then is not remembered as what is said now.
        #expect(try await queries.getCurrentRegime(.init()) == now)
        let stale = Samples.day(450).rfc3339
        let fault = await #expect(throws: RPCFault.self) {
            try await queries.getCurrentRegime(request(stale, .fail))
        }
        #expect(fault?.code == .unavailable)
        #expect(try await world.history().count == 400)
    }

    @Test("current: an override is part of what was said while it stood")
    func override() async throws {
        let (world, queries, before) = try await corrected()
        let regime: Regime = before[399].regime == .crisis ? .euphoria : .crisis
        let order = Samples.order(regime, at: Samples.day(410), seconds: 86_400)
        _ = try await world.store.putInForce(order)
        _ = try await world.store.endExpiredOverride(of: World.series, at: Samples.day(412))
        func said(_ instant: Timestamp) async throws -> String {
            try await queries.getCurrentRegime(request(instant.rfc3339)).trigger
        }
        let justBefore = Samples.day(410).advanced(byNanoseconds: -1_000)
        #expect(try await said(justBefore) != "override")
        #expect(try await said(Samples.day(410)) == "override")
        let justBeforeEnd = Samples.day(411).advanced(byNanoseconds: -1_000)
        #expect(try await said(justBeforeEnd) == "override")
        #expect(try await said(Samples.day(411)) != "override")
    }

    @Test("history: what was said of each bar then, with the closes of then, page by page")
    func history() async throws {
        let (_, queries, before) = try await corrected()
        var request = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        request.timeRange.startDate = Samples.day(0).rfc3339
        request.timeRange.endDate = Samples.day(999).rfc3339
        request.knownAt = Samples.day(499).rfc3339
        request.pageSize = 90
        var items: [Bloasis_MarketRegime_RegimeResponse] = []
        repeat {
            let page = try await queries.getRegimeHistory(request)
            items += page.items
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        #expect(items.map(\.regime) == before.map(\.regime.label))
        #expect(items.allSatisfy { $0.revision == 1 })
        #expect(items.map(\.close) == World.bars(count: 400, seed: 21).map(\.close))
        request.knownAt = Samples.day(500).rfc3339
        request.pageSize = 0
        let now = try await queries.getRegimeHistory(request)
        #expect(now.items.count == 400 && now.items.allSatisfy { $0.revision == 2 })
        #expect(now.items[0].close == items[0].close * 0.5)
    }

    private func changes(
        _ queries: MarketRegimeQueries, knownAt: String, pageSize: Int32 = 0
    ) async throws -> [Bloasis_MarketRegime_RegimeChange] {
        var request = Bloasis_MarketRegime_ListRegimeChangesRequest()
        request.knownAt = knownAt
        request.pageSize = pageSize
        var items: [Bloasis_MarketRegime_RegimeChange] = []
        repeat {
            let page = try await queries.listRegimeChanges(request)
            items += page.items
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        return items
    }

    @Test("changes: those of the answers of then, and overrides of then, page by page")
    func changes() async throws {
        let (world, queries, before) = try await corrected()
        let previous = [Regime.unknown] + before.map(\.regime)
        let turns = zip(previous, before).filter { $0 != $1.regime }.map(\.1.asOf.rfc3339)
        #expect(turns.count > 2)
        _ = try await world.store.announcePending(World.series, limit: 99)
        let now = try await changes(queries, knownAt: "")
        #expect(now.contains { $0.hasSequence } && now.map(\.asOf) != turns)
        let regime: Regime = before[399].regime == .crisis ? .euphoria : .crisis
        let order = Samples.order(regime, at: Samples.day(410), seconds: 86_400)
        _ = try await world.store.putInForce(order)
        _ = try await world.store.endExpiredOverride(of: World.series, at: Samples.day(412))
        for (day, overrides) in [(409, 0), (410, 1), (411, 1), (412, 2)] {
            let instant = Samples.day(day).rfc3339
            let then = try await changes(queries, knownAt: instant)
            #expect(then.dropLast(overrides).map(\.asOf) == turns)
            #expect(then.suffix(overrides).allSatisfy { $0.trigger == "override" })
            #expect(then.allSatisfy { !$0.hasSequence && !$0.hasPreviousEventID })
            for pageSize in [1, 2, 3] as [Int32] {
                let paged = try await changes(queries, knownAt: instant, pageSize: pageSize)
                #expect(paged == then)
            }
        }
        // The same as the history of then tells.
        #expect(try await changes(queries, knownAt: "1999-01-01").isEmpty)
        let corrected = try await changes(queries, knownAt: Samples.day(500).rfc3339)
        #expect(corrected.filter { $0.trigger != "override" }.map(\.asOf) == now.map(\.asOf))
    }

    @Test("changes: what was announced is not asked as known at an instant")
    func announced() async throws {
        let (_, queries, _) = try await corrected()
        var request = Bloasis_MarketRegime_ListRegimeChangesRequest()
        request.knownAt = Samples.day(499).rfc3339
        request.after = 0
        let asked = request
        let fault = await #expect(throws: RPCFault.self) {
            try await queries.listRegimeChanges(asked)
        }
        #expect(fault?.code == .invalidArgument)
        #expect(fault?.message.contains("known_at: does not go with after") == true)
    }

    @Test(
        "an instant that cannot be is INVALID_ARGUMENT and says why",
        arguments: [
            (Samples.day(600).advanced(byNanoseconds: 1_000).rfc3339, "is in the future"),
            ("yesterday", "known_at: 'yesterday' is not a time"),
        ])
    func refused(knownAt: String, message: String) async throws {
        let (_, queries, _) = try await corrected()
        let fault = await #expect(throws: RPCFault.self) {
            try await queries.getCurrentRegime(request(knownAt))
        }
        #expect(fault?.code == .invalidArgument)
        #expect(fault?.message.contains(message) == true)
        var history = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        history.timeRange.startDate = "2000-01-01"
        history.timeRange.endDate = "2001-01-01"
        history.knownAt = knownAt
        let asked = history
        let same = await #expect(throws: RPCFault.self) {
            try await queries.getRegimeHistory(asked)
        }
        #expect(same?.message == fault?.message)
        let list = await #expect(throws: RPCFault.self) {
            _ = try await changes(queries, knownAt: knownAt)
        }
        #expect(list?.message == fault?.message)
        // The present is no future.
        #expect(
            try await queries.getCurrentRegime(request(Samples.day(600).rfc3339)).revision == 2)
    }

    @Test("before anything was known: NOT_FOUND")
    func nothingYet() async throws {
        let (_, queries, _) = try await corrected()
        let fault = await #expect(throws: RPCFault.self) {
            try await queries.getCurrentRegime(request("1999-01-01"))
        }
        #expect(fault?.code == .notFound)
        #expect(
            fault?.message == "nothing was known of SPX/1d at 1999-01-01T00:00:00Z")
    }
}
