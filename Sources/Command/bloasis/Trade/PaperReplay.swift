import AIAnalysis
import Backends
import Contracts
import Hosting
import Logging
import Market
import MarketRegime
import Notices
import Notification
import Ports
import RegimeModels
import Regimes
import Synchronization
import Trading
import TradingService

/// History once more through the whole pipeline, with a paper portfolio at its end: bars are
/// classified live, changes are announced, relayed and consumed, strategies asked for, orders
/// filled and people told, each by what does it in a server; in a store of its own, so that nobody
/// else hears of it.
///
/// Time is that of the bars. After each bar everything that follows from it is done before the next
/// one comes, so a replay is the same whenever it runs; one that was killed goes on where it was.
struct PaperReplay: Sendable {
    let series: Series
    let portfolio: PaperPortfolio
    /// Bars from its beginning on are traded on; those before are only known.
    let range: Range<Timestamp>

    private let stored: any RegimeReader
    private let profile: SeriesProfile
    private let sandbox: EmbeddedStore
    private let logger: Logger
    private let clock = ReplayClock()
    private let failPoints: FailPoints?

    /// - Parameters:
    ///   - stored: has the bars.
    ///   - profile: of the series there.
    ///   - sandbox: where everything is written.
    init(
        _ portfolio: PaperPortfolio, over range: Range<Timestamp>, of profile: SeriesProfile,
        from stored: any RegimeReader, into sandbox: EmbeddedStore, failPoints: FailPoints?,
        logger: Logger
    ) {
        series = portfolio.series
        self.portfolio = portfolio
        self.range = range
        self.profile = profile
        self.stored = stored
        self.sandbox = sandbox
        self.failPoints = failPoints
        self.logger = logger
    }

    /// The instant of the bar that is replayed.
    private final class ReplayClock: Sendable {
        private let instant = Mutex(Timestamp.earliest)

        var now: Timestamp { instant.withLock { $0 } }

        func set(_ now: Timestamp) { instant.withLock { $0 = max($0, now) } }
    }

    private var now: @Sendable () -> Timestamp { { [clock] in clock.now } }

    private var journal: any RegimeJournal {
        failPoints.map { FailingJournal(journal: sandbox.regimes, points: $0) } ?? sandbox.regimes
    }

    private var events: any EventBus {
        failPoints.map { FailingBus(bus: sandbox.events, points: $0) } ?? sandbox.events
    }

    private var book: any PaperBook {
        failPoints.map { FailingPaperBook(book: sandbox.paper, points: $0) } ?? sandbox.paper
    }

    private var ledger: any FillLedger {
        failPoints.map { FailingLedger(ledger: sandbox.fills, points: $0) } ?? sandbox.fills
    }

    private var outbox: any Outbox {
        failPoints.map { FailingOutbox(outbox: sandbox.regimes, points: $0) } ?? sandbox.regimes
    }

    /// - Parameter progress: is told of each bar that is done.
    /// - Returns: the bars that were traded on, the last one before them first.
    func run(progress: (_ done: Int, _ total: Int) -> Void) async throws -> [Bar] {
        let warmUp = try await bars(in: Timestamp.earliest..<range.lowerBound)
        let traded = try await bars(in: range)
        try await know(warmUp)
        let parts = try await parts()
        var classifier = LiveClassifier(
            journal: journal, reader: sandbox.regimes, now: now, logger: logger,
            jitter: SystemRandomNumberGenerator())
        try await begin(parts, after: warmUp.last)
        // What a run that was killed had replayed is there; of its last bar something may be left
        // to be done, of those before it nothing.
        let last = try await sandbox.regimes.head(of: series)?.lastAsOf ?? .earliest
        let replayed = traded.count { $0.timestamp <= last }
        for (index, bar) in traded.enumerated().dropFirst(max(replayed - 1, 0)) {
            clock.set(bar.availableAt)
            if bar.timestamp > last { try await classify(bar, by: &classifier) }
            try await parts.broker.settle(through: bar.timestamp)
            try await parts.pump()
            progress(index + 1, traded.count)
        }
        await parts.close()
        return warmUp.suffix(1) + traded
    }

    private func classify(_ bar: Bar, by classifier: inout LiveClassifier) async throws {
        do {
            try await classifier.take(bar, of: series)
        } catch BarRefusal.suspectedSplit {
            // It was accepted when it was stored.
            try await write([bar], announcing: true)
        }
    }

    /// What is in the store after a run.
    ///
    /// - Parameter bars: what `run` answered.
    func outcome(_ bars: [Bar]) async throws -> PaperOutcome {
        var request = Bloasis_Trading_GetPortfolioRequest()
        request.userID = portfolio.key.userID.text
        let reader = self.reader
        return try await PaperOutcome(
            of: portfolio, in: sandbox, bars: bars,
            endpoint: try await recording(reader).getPortfolio(request)
        ) { symbol, instant in
            try await reader.lastClose(
                of: symbol, series.timeframe, through: instant, knownAt: instant)
        }
    }

    // MARK: - Before the first bar

    private func bars(in range: Range<Timestamp>) async throws -> [Bar] {
        try await stored.everyBar(of: series, in: range).map(knownInTime)
    }

    /// A bar that was corrected later is taken as if it had always said so: the correction is known
    /// from years after the bar, and the replay's time must not follow it there.
    private func knownInTime(_ bar: Bar) -> Bar {
        var bar = bar
        let next = bar.timestamp.advanced(byNanoseconds: series.timeframe.nanoseconds)
        if bar.availableAt >= next { bar.availableAt = bar.timestamp }
        return bar
    }

    /// Writes what was before, silently.
    private func know(_ bars: [Bar]) async throws {
        let head = try await sandbox.regimes.head(of: series)
        if let last = bars.last, head?.lastAsOf.map({ $0 >= last.timestamp }) ?? false { return }
        guard !bars.isEmpty else {
            _ = try await sandbox.regimes.register(profile)
            return
        }
        try await write(bars, announcing: false)
    }

    private func write(_ bars: [Bar], announcing: Bool) async throws {
        let specification = try SpecificationTimeline(
            canonicalJSON: profile.specification
        ).current
        var model: StoredModel?
        if let version = specification.fixedModel {
            model = try await stored.model(ModelVersion(version))
        }
        let terms = BackfillTerms(
            specification: specification, now: now, emitting: announcing, bringsExogenous: true,
            splits: .accept, fixedModel: try model.map { try ModelManifest(json: $0.manifest) })
        _ = try await Backfill(journal: journal, reader: sandbox.regimes).run(
            BackfillRequest(series: series, calendar: profile.calendar, terms),
            from: Backfill.source(of: bars))
    }

    /// Opens the portfolio, and has it decide on the regime that is in force.
    private func begin(_ parts: Parts, after last: Bar?) async throws {
        if let last { clock.set(last.availableAt) }
        _ = try await sandbox.notices.meet(
            Addressee.user(portfolio.key.userID), at: clock.now)
        let opened = try await sandbox.paper.open(portfolio)
        try await parts.trader.begin(opened)
    }

    // MARK: - What runs

    private static let environment = CacheEnvironment(
        now: { ContinuousClock.now }, chance: { 0.5 })

    private var reader: ReplayReader {
        ReplayReader(series: series, replayed: sandbox.regimes, stored: stored)
    }

    private func recording(_ reader: ReplayReader) -> FillRecording {
        let portfolios = Portfolios(
            ledger: sandbox.fills,
            commits: { [sandbox] in sandbox.regimes.commits() as AsyncStream<Void> }, shared: nil,
            PaperReplay.environment)
        return FillRecording(
            ledger: ledger, reader: reader, portfolios: portfolios,
            defaultMarket: series.market, now: now)
    }

    private func parts() async throws -> Parts {
        let broker = PaperBroker(
            book, reader: reader, ledger: ledger, recording: recording(reader))
        let analysis = AnalysisQueries(
            StrategyEngine(reader), reader: reader, shared: nil, sectors: [:],
            defaultMarket: series.market, now: now, PaperReplay.environment)
        let trader = PaperTrader(
            book, reader: reader, ledger: ledger, analysis: analysis, broker: broker,
            now: now)
        let notifier = NoticeEffect(
            on: sandbox.notices, clock: ZoneClock { _, _ in 0 }, now: now, logger: logger)
        return Parts(
            broker: broker, trader: trader,
            relay: OutboxRelay(
                outbox: outbox, bus: events, owner: Assembly.instanceID,
                now: { WallClock.now }, logger: logger),
            pumps: [
                try await pump(PaperTrader.topics, PaperTrader.group, trader),
                try await pump(NoticeEffect.topics, NoticeEffect.group, notifier),
            ])
    }

    private func pump(
        _ topics: [Topic], _ group: ConsumerGroup, _ effect: any EventEffect
    ) async throws -> EventPump {
        EventPump(
            topics: topics, group: group, bus: events,
            consumer: EventConsumer(
                of: topics, on: events, as: group, having: effect, now: { WallClock.now },
                logger: logger),
            subscription: try await events.subscribe(to: topics, as: group, from: .earliest))
    }

    private struct Parts {
        let broker: PaperBroker
        let trader: PaperTrader
        let relay: OutboxRelay
        let pumps: [EventPump]

        /// Relays what was committed and has every effect of it.
        func pump() async throws {
            while true {
                var count = 0
                if case .drained(let published) = try await relay.drainOnce() {
                    count += published
                } else {
                    throw CommandFailure(
                        .unavailable, "another process replays into the same store",
                        hint: "wait until it is done")
                }
                for pump in pumps { count += try await pump.drain() }
                // Orders that were placed just now have no bars yet: nothing more follows.
                if count == 0 { return }
            }
        }

        func close() async {
            for pump in pumps { await pump.subscription.close() }
        }
    }
}

/// A consumer that is driven by hand: it takes what is there, and says how much that was.
private struct EventPump: Sendable {
    let topics: [Topic]
    let group: ConsumerGroup
    let bus: any EventBus
    let consumer: EventConsumer
    let subscription: any EventSubscription

    func drain() async throws -> Int {
        var waiting = 0
        for topic in topics {
            let offsets = try await bus.committed(topic, by: group)
            let reading = try await bus.snapshot(of: topic, after: offsets)
            while try await reading.next() != nil { waiting += 1 }
            await reading.close()
        }
        for _ in 0..<waiting {
            guard let event = try await subscription.next() else { return waiting }
            try await consumer.process(event)
            try await subscription.commit(event)
        }
        return waiting
    }
}
