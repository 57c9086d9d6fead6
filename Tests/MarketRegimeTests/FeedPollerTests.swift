import Contracts
import Hosting
import Market
import MarketRegime
import Ports
import Regimes
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("What is polled next is decided from what is stored")
struct PollPlanTests {
    private func range(
        last: String, now: String, timeframe: String = "1d", calendar: SessionCalendar = .nyse,
        settling: Int64 = 3_600
    ) throws -> Range<Timestamp>? {
        PollPlan.range(
            after: try instant(last),
            of: Samples.profile(Samples.series("SPX", timeframe), calendar: calendar),
            settlingSeconds: settling, at: try instant(now))
    }

    private func instant(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text))
    }

    /// Friday 28 December 2018 to the New Year, which is no session.
    @Test(
        "a session is asked for once it is over and settled, and not before",
        arguments: [
            ("2018-12-28T21:00:00Z", "2018-12-29T12:00:00Z", false),
            ("2018-12-28T21:00:00Z", "2018-12-31T20:00:00Z", false),
            ("2018-12-28T21:00:00Z", "2018-12-31T21:59:59Z", false),
            ("2018-12-28T21:00:00Z", "2018-12-31T22:00:00Z", true),
            ("2018-12-31T21:00:00Z", "2019-01-02T15:00:00Z", false),
            ("2018-12-31T21:00:00Z", "2019-01-02T22:00:00Z", true),
            ("2018-12-24T18:00:00Z", "2018-12-25T12:00:00Z", false),
        ])
    func sessions(last: String, now: String, isDue: Bool) throws {
        let range = try range(last: last, now: now)
        #expect((range != nil) == isDue)
        if let range {
            let (last, now) = (try instant(last), try instant(now))
            #expect(range.contains(last) && range.contains(now))
            #expect(last.nanoseconds - range.lowerBound.nanoseconds > 5 * 86_400_000_000_000)
        }
    }

    @Test("markets that never close, and those of which nobody knows when they do")
    func others() throws {
        let last = "2018-12-28T00:00:00Z"
        #expect(
            try range(last: last, now: "2018-12-29T00:59:59Z", calendar: .continuous) == nil)
        #expect(
            try range(last: last, now: "2018-12-29T01:00:00Z", calendar: .continuous) != nil)
        #expect(try range(last: last, now: "2018-12-29T00:59:59Z", calendar: .none) == nil)
        #expect(try range(last: last, now: "2018-12-29T01:00:00Z", calendar: .none) != nil)
        #expect(
            try range(last: last, now: "2018-12-28T01:59:59Z", timeframe: "1h", calendar: .none)
                == nil)
        #expect(
            try range(last: last, now: "2018-12-28T02:00:00Z", timeframe: "1h", calendar: .none)
                != nil)
    }

    @Test("stored bars that come again are no news; all on another footing are told")
    func news() throws {
        let known = Samples.bars(count: 8)
        let more = Samples.bars(count: 10)
        let last = Samples.day(7)
        guard case .bars(let bars) = PollPlan.news(in: more, known: known, after: last) else {
            Issue.record("not taken")
            return
        }
        #expect(bars.map(\.timestamp) == [Samples.day(8), Samples.day(9)])
        func told(_ factor: Double, upTo count: Int) -> PollPlan.News {
            let told = more.enumerated().map { number, bar in
                number < count ? Samples.bar(number, close: bar.close * factor) : bar
            }
            return PollPlan.news(in: told, known: known, after: last)
        }
        guard case .readjusted(let timestamp, let stored, let close) = told(0.99, upTo: 8) else {
            Issue.record("taken")
            return
        }
        #expect(timestamp == Samples.day(0) && stored == known[0].close)
        #expect(close == known[0].close * 0.99)
        // A vendor may adjust days late: what came since then is as it was stored.
        for count in 2...7 {
            guard case .readjusted = told(0.99, upTo: count) else {
                Issue.record("taken with \(count) bars on another footing")
                continue
            }
        }
        // A correction of one, and the same rounded otherwise, are no other footing.
        for news in [told(0.99, upTo: 1), told(1.00005, upTo: 8)] {
            guard case .bars = news else {
                Issue.record("not taken")
                continue
            }
        }
    }

    /// Stored closes, and what each is told as.
    private func isReadjusted(_ closes: [(Double, Double)]) -> Bool {
        let known = closes.enumerated().map { Samples.bar($0.offset, close: $0.element.0) }
        let told = closes.enumerated().map { Samples.bar($0.offset, close: $0.element.1) }
        let news = PollPlan.news(in: told, known: known, after: Samples.day(closes.count - 1))
        if case .readjusted = news { return true } else { return false }
    }

    @Test("one bar that happens to be equal hides nothing; corrections that differ are corrections")
    func footing() {
        let closes = (0..<7).map { 100 + 1.37 * Double($0) }
        for equal in 0..<7 {
            #expect(
                isReadjusted(
                    closes.enumerated().map { ($1, $0 == equal ? $1 : $1 * 0.993) }))
        }
        #expect(!isReadjusted(closes.map { ($0, $0) }))
        #expect(!isReadjusted([(100, 101), (100, 102), (100, 100)]))
        #expect(!isReadjusted([(100, 101), (100, 100), (100, 101)]))
        #expect(!isReadjusted([(100, 99)]))
        #expect(isReadjusted([(100, 99), (200, 198)]))
        #expect(!isReadjusted([(.nan, 99), (200, 198)]))
    }

    @Test("prices in cents show a factor no finer than cents do")
    func cents() {
        func cents(_ price: Double) -> Double { (price * 100).rounded() / 100 }
        let closes = [3.21, 3.27, 3.18, 3.25, 3.30, 3.24, 3.22]
        #expect(isReadjusted(closes.map { ($0, cents($0 * 0.985)) }))
        // Two bars that were rounded up are no dividend.
        #expect(!isReadjusted(closes.map { ($0, cents($0 + 0.005)) }))
        #expect(!isReadjusted([(3.214, 3.21), (3.274, 3.27), (3.178, 3.18)]))
    }

    @Test("after a failure that passes it is tried soon, then ever later, as the vendor asks")
    func timer() {
        let start = Samples.day(0)
        var timer = PollTimer(from: start, everySeconds: 21_600)
        #expect(timer.due == start)
        func pause() -> Int64 { (timer.due.nanoseconds - start.nanoseconds) / 1_000_000_000 }
        var pauses: [Int64] = []
        for _ in 0..<12 {
            timer.fail(at: start, passes: true)
            pauses.append(pause())
        }
        #expect(pauses[..<9] == [60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360])
        #expect(pauses[9...].allSatisfy { $0 == 21_600 })
        timer.succeed(at: start)
        #expect(timer.failures == 0 && pause() == 21_600)
        timer.fail(at: start, passes: true, retryAfter: 300)
        #expect(pause() == 300)
        timer.fail(at: start, passes: false)
        #expect(pause() == 21_600)
        for _ in 0..<100 { timer.fail(at: start, passes: true) }
        #expect(pause() == 21_600)
    }
}

/// A feed that knows 230 days of a market, a store that knows 200 of them, and a clock.
private final class PollWorld: Sendable {
    static let bars = Samples.bars(count: 230)

    let world = World()
    let feed = InMemoryMarketFeed()
    let series: PolledSeries
    let tree = StatusTree(root: "test")
    let registry = PrometheusRegistry()
    private let present = Mutex(Samples.day(199))
    private let slept = Mutex<[Duration]>([])

    /// - Parameter missing: a day that the feed does not know.
    init(missing: Int? = nil) async throws {
        series = PolledSeries(series: World.series, symbol: try #require(FeedSymbol("^spx")))
        try await world.backfill(Array(PollWorld.bars[..<200]))
        feed.set(
            PollWorld.bars.filter { $0.timestamp != missing.map(Samples.day) }
                .map { FeedBar(bar: $0) }, of: series.symbol)
    }

    func set(_ now: Timestamp) { present.withLock { $0 = now } }
    var sleeps: [Duration] { slept.withLock { $0 } }

    /// - Parameter limit: sleeps before it is asked to stop.
    func poller(
        to destination: BarRecording.Destination? = nil, sleepsLimit limit: Int = 0,
        onReadjusted: ReadjustedPolicy = .refuse
    ) -> FeedPoller {
        FeedPoller(
            feed, FeedPoller.Order([series], onReadjusted: onReadjusted),
            to: destination ?? .classifier(BarIntake(classifier: world.classifier())),
            backfill: Backfill(journal: world.store, reader: world.store),
            status: tree.root, metrics: registry, now: { self.present.withLock { $0 } },
            logger: World.logger,
            sleep: { pause in
                let count = self.slept.withLock { slept in
                    slept.append(pause)
                    return slept.count
                }
                guard count <= limit else { throw CancellationError() }
                let seconds = pause.components.seconds
                self.present.withLock { $0 = $0.advanced(bySeconds: seconds) }
            })
    }

    static func scaled(_ factor: Double, _ range: Range<Int>) -> [FeedBar] {
        bars[range].enumerated().map { offset, bar in
            FeedBar(bar: Samples.bar(range.lowerBound + offset, close: bar.close * factor))
        }
    }

    static func timer() -> PollTimer { PollTimer(from: Samples.day(0), everySeconds: 21_600) }
}

@Suite("The poller")
struct FeedPollerTests {
    @Test("new bars are classified as live would, triggered by the baseline")
    func classified() async throws {
        let polled = try await PollWorld()
        let poller = polled.poller()
        var timer = PollWorld.timer()
        polled.set(Samples.day(200).advanced(bySeconds: -1))
        let early = try await poller.poll(polled.series, &timer)
        #expect(early == .notDue)
        #expect(polled.feed.asked.isEmpty)
        polled.set(Samples.day(205))
        let first = try await poller.poll(polled.series, &timer)
        #expect(first == .news)
        #expect(timer.due == Samples.day(205).advanced(bySeconds: 21_600))
        let again = try await poller.poll(polled.series, &timer)
        #expect(again == .notDue)
        let whole = World()
        try await whole.backfill(Array(PollWorld.bars[...205]))
        let history = try await polled.world.history()
        #expect(sayTheSame(history, try await whole.history()))
        #expect(history.suffix(6).allSatisfy { $0.trigger == .baseline })
        #expect(history.dropLast(6).allSatisfy { $0.trigger != .baseline })
    }

    @Test("with a broker they go to the topic, and the trigger with them")
    func published() async throws {
        let polled = try await PollWorld()
        polled.set(Samples.day(202))
        var timer = PollWorld.timer()
        let poller = polled.poller(to: .topic(polled.world.bus))
        #expect(try await poller.poll(polled.series, &timer) == .news)
        let logged = polled.world.bus.logged(.marketBars)
        let events = try logged.map { try MarketBarEvent(payload: $0.message.payload) }
        #expect(events.map(\.bar.timestamp) == (200...202).map { Samples.day($0) })
        #expect(events.allSatisfy { $0.trigger == .baseline })
        let consumer = EventConsumer.bars(
            on: polled.world.bus, into: BarIntake(classifier: polled.world.classifier()),
            now: World.now, logger: World.logger)
        for event in logged { try await consumer.process(event) }
        let history = try await polled.world.history()
        #expect(history.suffix(3).allSatisfy { $0.trigger == .baseline })
    }

    @Test("failures are made good later, and end nothing")
    func failures() async throws {
        let polled = try await PollWorld()
        let poller = polled.poller()
        var timer = PollWorld.timer()
        let now = Samples.day(201)
        polled.set(now)
        polled.feed.fail(
            with: .unreachable("down"), .rateLimited(retryAfterSeconds: 900), .quotaSpent, .noData)
        for pause in [60, 900, 21_600, 21_600] as [Int64] {
            #expect(try await poller.poll(polled.series, &timer) == .failed)
            #expect(timer.due == now.advanced(bySeconds: pause))
        }
        #expect(try await poller.poll(polled.series, &timer) == .news)
        #expect(timer.failures == 0)
        let unknown = PolledSeries(
            series: Samples.series("NOBODY"), symbol: polled.series.symbol)
        #expect(try await poller.poll(unknown, &timer) == .failed)
    }

    @Test("a history that was adjusted since, or a split, is refused and not continued")
    func refused() async throws {
        let polled = try await PollWorld()
        let poller = polled.poller()
        var timer = PollWorld.timer()
        polled.set(Samples.day(205))
        polled.feed.set(PollWorld.scaled(0.99, 0..<230), of: polled.series.symbol)
        #expect(try await poller.poll(polled.series, &timer) == .refused)
        polled.feed.set(
            PollWorld.scaled(1, 0..<200) + PollWorld.scaled(0.5, 200..<230),
            of: polled.series.symbol)
        #expect(try await poller.poll(polled.series, &timer) == .refused)
        #expect(try await polled.world.history().count == 200)
        polled.feed.set(PollWorld.scaled(1, 200..<230), of: polled.series.symbol)
        #expect(try await poller.poll(polled.series, &timer) == .news)
    }

    @Test("a series that is refused shows until it is not, and a failure does not hide it")
    func shown() async throws {
        let polled = try await PollWorld()
        let poller = polled.poller()
        var timer = PollWorld.timer()
        polled.set(Samples.day(205))
        polled.feed.set(PollWorld.scaled(0.99, 0..<230), of: polled.series.symbol)
        let gauge = #"feed_series_refused{market="SPX",timeframe="1d"} "#
        _ = try await poller.poll(polled.series, &timer)
        polled.set(Samples.day(206))
        polled.feed.fail(with: .unreachable("down"))
        #expect(try await poller.poll(polled.series, &timer) == .failed)
        #expect(polled.registry.exposition().contains(gauge + "1"))
        let report = polled.tree.snapshot().own
        #expect(report.status == .warning)
        #expect(report.detail.hasPrefix("1 of 1 series refused; SPX/1d since 2000-07-26T21:00:00Z"))
        polled.feed.set(PollWorld.scaled(1, 0..<230), of: polled.series.symbol)
        #expect(try await poller.poll(polled.series, &timer) == .news)
        #expect(polled.registry.exposition().contains(gauge + "0"))
        #expect(polled.tree.snapshot().own == StatusReport(.ok, "1 series polled"))
    }

    @Test("told to, it writes a re-adjusted history anew as fetch --backfill does, and goes on")
    func readjusted() async throws {
        let polled = try await PollWorld()
        let poller = polled.poller(onReadjusted: .backfill)
        var timer = PollWorld.timer()
        polled.set(Samples.day(205))
        // A dividend at day 198, which the vendor tells of late.
        polled.feed.set(PollWorld.scaled(0.99, 0..<198), of: polled.series.symbol)
        #expect(try await poller.poll(polled.series, &timer) == .readjusted)
        let bars = (PollWorld.scaled(0.99, 0..<198) + PollWorld.scaled(1, 198..<206)).map(\.bar)
        let whole = World()
        try await whole.backfill(bars)
        let history = try await polled.world.history()
        #expect(
            sayTheSame(
                history.leavingOutAvailability, try await whole.history().leavingOutAvailability))
        #expect(history.suffix(6).allSatisfy { $0.trigger == .baseline })
        let stored = try await polled.world.store.bars(SeriesQuery(World.series))
        #expect(stored.count { $0.revision == 2 } == 198 && stored.count == 206)
        polled.set(Samples.day(207))
        #expect(try await poller.poll(polled.series, &timer) == .news)
    }

    @Test("a vendor that does not tell all of it is refused: the rest would stay as it was")
    func incomplete() async throws {
        let polled = try await PollWorld(missing: 40)
        let poller = polled.poller(onReadjusted: .backfill)
        var timer = PollWorld.timer()
        polled.set(Samples.day(205))
        polled.feed.set(
            PollWorld.scaled(0.99, 0..<40) + PollWorld.scaled(0.99, 41..<230),
            of: polled.series.symbol)
        let before = try await polled.world.history()
        #expect(try await poller.poll(polled.series, &timer) == .refused)
        #expect(sayTheSame(before, try await polled.world.history()))
        let detail = polled.tree.snapshot().own.detail
        #expect(detail.contains("does not tell all of it: 1 stored bars"))
    }

    @Test("it polls at once and then every six hours, and stops when it is told")
    func run() async throws {
        let polled = try await PollWorld()
        polled.set(Samples.day(201))
        polled.feed.fail(with: .unreachable("down"))
        try await polled.poller(sleepsLimit: 9).run()
        #expect(polled.sleeps.first == .seconds(60))
        #expect(polled.sleeps.dropFirst().allSatisfy { $0 == .seconds(21_600) })
        // A minute and two days later.
        #expect(try await polled.world.history().count == 203)
        #expect(polled.feed.asked.count == 3)
    }
}
