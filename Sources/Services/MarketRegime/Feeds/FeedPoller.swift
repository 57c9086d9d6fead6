import Contracts
import Hosting
package import Logging
package import Market
import Metrics
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

        package static let standardIntervalSeconds: Int64 = 6 * 3_600

        package init(
            _ series: [PolledSeries], price: FeedPrice? = nil,
            intervalSeconds: Int64 = Order.standardIntervalSeconds
        ) {
            self.series = series
            self.price = price
            self.intervalSeconds = intervalSeconds
        }
    }

    /// What became of a poll.
    package enum Outcome: String, Sendable {
        /// No bar could be there that is not stored.
        case notDue = "not_due"
        case nothingNew = "nothing_new"
        case news
        /// What came is not to be classified, or not as it is: somebody has to look.
        case refused
        case failed
    }

    private let feed: any MarketFeed
    private let order: Order
    private let destination: BarRecording.Destination
    private let reader: any RegimeReader
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        _ feed: any MarketFeed, _ order: Order, to destination: BarRecording.Destination,
        reader: any RegimeReader, now: @escaping @Sendable () -> Timestamp, logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.feed = feed
        self.order = order
        self.destination = destination
        self.reader = reader
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
        do {
            outcome = try await poll(polled)
            timer.succeed(at: now())
        } catch let error as CancellationError {
            throw error
        } catch {
            outcome = error is PollRefusal || error is BarRefusal ? .refused : .failed
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
        return outcome
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
        let request = FeedRequest(
            symbol: polled.symbol, series: series, calendar: head.profile.calendar, range: range)
        let answer = try await feed.bars(request, at: present)
        let told: [Bar]
        do {
            told = try PricedBars(answer, order.price, offer: feed.offer, splits: .refuse).bars
        } catch {
            throw PollRefusal.prices(error)
        }
        let known = try await reader.bars(SeriesQuery(series, range: range)).map(\.bar)
        switch PollPlan.news(in: told, known: known, after: last) {
        case .readjusted(let timestamp, let stored, let close):
            throw PollRefusal.readjusted(timestamp, stored: stored, told: close)
        case .bars(let bars):
            guard let first = bars.first else { return .nothingNew }
            let before = try await reader.barsBefore(first.timestamp, of: series)
            try BarRefusal.checkSplits(bars, after: before, of: series)
            try await hand(bars, of: series)
            logger.info(
                "Bars polled",
                metadata: [
                    "feed": "\(feed.name)", "market": "\(series.market)",
                    "timeframe": "\(series.timeframe)", "bars": "\(bars.count)",
                ])
            return .news
        }
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

/// Why what a poll brought is not handed on.
enum PollRefusal: Error {
    case prices(FeedPriceError)
    case readjusted(Timestamp, stored: Double, told: Double)
}

extension PollRefusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .prices(let error): "\(error)"
        case .readjusted(let timestamp, let stored, let told):
            "the vendor has adjusted its history: its close of \(timestamp) is \(told), the stored "
                + "one \(stored). Write it anew with bloasis fetch --backfill; until then no bar "
                + "of the series is taken from it"
        }
    }
}
