import ArgumentParser
import Contracts
import Foundation
import Hosting
import Market
import MarketFeeds
import MarketRegime
import Ports
import VendorFeeds

struct FetchCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Gets a market's completed bars from a vendor.",
        discussion: """
            They go to standard output or --out as CSV that backfill reads, straight into
            the store (--backfill), or to the topic market-bars (--publish), which a
            service that runs classifies. Keys and addresses of vendors are variables:
            see the documentation of the configuration.

            EXAMPLES
              bloasis fetch --feed csv --csv Fixtures/spx_daily_1999_2018.csv \\
                --symbol SPX --from 2018-12-01
              bloasis fetch --feed csv --csv Fixtures/spx_daily_1999_2018.csv \\
                --symbol SPX --price adjusted --backfill
              bloasis fetch --feed stooq --symbol ^spx --market SPX --out spx.csv
              bloasis fetch --feed yahoo --symbol ^GSPC --market SPX --backfill --emit
              bloasis fetch --feed cboe --symbol VIX --from 2020-01-01
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Where from: \(FeedKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var feed: FeedKind

    @Option(help: "What the vendor calls the market.")
    var symbol: FeedSymbol

    @OptionGroup var seriesOptions: SeriesOptions

    @Option(
        help: "Sessions of the market: \(SessionCalendar.list); nyse, or what a market has already."
    )
    var calendar: SessionCalendar?

    @OptionGroup var rangeOptions: RangeOptions

    @Option(help: "close, as traded, or adjusted; adjusted when left out, where the feed can tell.")
    var price: FeedPrice?

    @OptionGroup var splitOptions: SplitOptions

    @Option(
        help: "Of the feed csv: a file, or a directory with one SYMBOL.csv a symbol.",
        completion: Offered.tables)
    var csv: String?

    @Option(help: "Write the CSV here.", completion: Offered.tables)
    var out: String?

    @Flag(help: "Write the bars and what follows from them into the store.")
    var backfill = false

    @Flag(help: "Put the bars on the topic market-bars.")
    var publish = false

    @Flag(help: "With --backfill: announce, once, the changes later than the last announced one.")
    var emit = false

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        if [out != nil, backfill, publish].count(where: { $0 }) > 1 {
            throw ValidationError("--out, --backfill and --publish: give one of them")
        }
        if emit, !backfill { throw ValidationError("--emit goes with --backfill") }
        if json, out == nil, !backfill, !publish {
            throw ValidationError(
                "--json: bars alone are printed as CSV; give --out, --backfill or --publish")
        }
        if (csv != nil) != (feed == .csv) {
            throw ValidationError(
                feed == .csv
                    ? "--feed csv: name the file or directory with --csv"
                    : "--csv goes with --feed csv")
        }
    }

    func run() async throws {
        if let csv, !FileManager.default.fileExists(atPath: csv) {
            throw CommandFailure(
                .failed, "--csv \(csv): no such file or directory; check the path")
        }
        let configuration = try common.configuration()
        let series = try series(configuration)
        guard backfill || publish else {
            let calendar = calendar ?? .nyse
            let fetched = try await fetch(series, calendar, configuration)
            return try writeCSV(fetched, of: series, calendar)
        }
        try await Assembly.with(configuration) { assembly in
            let head = try await assembly.store.head(of: series)
            if publish, head == nil {
                throw CommandFailure(.nothingFound, "\(JournalError.unknownSeries(series))")
            }
            if let calendar, let known = head?.profile.calendar, calendar != known {
                throw ValidationError(
                    "--calendar \(calendar.rawValue): \(series) is registered with "
                        + "\(known.rawValue): leave it out, or use another market name")
            }
            let calendar = calendar ?? head?.profile.calendar ?? .nyse
            let fetched = try await fetch(series, calendar, configuration)
            if publish {
                try await put(fetched, of: series, on: assembly.events)
            } else {
                try await write(fetched, of: series, calendar, in: assembly)
            }
        }
    }

    /// A market that is not named is called like its symbol.
    private func series(_ configuration: BloasisConfiguration) throws -> Series {
        if seriesOptions.market != nil { return try seriesOptions.series(configuration) }
        guard let market = MarketName(symbol.text) else {
            throw ValidationError("--symbol \(symbol) cannot name a market: give --market too")
        }
        return Series(market: market, timeframe: seriesOptions.timeframe)
    }
}

// MARK: - Getting bars

extension FetchCommand {
    /// Where bars may begin when nobody says.
    private static let beginning = CivilDate(daysSinceEpoch: -70 * 365)

    private func fetch(
        _ series: Series, _ calendar: SessionCalendar, _ configuration: BloasisConfiguration
    ) async throws -> PricedBars {
        let now = WallClock.now
        let start = rangeOptions.from?.timestamp ?? Timestamp(clamping: FetchCommand.beginning)
        let end = rangeOptions.to?.timestamp ?? now.advanced(byNanoseconds: 1)
        guard start < end else {
            throw CommandFailure(
                .nothingFound, "\(feed.rawValue) \(symbol): nothing begins in the future")
        }
        let connections = try configuration.values.read(FeedVariables.self)
            .connections(csv: csv.map { CSVFeedSettings(path: $0) })
        let answer: Result<(bars: [FeedBar], offer: FeedOffer), any Error>
        do {
            let feed = try connections.feed(feed)
            let request = FeedRequest(
                symbol: symbol, series: series, calendar: calendar, range: start..<end)
            let bars = try await ProgressClock.around("asking \(feed.name) for \(symbol)") { _ in
                try await feed.bars(request, at: now)
            }
            answer = .success((bars, feed.offer))
        } catch {
            answer = .failure(error)
        }
        await connections.close()
        let (bars, offer) = try answer.get()
        guard !bars.isEmpty else { throw FeedError(feed.rawValue, symbol, .noData) }
        do {
            let policy = splitOptions.policy
            let priced = try PricedBars(
                bars, price, offer: offer, splits: policy, market: series.market)
            // Before the first of them is written anywhere; a backfill looks at them itself,
            // together with what is stored.
            if !backfill {
                var splits = SplitGuard(series, in: calendar, policy)
                try splits.check(priced.bars)
            }
            return priced
        } catch let error as FeedPriceError {
            throw CommandFailure(error.status, "\(feed.rawValue) \(symbol): \(error)")
        }
    }
}

extension FeedPriceError {
    fileprivate var status: ExitStatus {
        switch self {
        case .onlyAdjusted, .notAdjustable: .wrongUsage
        case .split: .failed
        }
    }
}

extension FeedKind: ExpressibleByArgument {}
extension FeedPrice: ExpressibleByArgument {}
extension FeedSymbol: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

// MARK: - Where they go

extension FetchCommand {
    /// Bars handed to the bus at a time.
    private static let publishedAtOnce = 500

    private func writeCSV(
        _ fetched: PricedBars, of series: Series, _ calendar: SessionCalendar
    ) throws {
        let text = CSVBarWriter.text(
            of: fetched.bars, timeframe: series.timeframe, calendar: calendar)
        guard let out else { return StandardOutput.write(text) }
        try TextFile.write(text, to: out, for: "--out")
        report(fetched, of: series, "written to \(out)") { $0.member("out", out) }
    }

    private func put(
        _ fetched: PricedBars, of series: Series, on bus: any EventBus
    ) async throws {
        var rest = fetched.bars[...]
        while !rest.isEmpty {
            let page = rest.prefix(FetchCommand.publishedAtOnce)
            try await bus.publish(
                page.map { MarketBarEvent(series: series, bar: $0).message.traced })
            rest = rest.dropFirst(page.count)
        }
        report(fetched, of: series, "published to \(Topic.marketBars)") {
            $0.member("topic", "\(Topic.marketBars)")
        }
    }

    private func write(
        _ fetched: PricedBars, of series: Series, _ calendar: SessionCalendar, in assembly: Assembly
    ) async throws {
        var progress = ProgressBar("\(series)")
        defer { progress.finish() }
        let result = try await assembly.backfill(
            BackfillRequest(
                series: series, calendar: calendar,
                BackfillTerms(
                    specification: assembly.specification, now: { WallClock.now },
                    emitting: emit, splits: splitOptions.policy)),
            from: Backfill.source(of: fetched.bars), scanning: Backfill.source(of: fetched.bars),
            progress: { done in
                progress.update(
                    done.bars, fraction: Double(done.bars) / Double(fetched.bars.count))
            })
        progress.finish()
        let summary = BackfillSummary(
            series: series, calendar: calendar, result: result, report: nil, now: WallClock.now)
        guard !json else { return StandardOutput.write(summary.json + "\n") }
        report(fetched, of: series, nil) { _ in }
        StandardOutput.write(summary.text)
    }

    /// Says what was had.
    private func report(
        _ fetched: PricedBars, of series: Series, _ place: String?,
        members: (inout JSONWriter) -> Void
    ) {
        guard let first = fetched.bars.first, let last = fetched.bars.last else { return }
        guard !json else {
            var json = JSONWriter()
            json.object { json in
                json.member("feed", feed.rawValue)
                json.member("symbol", symbol.text)
                json.member("market", series.market.text)
                json.member("timeframe", "\(series.timeframe)")
                json.member("bars", Int64(fetched.bars.count))
                json.member("from", first.timestamp.rfc3339)
                json.member("through", last.timestamp.rfc3339)
                json.member("prices", fetched.origin.rawValue)
                members(&json)
            }
            return StandardOutput.write(json.text + "\n")
        }
        StandardOutput.line(
            "\(Format.count(fetched.bars.count)) bars of \(series), \(first.timestamp.utcDate) … "
                + "\(last.timestamp.utcDate), from \(feed.rawValue) \(symbol), "
                + fetched.origin.rawValue + (place.map { ": \($0)" } ?? ""))
    }
}
