import Contracts
import Market
import Ports
import Regimes
import TestSupport
import Testing

@testable import MarketRegime

@Suite("Series at a glance")
struct SeriesListTests {
    typealias Request = Bloasis_MarketRegime_ListSeriesRequest
    typealias Summary = Bloasis_MarketRegime_SeriesSummary

    private let time = ManualTime()

    private func list(
        _ world: World, _ request: Request = Request()
    ) async throws -> Bloasis_MarketRegime_ListSeriesResponse {
        try await world.queries(now: { [time] in time.now }).listSeries(request)
    }

    private func override(_ world: World, _ regime: Regime) async throws -> OverrideOrder {
        let order = Samples.order(regime, at: time.now)
        _ = try await world.store.putInForce(order)
        return order
    }

    @Test("what is said of a series is what its current answer says, overridden or not")
    func current() async throws {
        let world = World()
        try await world.backfill(
            World.bars(count: 300, seed: 21), World.request(emitting: true))
        func check() async throws {
            let queries = world.queries(now: { [time] in time.now })
            let answer = try await queries.getCurrentRegime(.init())
            let told = try #require(try await queries.listSeries(.init()).items.first)
            var expected = Summary()
            expected.market = answer.market
            expected.timeframe = answer.timeframe
            expected.calendar = "24x7"
            expected.kind = "hmm"
            expected.regime = answer.regime
            expected.previousRegime = answer.previousRegime
            expected.since = answer.since
            expected.confidence = answer.confidence
            expected.confidenceKind = answer.confidenceKind
            expected.riskLevel = answer.riskLevel
            expected.asOf = answer.asOf
            expected.sequence = answer.sequence
            expected.modelVersion = answer.modelVersion
            expected.trigger = answer.trigger
            expected.stale = answer.stale
            if answer.hasStaleSince { expected.staleSince = answer.staleSince }
            expected.firstAsOf = Samples.day(0).rfc3339
            #expect(told == expected)
        }
        try await check()
        let last = try #require(try await world.history().last).regime
        let order = try await override(world, last == .crisis ? .euphoria : .crisis)
        try await check()
        let seconds = (order.expiresAt.nanoseconds - time.now.nanoseconds) / 1_000_000_000
        time.advance(bySeconds: seconds)
        try await check()
        _ = try await world.store.endExpiredOverride(of: World.series, at: time.now)
        try await check()
    }

    @Test("a series without an answer is listed, and says that nothing is known")
    func unanswered() async throws {
        let world = World()
        _ = try await world.store.register(Samples.profile(calendar: .continuous))
        var request = Request()
        request.timeRange.startDate = "1990-01-01"
        request.timeRange.endDate = "2030-01-01"
        let response = try await list(world, request)
        let told = try #require(response.items.first)
        #expect(response.total == 1 && told.regime == "unknown" && told.riskLevel == "high")
        #expect(!told.hasAsOf && !told.hasStale && !told.hasSince && !told.hasConfidence)
        #expect(!told.hasKind, "its specification is not one")
        #expect(told.spans.isEmpty && told.hasSpansCut && !told.spansCut)
        #expect(told.firstAsOf == Samples.day(0).rfc3339 && told.sequence == 0)
    }

    @Test("pages join into the whole; a filter counts what it lets through")
    func pages() async throws {
        let world = World()
        for (market, timeframe) in [
            ("SPX", "1d"), ("SPX", "1h"), ("NDX", "1d"), ("BTC-USD", "1h"), ("spy", "1d"),
        ] {
            _ = try await world.store.register(
                Samples.profile(Samples.series(market, timeframe)))
        }
        let whole = try await list(world)
        #expect(
            whole.items.map { "\($0.market)/\($0.timeframe)" }
                == ["BTC-USD/1h", "NDX/1d", "SPX/1d", "SPX/1h", "spy/1d"])
        #expect(whole.nextPageToken.isEmpty && whole.hasNextPageToken)
        for size in 1...6 as ClosedRange<Int32> {
            var request = Request()
            request.pageSize = size
            var items: [Summary] = []
            repeat {
                let page = try await list(world, request)
                #expect(page.total == 5 && page.items.count <= Int(size))
                items += page.items
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            #expect(items == whole.items)
        }
        for (search, timeframe, expected) in [
            ("sp", "", 3), ("SP", "1d", 2), ("", "1h", 2), ("usd", "1d", 0), ("s p", "", 0),
            ("\u{0}", "", 0), (String(repeating: "S", count: 33), "", 0),
        ] {
            var request = Request()
            request.search = search
            request.timeframe = timeframe
            let page = try await list(world, request)
            #expect(page.total == Int32(expected) && page.items.count == expected)
        }
    }

    @Test("what cannot be asked is INVALID_ARGUMENT and says which field")
    func faults() async throws {
        let world = World()
        let requests: [(String, (inout Request) -> Void)] = [
            ("page_size", { $0.pageSize = -1 }), ("page_token", { $0.pageToken = "SPX" }),
            ("page_token", { $0.pageToken = "SPX/1d/2" }), ("timeframe", { $0.timeframe = "1y" }),
            ("time_range", { $0.timeRange.endDate = "2018-01-01" }),
        ]
        for (field, change) in requests {
            var request = Request()
            change(&request)
            let asked = request
            let fault = await #expect(throws: RPCFault.self) { try await list(world, asked) }
            #expect(fault?.code == .invalidArgument && fault?.message.contains(field) == true)
        }
    }
}

@Suite("Spans of what was published")
struct LabelSpanTests {
    private let world = World()
    private let time = ManualTime()
    private let days = 60

    /// Labels, restatements and overrides as they come; what was published about each day.
    private func play(seed: UInt64) async throws -> [Regime?] {
        var generator = SplitMix64(seed: seed)
        let store = world.store
        _ = try await store.register(Samples.profile())
        var regimes = Samples.regimes(count: days, seed: seed)
        var written = 0
        while written < days {
            let count = min(Int.random(in: 1...9, using: &generator), days - written)
            if generator.unit() < 0.3, written > 3 {
                // The past is told anew.
                let from = Int.random(in: 0..<written, using: &generator)
                let other = Samples.regimes(count: days, seed: generator.next())
                regimes.replaceSubrange(from..<written, with: other[from..<written])
            }
            written += count
            _ = try await store.record(
                JournalBatch(
                    series: Samples.series, expecting: .anyHead,
                    records: Samples.records(Array(regimes[..<written])),
                    announcing: Bool.random(using: &generator)))
            try await override(&generator)
        }
        return try await published()
    }

    private func override(_ generator: inout SplitMix64) async throws {
        let store = world.store
        if generator.unit() < 0.4 {
            let regime = Regime.known[Int.random(in: 0..<6, using: &generator)]
            let order = Samples.order(regime, at: time.now, seconds: 10)
            do { _ = try await store.putInForce(order) } catch is OverrideRefusal {}
        }
        time.advance(bySeconds: Int64.random(in: 0..<8, using: &generator))
        if generator.unit() < 0.5 {
            _ = try await store.endExpiredOverride(of: Samples.series, at: time.now)
        }
    }

    /// Day by day, from what the store says of bars and of overrides alone.
    private func published() async throws -> [Regime?] {
        let store = world.store
        let overrides = try await store.overrides(of: Samples.series, after: 0, limit: 1_000)
        let head = try #require(try await store.head(of: Samples.series))
        let history = try await store.history(SeriesQuery(Samples.series))
        return try await history.asyncMap { assessment in
            for override in overrides.reversed() where override.asOf <= assessment.asOf {
                let next = try await store.announcements(
                    of: Samples.series, after: override.sequence, limit: 1)
                let isOver = !override.isInForce(at: time.now) && override.end == nil
                let end = next.first?.asOf ?? (isOver ? head.lastAsOf : nil)
                if end.map({ assessment.asOf < $0 }) ?? true { return override.regime }
                break
            }
            return assessment.regime
        }
    }

    @Test("spans say day by day what was published, whatever the range", arguments: Sweep.seeds(40))
    func agree(seed: UInt64) async throws {
        let expected = try await play(seed: seed)
        let queries = world.queries(now: { [time] in time.now })
        var generator = SplitMix64(seed: seed &+ 1_000)
        for _ in 0..<12 {
            let start = Int.random(in: -3..<days, using: &generator)
            let end = Int.random(in: start...(days + 3), using: &generator)
            let half = Bool.random(using: &generator) ? Timestamp.nanosecondsPerDay / 2 : 0
            var request = Bloasis_MarketRegime_ListSeriesRequest()
            request.timeRange.startDate = Samples.day(start).advanced(byNanoseconds: half).rfc3339
            request.timeRange.endDate = Samples.day(end).advanced(byNanoseconds: half).rfc3339
            let told = try #require(try await queries.listSeries(request).items.first)
            let spans = told.spans
            #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.regime != $1.regime })
            #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.start < $1.start })
            let first = half > 0 ? start + 1 : start
            let through = half > 0 ? end : end - 1
            for day in max(first, 0)..<max(first, 0, through + 1) where day < days {
                let span = spans.last { $0.start <= Samples.day(day).rfc3339 }
                #expect(span?.regime == expected[day]?.label, "day \(day)")
            }
            if end > days, start < days {
                #expect(spans.last?.regime == told.regime, "what is published now comes last")
            }
            let lower = Samples.day(start).advanced(byNanoseconds: half).rfc3339
            #expect(spans.allSatisfy { $0.start >= lower })
        }
    }

    @Test("where overrides are left out, nothing is told of the time that they lie in")
    func overridesCut() throws {
        typealias Step = PublishedLabels.Step
        typealias Override = PublishedLabels.Override
        func day(_ number: Int) -> Timestamp { Samples.day(number) }
        let query = LabelQuery(over: day(0)..<day(9), limit: 2)
        let labels = try #require(
            PublishedLabels(
                steps: [
                    Step(asOf: day(0), regime: .crisis), Step(asOf: day(5), regime: .euphoria),
                ],
                overrides: [
                    Override(regime: .normalBull, asOf: day(1), end: day(2)),
                    Override(regime: .normalBear, asOf: day(3), end: day(4)),
                    Override(regime: .highVolatility, asOf: day(6), end: nil),
                ], of: query))
        #expect(labels.wholeFrom == day(3))
        let told: [(Regime, Int)] = [
            (.normalBear, 3), (.crisis, 4), (.euphoria, 5), (.highVolatility, 6), (.euphoria, 7),
        ]
        let spans = labels.spans(over: query.range, standingUntil: day(7))
        #expect(spans == told.map { LabelSpan(regime: $0, start: day($1)) })
        let standing = labels.spans(over: query.range, standingUntil: nil)
        #expect(standing == Array(spans.dropLast()))
    }

    @Test("of more changes than are told the latest are, and it says so")
    func cut() async throws {
        let count = LabelQuery.limitMaximum + 20
        let regimes = (0..<count).map { $0.isMultiple(of: 2) ? Regime.crisis : .normalBull }
        _ = try await world.store.register(Samples.profile())
        _ = try await world.store.record(Samples.batch(regimes))
        for (start, isCut) in [(0, true), (19, true), (20, false), (21, false)] {
            var request = Bloasis_MarketRegime_ListSeriesRequest()
            request.timeRange.startDate = Samples.day(start).rfc3339
            request.timeRange.endDate = Samples.day(count).rfc3339
            let told = try #require(
                try await world.queries().listSeries(request).items.first)
            #expect(told.spansCut == isCut)
            #expect(told.spans.first?.start == Samples.day(max(start, 20)).rfc3339)
            #expect(told.spans.count == count - max(start, 20))
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Other>(
        _ transform: (Element) async throws -> Other
    ) async rethrows -> [Other] {
        var others: [Other] = []
        for element in self { others.append(try await transform(element)) }
        return others
    }
}
