import Hosting
import Market
import MarketFeeds
import MarketRegime
import Metrics
import Ports
import ServiceLifecycle
import VendorFeeds

/// Polls a vendor for bars; idle unless it is told which.
struct FeedPollerHost: BlockingService {
    static let name = "feed-poller"
    private let poller: FeedPoller?
    private let connections: FeedConnections?

    init(_ context: ServiceContext<PollSettings>) async throws {
        guard let kind = context.settings.feed else {
            (poller, connections) = (nil, nil)
            context.status.report(.idle, "POLL_FEED is not set")
            return
        }
        let process = context.process
        let assembly = try await process.shared(Shared.assembly)
        let connections = try process.values.read(FeedVariables.self)
            .connections(csv: context.settings.csv.map { CSVFeedSettings(path: $0) })
        do {
            let feed = try connections.feed(kind)
            poller = FeedPoller(
                feed, context.settings.order,
                to: assembly.destination(of: try await process.shared(Shared.intake)),
                backfill: assembly.backfill(threads: 1),
                written: { [currents = assembly.currents] in await currents.written($0) },
                status: context.status, metrics: MetricsSystem.factory,
                now: { WallClock.now }, logger: context.logger)
            self.connections = connections
        } catch {
            await connections.close()
            throw error
        }
    }

    func run() async throws {
        if let poller { try await poller.run() } else { try? await gracefulShutdown() }
    }

    func onStop() async { await connections?.close() }
}

/// What is polled, where, and how often.
struct PollSettings: ServiceSettings {
    static let keys = [
        ConfigurationKey(
            "POLL_FEED", .choice(FeedKind.allCases.map(\.rawValue)),
            meaning: "The feed that `serve` polls for new bars. Unset: none."),
        ConfigurationKey(
            "POLL_SYMBOLS", .text,
            meaning: "What is polled: `MARKET=SYMBOL,…`, each market with the vendor's name of it, "
                + "as in `SPX=^spx,BTC/1h=BTC-USD`; each was backfilled before."),
        ConfigurationKey(
            "POLL_INTERVAL", .text, default: "6h",
            meaning: "How far apart polls are, `15m` to `7d`."),
        ConfigurationKey(
            "POLL_PRICE", .choice(FeedPrice.allCases.map(\.rawValue)),
            meaning: "Which prices are polled. Unset: adjusted where the feed can tell, else as "
                + "traded."),
        ConfigurationKey(
            "POLL_ON_READJUSTED", .choice(ReadjustedPolicy.allCases.map(\.rawValue)),
            default: ReadjustedPolicy.refuse.rawValue,
            meaning: "What is done where the vendor has adjusted its history since: `refuse` takes "
                + "no more bars of the series, `backfill` writes its history anew as revisions."),
        ConfigurationKey(
            "POLL_CSV", .path, meaning: "Of the feed `csv`: a file, or a directory of them."),
    ]

    private static let intervals: ClosedRange<Int64> = 15 * 60...7 * 86_400

    let feed: FeedKind?
    let csv: String?
    let order: FeedPoller.Order

    init(_ reader: inout ConfigurationReader) {
        feed = reader.optional("POLL_FEED", as: "a feed", FeedKind.init(rawValue:))
        csv = reader.optional("POLL_CSV", as: "a path") { $0 }
        let symbols =
            reader.optional(
                "POLL_SYMBOLS", as: "MARKET=SYMBOL,… or MARKET/TIMEFRAME=SYMBOL, no series twice",
                PollSettings.symbols) ?? []
        let seconds = reader.value(
            "POLL_INTERVAL", as: "a time from 15m to 7d, as 6h",
            standIn: FeedPoller.Order.standardIntervalSeconds
        ) { text in
            Timeframe(text).map { $0.nanoseconds / Timestamp.nanosecondsPerSecond }
                .flatMap { PollSettings.intervals.contains($0) ? $0 : nil }
        }
        let price = reader.optional("POLL_PRICE", as: "a price", FeedPrice.init(rawValue:))
        let onReadjusted = reader.value(
            "POLL_ON_READJUSTED", as: "refuse or backfill", standIn: .refuse,
            ReadjustedPolicy.init(rawValue:))
        order = FeedPoller.Order(
            symbols, price: price, intervalSeconds: seconds, onReadjusted: onReadjusted)
        reader.require(
            feed == nil || !symbols.isEmpty, "POLL_FEED is set and POLL_SYMBOLS is not: set both")
        reader.require(
            (feed == .csv) == (csv != nil), "POLL_CSV goes with POLL_FEED=csv, and that with it")
    }

    private static func symbols(_ text: String) -> [PolledSeries]? {
        var polled: [PolledSeries] = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = entry.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let symbol = FeedSymbol(sides[1]) else { return nil }
            let names = sides[0].split(separator: "/", omittingEmptySubsequences: false)
            guard names.count <= 2, let market = MarketName(names[0]),
                let timeframe = names.count == 1 ? .daily : Timeframe(names[1])
            else { return nil }
            polled.append(
                PolledSeries(
                    series: Series(market: market, timeframe: timeframe), symbol: symbol))
        }
        return Set(polled.map(\.series)).count == polled.count ? polled : nil
    }
}
