import Contracts
import Market
import MarketRegime
import Ports
import Regimes
import Synchronization
import TestSupport
import Testing

@Suite("Answers of the market-regime service")
struct QueryTests {
    private func backfilled(_ count: Int = 400) async throws -> (World, [Bar]) {
        let bars = World.bars(count: count, seed: 21)
        let world = World()
        try await world.backfill(bars, World.request(emitting: true))
        return (world, bars)
    }

    @Test("current: the last assessment, its sequence, and whether it is stale")
    func current() async throws {
        let (world, bars) = try await backfilled()
        let last = try #require(try await world.history().last)
        let stale = try await world.queries().getCurrentRegime(.init())
        #expect(stale.regime == last.regime.label)
        #expect(stale.confidence == last.confidence)
        #expect(stale.timestamp == bars[399].timestamp.rfc3339)
        #expect(stale.stale)
        #expect(stale.sequence > 0)
        let fresh = try await world.queries(now: { bars[399].timestamp })
            .getCurrentRegime(.init())
        #expect(!fresh.stale)
        #expect(!fresh.hasStaleSince)
    }

    @Test("the same answer is told again, until the next session is due or a bar comes")
    func toldAgain() async throws {
        let (world, bars) = try await backfilled()
        let time = Mutex(bars[399].timestamp)
        let queries = world.queries(now: { time.withLock { $0 } })
        let first = try await queries.answerCurrentRegime(.init())
        #expect(try await queries.answerCurrentRegime(.init()) === first)
        let calendar = SessionCalendar.continuous
        let date = calendar.date(ofClose: bars[399].timestamp)
        let due = try #require(calendar.session(after: date)).close
        time.withLock { $0 = due.advanced(byNanoseconds: -1) }
        #expect(try await queries.answerCurrentRegime(.init()) === first)

        time.withLock { $0 = due }
        let stale = try await queries.answerCurrentRegime(.init())
        #expect(stale !== first)
        let message = stale.message as? Bloasis_MarketRegime_RegimeResponse
        #expect(message?.staleSince == due.rfc3339)
        // A policy of its own is an answer of its own; one that nobody knows is the usual one.
        var request = Bloasis_MarketRegime_RegimeRequest()
        request.onDegraded = .conservative
        #expect(try await queries.answerCurrentRegime(request) !== stale)
        request.onDegraded = .UNRECOGNIZED(77)
        #expect(try await queries.answerCurrentRegime(request) === stale)
        time.withLock { $0 = bars[399].timestamp }
        #expect(try await queries.getCurrentRegime(.init()).stale == false)
    }

    @Test("an unknown market is NOT_FOUND and says which are known")
    func unknownMarket() async throws {
        let (world, _) = try await backfilled(10)
        var request = Bloasis_MarketRegime_RegimeRequest()
        request.market = "NOSUCH"
        let fault = await #expect(throws: RPCFault.self) {
            try await world.queries().getCurrentRegime(request)
        }
        #expect(fault?.code == .notFound)
        #expect(fault?.message.contains("SPX/1d") == true)
    }

    @Test("what to answer when stale follows the asker's policy")
    func degraded() async throws {
        let (world, _) = try await backfilled()
        var request = Bloasis_MarketRegime_RegimeRequest()
        request.onDegraded = .fail
        let fault = await #expect(throws: RPCFault.self) {
            try await world.queries().getCurrentRegime(request)
        }
        #expect(fault?.code == .unavailable)
        request.onDegraded = .conservative
        let cautious = try await world.queries().getCurrentRegime(request)
        let label = try Regime(label: cautious.regime)
        #expect(label.riskLevel >= .high)
        #expect(cautious.stale)
    }

    @Test("history pages join into the whole, with closes")
    func paging() async throws {
        let (world, bars) = try await backfilled()
        var request = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        request.timeRange.startDate = bars[0].timestamp.rfc3339
        request.timeRange.endDate = bars[399].timestamp.rfc3339
        request.pageSize = 37
        var items: [Bloasis_MarketRegime_RegimeResponse] = []
        repeat {
            let page = try await world.queries().getRegimeHistory(request)
            items += page.items
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        // Half-open: the last bar is the range's end.
        #expect(items.map(\.asOf) == bars[..<399].map(\.timestamp.rfc3339))
        #expect(items.map(\.close) == bars[..<399].map(\.close))
    }

    @Test("a history without a range is INVALID_ARGUMENT, word for word")
    func rangeRequired() async throws {
        let (world, _) = try await backfilled(10)
        let fault = await #expect(throws: RPCFault.self) {
            try await world.queries().getRegimeHistory(.init())
        }
        #expect(fault?.code == .invalidArgument)
        #expect(fault?.message == "time_range with start_date and end_date is required")
    }

    @Test("changes: all by bar, or the announced ones after a sequence")
    func changes() async throws {
        let (world, _) = try await backfilled()
        let expected = try await world.changes()
        let all = try await world.queries().listRegimeChanges(.init())
        #expect(all.items.map(\.eventID) == expected.map(\.eventID.text))
        var request = Bloasis_MarketRegime_ListRegimeChangesRequest()
        request.after = 1
        let later = try await world.queries().listRegimeChanges(request)
        #expect(later.items.map(\.sequence) == expected.dropFirst().indices.map { Int64($0) + 1 })
    }

    @Test("the stream replays what was announced, then follows")
    func stream() async throws {
        let bars = World.bars(count: 460, seed: 7)
        let world = World()
        try await world.backfill(Array(bars[..<400]), World.request(emitting: true))
        let already = try await world.changes().count
        var request = Bloasis_MarketRegime_StreamRegimeChangesRequest()
        request.after = 0
        var iterator = try await world.queries().streamRegimeChanges(request).makeAsyncIterator()
        for sequence in 1...already {
            #expect(try await iterator.next()?.sequence == Int64(sequence))
        }
        var classifier = world.classifier()
        for bar in bars[400...] { try await classifier.take(bar, of: World.series) }
        let total = try await world.changes().count
        #expect(total > already)
        for sequence in already + 1...total {
            #expect(try await iterator.next()?.sequence == Int64(sequence))
        }
    }

    @Test("models say what they were trained on and from when they answer")
    func models() async throws {
        let (world, _) = try await backfilled()
        let list = try await world.queries().listModels(.init())
        let first = try #require(list.items.first)
        #expect(first.kind == "hmm")
        #expect(first.trainedThrough < first.activeFrom)
        #expect(first.fit.observations > 0)
        var request = Bloasis_MarketRegime_GetModelRequest()
        request.version = first.version
        #expect(try await world.queries().getModel(request) == first)
        request.version = "nonsense"
        let fault = await #expect(throws: RPCFault.self) {
            try await world.queries().getModel(request)
        }
        #expect(fault?.code == .notFound)
    }
}

@Suite("Staleness by the market's calendar")
struct StalenessTests {
    private func instant(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text))
    }

    @Test(
        "fresh until the next session has closed",
        arguments: [
            // Friday's close over the weekend and until Monday's.
            ("2018-12-28T21:00:00Z", "2018-12-31T20:59:59Z", nil),
            ("2018-12-28T21:00:00Z", "2018-12-31T21:00:00Z", "2018-12-31T21:00:00Z"),
            // New Year's Day is no session.
            ("2018-12-31T21:00:00Z", "2019-01-02T20:00:00Z", nil),
            ("2018-12-31T21:00:00Z", "2026-11-20T00:00:00Z", "2019-01-02T21:00:00Z"),
        ] as [(String, String, String?)])
    func exchange(asOf: String, now: String, since: String?) throws {
        let staleness = Staleness(
            calendar: .nyse, asOf: try instant(asOf), now: try instant(now))
        let expected = try since.map { Staleness.stale(since: try instant($0)) } ?? .fresh
        #expect(staleness == expected)
    }

    @Test("without a known calendar nothing is called stale")
    func none() throws {
        let staleness = Staleness(
            calendar: .none, asOf: try instant("2000-01-01T00:00:00Z"),
            now: try instant("2026-01-01T00:00:00Z"))
        #expect(staleness == .fresh)
    }
}

@Suite("Bars over the wire")
struct BarRecordingTests {
    private func recording(_ world: World) -> BarRecording {
        BarRecording(
            to: .classifier(BarIntake(classifier: world.classifier())), reader: world.store,
            defaultMarket: World.series.market, now: World.now)
    }

    private func request(_ numbers: [Int]) -> Bloasis_Trading_RecordBarsRequest {
        var request = Bloasis_Trading_RecordBarsRequest()
        request.bars = numbers.map { number in
            var bar = Bloasis_Trading_MarketBar()
            bar.timestamp = Samples.day(number).rfc3339
            bar.close = 100
            return bar
        }
        return request
    }

    @Test("new, revised and unchanged bars are counted")
    func counts() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let first = try await recording(world).recordBars(request([0, 1, 2]))
        #expect(first.accepted == 3)
        var again = request([1, 2, 3])
        again.bars[0].close = 101
        let second = try await recording(world).recordBars(again)
        #expect(second.accepted == 1)
        #expect(second.revised == 1)
        #expect(second.unchanged == 1)
    }

    @Test("two bars of one session are INVALID_ARGUMENT, also when requests cross")
    func sessionTwice() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        var twice = request([0, 1])
        twice.bars[1].timestamp = Samples.day(0).advanced(bySeconds: 3_600).rfc3339
        let fault = await #expect(throws: RPCFault.self) {
            try await recording(world).recordBars(twice)
        }
        #expect(fault?.code == .invalidArgument)
        #expect(fault?.message.contains("has two bars of") == true)
        var classifier = world.classifier()
        try await classifier.take(Samples.bar(0), of: World.series)
        var other = Samples.bar(0)
        other.timestamp = other.timestamp.advanced(bySeconds: 3_600)
        await #expect(throws: BarRefusal.self) {
            try await classifier.take(other, of: World.series)
        }
    }

    @Test("an unknown market is NOT_FOUND, a bar from the future INVALID_ARGUMENT")
    func refused() async throws {
        let world = World()
        let unknown = await #expect(throws: RPCFault.self) {
            try await recording(world).recordBars(request([0]))
        }
        #expect(unknown?.code == .notFound)
        try await world.register(anchor: Samples.day(0))
        let future = await #expect(throws: RPCFault.self) {
            try await recording(world).recordBars(request([0, 30_000]))
        }
        #expect(future?.code == .invalidArgument)
        #expect(try await world.history().isEmpty)
    }
}
