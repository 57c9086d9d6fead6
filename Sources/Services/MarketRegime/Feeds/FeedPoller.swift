import Contracts
package import Hosting
package import Logging
package import Market
package import Metrics
package import Ports
import Regimes
import ServiceLifecycle

/// Polls a feed for the bars of some series and hands those that are new on, as the trigger
/// `baseline` says.
///
/// A poll that fails, for whatever reason, is logged, counted and made again later; it never ends
/// the process. Several processes may poll the same: a bar that is stored writes nothing again.
package struct FeedPoller: Service {
    /// What is polled, and how often.
    package struct Order: Sendable {
        package var series: [PolledSeries]
        /// `nil`: adjusted where the feed can tell, else as traded.
        package var price: FeedPrice?
        package var intervalSeconds: Int64
        package var onReadjusted: ReadjustedPolicy

        package static let standardIntervalSeconds: Int64 = 6 * 3_600

        package init(
            _ series: [PolledSeries], price: FeedPrice? = nil,
            intervalSeconds: Int64 = Order.standardIntervalSeconds,
            onReadjusted: ReadjustedPolicy = .refuse
        ) {
            self.series = series
            self.price = price
            self.intervalSeconds = intervalSeconds
            self.onReadjusted = onReadjusted
        }
    }

    /// What became of a poll.
    package enum Outcome: String, Sendable {
        /// No bar could be there that is not stored.
        case notDue = "not_due"
        case nothingNew = "nothing_new"
        case news
        /// The vendor had adjusted its history: it was written anew, and what is new handed on.
        case readjusted
        /// What came is not to be classified, or not as it is: somebody has to look.
        case refused
        case failed
    }

    private let feed: any MarketFeed
    private let order: Order
    private let destination: BarRecording.Destination
    private let reader: any RegimeReader
    private let history: ReadjustedHistory
    private let refusals: PollRefusals
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - backfill: writes adjusted histories, where the order says so; reads what is stored.
    ///   - written: hears of each series whose history was written anew.
    ///   - status: where refused series show, as a warning.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        _ feed: any MarketFeed, _ order: Order, to destination: BarRecording.Destination,
        backfill: Backfill, written: @escaping @Sendable (Series) async -> Void = { _ in },
        status: StatusNode, metrics: any MetricsFactory,
        now: @escaping @Sendable () -> Timestamp, logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.feed = feed
        self.order = order
        self.destination = destination
        reader = backfill.reader
        history = ReadjustedHistory(backfill: backfill, written: written)
        refusals = PollRefusals(polled: order.series.count, status: status, metrics: metrics)
        self.now = now
        self.sleep = sleep
        self.logger = logger
    }

    package func run() async throws {
        // What was not handed on is polled by whoever comes next.
        try await untilShutdown { try await follow() }
    }

    private func follow() async throws {
        var timers = order.series.map { _ in
            PollTimer(from: now(), everySeconds: order.intervalSeconds)
        }
        while let next = timers.map(\.due).min() {
            let left = next.nanoseconds - now().nanoseconds
            // A clock that was put back is not waited for longer than an interval.
            if left > 0 {
                try await sleep(min(.nanoseconds(left), .seconds(order.intervalSeconds)))
            }
            for index in order.series.indices where timers[index].due <= now() {
                try await poll(order.series[index], &timers[index])
            }
        }
    }

    /// - Throws: `CancellationError` alone.
    @discardableResult
    package func poll(_ polled: PolledSeries, _ timer: inout PollTimer) async throws -> Outcome {
        let outcome: Outcome
        var reason = ""
        do {
            outcome = try await poll(polled)
            timer.succeed(at: now())
        } catch let error as CancellationError {
            throw error
        } catch {
            outcome = FeedPoller.isRefusal(error) ? .refused : .failed
            reason = "\(error)"
            reschedule(&timer, after: error)
            logger.warning(
                "Poll failed",
                metadata: [
                    "feed": "\(feed.name)", "market": "\(polled.series.market)",
                    "timeframe": "\(polled.series.timeframe)", "error": "\(error)",
                    "failures": "\(timer.failures)", "again_at": "\(timer.due)",
                ])
        }
        Counter(
            label: "feed_polls_total",
            dimensions: [
                ("market", polled.series.market.text), ("timeframe", "\(polled.series.timeframe)"),
                ("outcome", outcome.rawValue),
            ]
        ).increment()
        // Of a poll that failed nothing is known: what was refused before stays so.
        if outcome != .failed {
            refusals.set(outcome == .refused ? reason : nil, of: polled.series, at: now())
        }
        return outcome
    }

    private static func isRefusal(_ error: any Error) -> Bool {
        if case BackfillError.suspectedSplit = error { return true }
        return error is PollRefusal || error is BarRefusal
    }

    private func reschedule(_ timer: inout PollTimer, after error: any Error) {
        guard let error = error as? FeedError else {
            return timer.fail(at: now(), passes: error.passes)
        }
        var seconds: Int64?
        if case .rateLimited(let wanted) = error.reason { seconds = wanted }
        timer.fail(at: now(), passes: error.isRetriable, retryAfter: seconds)
    }
}

// MARK: - One poll

extension FeedPoller {
    private func poll(_ polled: PolledSeries) async throws -> Outcome {
        let series = polled.series
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        let present = now()
        let last =
            head.lastAsOf
            ?? head.profile.anchor.advanced(byNanoseconds: -Timestamp.nanosecondsPerDay)
        let range = PollPlan.range(
            after: last, of: head.profile, settlingSeconds: feed.offer.settlingSeconds, at: present)
        guard let range else { return .notDue }
        let told = try await prices(of: polled, head, in: range, at: present)
        let known = try await reader.bars(SeriesQuery(series, range: range)).map(\.bar)
        switch PollPlan.news(in: told, known: known, after: last) {
        case .readjusted(let timestamp, let stored, let close):
            guard order.onReadjusted == .backfill else {
                throw PollRefusal.readjusted(timestamp, stored: stored, told: close)
            }
            let all = try await prices(of: polled, head, in: nil, at: present)
            let result = try await history.write(all, of: head, through: last, at: present)
            logger.notice(
                "The vendor has adjusted its history: written anew",
                metadata: [
                    "feed": "\(feed.name)", "market": "\(series.market)",
                    "timeframe": "\(series.timeframe)", "revised": "\(result.work.revisedBars)",
                ])
            try await takeNews(all.filter { $0.timestamp > last }, of: head)
            return .readjusted
        case .bars(let bars):
            guard !bars.isEmpty else { return .nothingNew }
            try await takeNews(bars, of: head)
            return .news
        }
    }

    /// - Parameter range: `nil`: from the series' first bar on.
    private func prices(
        of polled: PolledSeries, _ head: SeriesHead, in range: Range<Timestamp>?,
        at present: Timestamp
    ) async throws -> [Bar] {
        let request = FeedRequest(
            symbol: polled.symbol, series: polled.series, calendar: head.profile.calendar,
            range: range ?? head.profile.anchor..<present.advanced(byNanoseconds: 1))
        let answer = try await feed.bars(request, at: present)
        do {
            return try PricedBars(
                answer, order.price, offer: feed.offer, splits: .refuse,
                market: polled.series.market
            ).bars
        } catch {
            throw PollRefusal.prices(error)
        }
    }

    /// Bars later than all that are stored.
    private func takeNews(_ bars: [Bar], of head: SeriesHead) async throws {
        guard let first = bars.first else { return }
        let series = head.profile.series
        let before = try await reader.barsBefore(first.timestamp, of: series)
        try BarRefusal.checkSplits(bars, after: before, of: head.profile)
        try await hand(bars, of: series)
        logger.info(
            "Bars polled",
            metadata: [
                "feed": "\(feed.name)", "market": "\(series.market)",
                "timeframe": "\(series.timeframe)", "bars": "\(bars.count)",
            ])
    }

    private func hand(_ bars: [Bar], of series: Series) async throws {
        switch destination {
        case .classifier(let intake):
            for bar in bars { try await intake.take(bar, of: series, as: .baseline) }
        case .topic(let bus):
            try await bus.publish(
                bars.map { bar in
                    MarketBarEvent(series: series, bar: bar, trigger: .baseline).message.traced
                })
        }
    }
}
