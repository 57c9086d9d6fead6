import Contracts
import Hosting
import Market
import Ports
import Regimes
import Synchronization
import TestSupport
import Testing

@testable import MarketRegime

@Suite("Bars thinned to points")
struct ColumnThinningTests {
    private func point(_ number: Int, close: Double?) -> ColumnPoint {
        let regime = Regime.known[number % Regime.known.count]
        return ColumnPoint(
            ToldBar(Samples.assessment(number, regime), isRestated: false), close: close)
    }

    @Test(
        "a point says what its last bar says, and how far its closes reached",
        arguments: Sweep.seeds(60))
    func laws(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let count = Int.random(in: 0...400, using: &generator)
        let limit = Int.random(in: 1...60, using: &generator)
        let closes = (0..<count).map { _ in
            generator.unit() < 0.1 ? Double.nan : 100 * generator.unit()
        }
        var thinning = ColumnThinning(to: limit)
        for number in 0..<count { thinning.append(point(number, close: closes[number])) }
        let points = thinning.finish()
        let width = thinning.barsPerPoint
        #expect(thinning.bars == count && points.count <= limit)
        // The least power of two that does.
        #expect(width.nonzeroBitCount == 1 && width * limit >= count)
        #expect(width == 1 || width / 2 * limit < count)
        #expect(points.dropLast().allSatisfy { $0.bars == width })
        #expect(points.reduce(0) { $0 + $1.bars } == count)
        for (index, told) in points.enumerated() {
            let bars = (index * width)..<min((index + 1) * width, count)
            let last = bars.upperBound - 1
            #expect(told.asOf == Samples.day(last))
            #expect(told.regime == Regime.known[last % Regime.known.count])
            #expect(told.close == closes[last] || (told.close.isNaN && closes[last].isNaN))
            let present = closes[bars].filter { !$0.isNaN }
            #expect(present.min() == (told.low.isNaN ? nil : told.low))
            #expect(present.max() == (told.high.isNaN ? nil : told.high))
        }
    }

    @Test("both sides of where thinning begins", arguments: [1, 2, 7, 100])
    func bound(limit: Int) {
        for (count, width) in [(limit, 1), (limit + 1, 2), (2 * limit, 2), (2 * limit + 1, 4)] {
            var thinning = ColumnThinning(to: limit)
            for number in 0..<count { thinning.append(point(number, close: 1)) }
            let points = thinning.finish()
            #expect(thinning.barsPerPoint == width && points.count == (count + width - 1) / width)
        }
    }

    @Test("a close that is no number is none")
    func infinite() {
        for close in [Double.infinity, -.infinity, .nan, nil] {
            #expect(point(0, close: close).close.isNaN)
        }
        var thinning = ColumnThinning(to: 0)
        thinning.append(point(0, close: 1))
        #expect(thinning.finish().count == 1, "no fewer than one point")
    }
}

@Suite("A range of a series in columns")
struct ColumnTests {
    typealias Request = Bloasis_MarketRegime_GetRegimeColumnsRequest
    typealias Columns = Bloasis_MarketRegime_GetRegimeColumnsResponse

    private func history(
        _ world: World, from first: Timestamp, to end: Timestamp, knownAt: String = ""
    ) async throws -> [Bloasis_MarketRegime_RegimeResponse] {
        var request = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        request.timeRange.startDate = first.rfc3339
        request.timeRange.endDate = end.rfc3339
        request.knownAt = knownAt
        var items: [Bloasis_MarketRegime_RegimeResponse] = []
        repeat {
            let page = try await world.queries().getRegimeHistory(request)
            items += page.items
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        return items
    }

    /// Whether columns without thinning say what a history says.
    private func expect(
        _ columns: Columns, toSay items: [Bloasis_MarketRegime_RegimeResponse]
    ) throws {
        #expect(columns.barsPerPoint == 1 && Int(columns.bars) == items.count)
        #expect(columns.low.isEmpty && columns.high.isEmpty)
        try #require(columns.asOf.count == items.count && columns.close.count == items.count)
        for (index, item) in items.enumerated() {
            let instant = try #require(Timestamp(rfc3339: item.asOf))
            #expect(columns.asOf[index] * 1e9 == Double(instant.nanoseconds))
            #expect(item.hasClose ? columns.close[index] == item.close : columns.close[index].isNaN)
            #expect(columns.labels[Int(columns.regimes[index])] == item.regime)
            #expect(abs(columns.confidence[index] - item.confidence) <= 0.5e-4)
            let told = Dictionary(
                uniqueKeysWithValues: columns.probabilities.map { ($0.label, $0.values[index]) })
            for (label, probability) in item.probabilities {
                #expect(abs((told[label] ?? 0) - probability) <= 0.5e-4)
            }
        }
        #expect(columns.confidenceKind == (items.last?.confidenceKind ?? ""))
    }

    @Test("with enough points they say what the history says, warm-up included")
    func wholeHistory() async throws {
        let world = World()
        let bars = World.bars(count: 300, seed: 21)
        try await world.backfill(bars)
        let columns = try await world.queries().getRegimeColumns(.init())
        let items = try await history(world, from: bars[0].timestamp, to: .latest)
        try expect(columns, toSay: items)
        #expect(columns.market == "SPX" && columns.timeframe == "1d")
        #expect(columns.labels.first != "unknown" && columns.labels.contains("unknown"))
        var exact = Request()
        exact.points = 300
        #expect(try await world.queries().getRegimeColumns(exact) == columns)

        var part = Request()
        part.timeRange.startDate = bars[50].timestamp.rfc3339
        part.timeRange.endDate = bars[200].timestamp.rfc3339
        let within = try await world.queries().getRegimeColumns(part)
        let expected = try await history(
            world, from: bars[50].timestamp, to: bars[200].timestamp)
        #expect(within.bars == 150)
        try expect(within, toSay: expected)
    }

    @Test("what was known at an instant is what the history says was")
    func known() async throws {
        let world = World()
        let bars = World.bars(count: 260, seed: 4)
        try await world.backfill(bars)
        var corrected = bars
        for index in 180..<200 { corrected[index].close *= 1.2 }
        try await world.backfill(corrected, World.request(broughtAt: Samples.day(250)))
        for day in [185, 249, 251] {
            var request = Request()
            request.knownAt = Samples.day(day).rfc3339
            let columns = try await world.queries().getRegimeColumns(request)
            let items = try await history(
                world, from: bars[0].timestamp, to: .latest, knownAt: request.knownAt)
            #expect(items.count == min(day + 1, 260))
            try expect(columns, toSay: items)
        }
    }

    @Test("thinned, every point is one of the whole, and its closes lie within its bounds")
    func thinned() async throws {
        let world = World()
        try await world.backfill(World.bars(count: 300, seed: 9))
        let whole = try await world.queries().getRegimeColumns(.init())
        for points in [1, 7, 150, 299] as [Int32] {
            var request = Request()
            request.points = points
            let columns = try await world.queries().getRegimeColumns(request)
            let width = Int(columns.barsPerPoint)
            #expect(columns.bars == 300 && columns.asOf.count <= Int(points))
            #expect(width > 1 && width * Int(points) >= 300)
            for (index, asOf) in columns.asOf.enumerated() {
                let last = min((index + 1) * width, 300) - 1
                #expect(asOf == whole.asOf[last])
                #expect(
                    columns.labels[Int(columns.regimes[index])]
                        == whole.labels[Int(whole.regimes[last])])
                #expect(columns.confidence[index] == whole.confidence[last])
                #expect(columns.low[index] <= columns.close[index])
                #expect(columns.close[index] <= columns.high[index])
                let closes = whole.close[(index * width)...last]
                #expect(columns.low[index] == closes.min() && columns.high[index] == closes.max())
            }
        }
    }

    /// A series of `count` bars whose every answer spreads over four labels.
    private func spread(_ count: Int) async throws -> World {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        var generator = SplitMix64(seed: 3)
        let labels: [Regime] = [.crisis, .normalBear, .normalBull, .lowVolatility]
        var batch = JournalBatch(series: World.series, expecting: .anyHead, announcing: false)
        for number in 0..<count {
            let masses = labels.map { ($0, generator.unit()) }
            let total = masses.reduce(0) { $0 + $1.1 }
            var assessment = Samples.assessment(number, labels[number % 4])
            assessment.probabilities = RegimeProbabilities(
                summing: masses.map { ($0, $1 / total) })
            batch.records.append(JournalRecord(assessment: assessment))
            let cents = (150_000 + 100_000 * generator.unit()).rounded()
            batch.bars.append(Samples.bar(number, close: cents / 100))
        }
        _ = try await world.store.record(batch)
        return world
    }

    @Test("twenty years of days are below 350 kB of JSON")
    func size() async throws {
        let columns = try await spread(5_040).queries().getRegimeColumns(.init())
        #expect(columns.barsPerPoint == 1 && columns.bars == 5_040)
        let bytes = try WireJSON.text(columns).utf8.count
        #expect(bytes < 350_000, "\(bytes)")
    }

    @Test(
        "what does not fit a page of the store is read on; more points than the most are the most")
    func manyPages() async throws {
        let count = SeriesQuery.limitMaximum + 50
        let world = try await spread(count)
        var request = Request()
        request.points = Int32.max
        let columns = try await world.queries().getRegimeColumns(request)
        #expect(Int(columns.bars) == count && columns.asOf.count == count)
        #expect(columns.barsPerPoint == 1, "both sides of it are tried on fewer bars")
        #expect(columns.close.allSatisfy { !$0.isNaN })
        let standard = try await world.queries().getRegimeColumns(.init())
        #expect(standard.barsPerPoint == 2 && standard.asOf.count == (count + 1) / 2)
    }

    @Test("bars without an answer are no points, and hide no close")
    func unanswered() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let last = SeriesQuery.limitMaximum + 50
        let records = [0, last].map { Samples.assessment($0, .crisis) }
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead, bars: Samples.bars(count: last + 1),
                records: records.map { JournalRecord(assessment: $0) }, announcing: false))
        let columns = try await world.queries().getRegimeColumns(.init())
        #expect(columns.bars == 2 && columns.close.allSatisfy { $0.isFinite })
    }

    /// Tells what a store does, one page after another once it is let.
    private final class GatedHistory: ToldHistory {
        let gate = Flight<Void>()
        private let store: any ToldHistory
        private let pages = Mutex(0)

        init(_ store: any ToldHistory) { self.store = store }

        var pagesRead: Int { pages.withLock { $0 } }

        func told(_ telling: Telling, _ query: SeriesQuery) async throws -> [ToldBar] {
            pages.withLock { $0 += 1 }
            try await gate.value()
            return try await store.told(telling, query)
        }

        func closes(_ query: SeriesQuery) async throws -> [BarClose] {
            try await store.closes(query)
        }
    }

    @Test("equal drawings are put together once; one more than may be at a time is refused")
    func admission() async throws {
        let world = World()
        try await world.backfill(World.bars(count: 150, seed: 3))
        let history = GatedHistory(world.store)
        let queries = world.queries(told: history)
        func draw(_ points: Int) -> Task<Columns, any Error> {
            Task {
                var request = Request()
                request.points = Int32(points)
                return try await queries.getRegimeColumns(request)
            }
        }
        let kept = (1...MarketRegimeQueries.drawingLimit).map { draw($0) }
        try await eventually { history.pagesRead == MarketRegimeQueries.drawingLimit }
        let refusal = await #expect(throws: RPCFault.self) { try await draw(99).value }
        #expect(refusal?.code == .resourceExhausted)
        #expect(refusal?.retryAfterSeconds == MarketRegimeQueries.drawingRetrySeconds)
        // One that is being put together is waited for.
        let leaving = draw(1)
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        history.gate.land(.success(()))
        for drawn in kept { #expect(try await drawn.value.bars == 150) }
        #expect(history.pagesRead == MarketRegimeQueries.drawingLimit)
        #expect(try await draw(99).value.bars == 150)
    }

    @Test("what cannot be asked is INVALID_ARGUMENT, an unknown market NOT_FOUND")
    func faults() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let empty = try await world.queries().getRegimeColumns(.init())
        #expect(empty.bars == 0 && empty.asOf.isEmpty && !empty.hasConfidenceKind)
        let requests: [(RPCFault.Code, (inout Request) -> Void)] = [
            (.invalidArgument, { $0.points = -1 }),
            (.invalidArgument, { $0.timeRange.startDate = "2018-01-01" }),
            (.invalidArgument, { $0.knownAt = "2200-01-01" }),
            (.notFound, { $0.market = "NOSUCH" }),
        ]
        for (code, change) in requests {
            var request = Request()
            change(&request)
            let asked = request
            let fault = await #expect(throws: RPCFault.self) {
                try await world.queries().getRegimeColumns(asked)
            }
            #expect(fault?.code == code)
        }
    }
}
