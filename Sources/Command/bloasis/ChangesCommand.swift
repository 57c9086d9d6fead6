import ArgumentParser
import Contracts
import Hosting
import Market
import Terminal

struct ChangesCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "changes",
        abstract: "Lists the bars at which the published regime changed.",
        discussion: """
            Without a range all of them. Those that were announced have a sequence; what a
            backfill wrote without --emit has none.

            EXAMPLES
              bloasis changes --market SPX
              bloasis changes --market SPX --from 2008-01-01 --to 2010-01-01 --json
              bloasis changes --market SPX --known-at 2008-10-01
              bloasis changes --market SPX --from 2007-01-01 --plot spx.svg
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var source: SourceOptions
    @OptionGroup var rangeOptions: RangeOptions
    @OptionGroup var knownAtOptions: KnownAtOptions

    @OptionGroup var plotOptions: PlotOptions

    @Flag(help: "Print the API's JSON, an array.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        let knownAt = try knownAtOptions.instant(now: WallClock.now)
        try await source.answering(configuration) { regimes in
            let reading = HistoryReading(
                regimes, market: source.market(seriesOptions, series), series,
                rangeOptions.range, knownAt: knownAt)
            if plotOptions.plot != nil {
                let points = try await reading.points()
                guard !points.isEmpty else {
                    throw CommandFailure(
                        .nothingFound, "no changes of \(series)", hint: await reading.extent())
                }
                try plotOptions.write(series, points)
                guard json else { return }
            }
            var request = Bloasis_MarketRegime_ListRegimeChangesRequest()
            request.market = source.market(seriesOptions, series)
            request.timeframe = "\(series.timeframe)"
            if let range = rangeOptions.range {
                request.timeRange = .init(range)
            }
            if let knownAt { request.knownAt = knownAt.rfc3339 }
            request.pageSize = Int32(MarketPages.size)
            let listing = Listing(
                isJSON: json, emptyMessage: "no changes of \(series)", emptyHint: reading.extent
            ) {
                TextTable([
                    ("as of", .left), ("from", .left), ("to", .left), ("confidence", .right),
                    ("trigger", .left), ("sequence", .right), ("because", .left),
                ])
            }
            try await listing.run { token in
                request.pageToken = token
                let page = try await regimes.listRegimeChanges(request)
                return (page.items, page.nextPageToken)
            } row: { item in
                [
                    StyledText(item.asOf), .regime(label: item.previousRegime),
                    .regime(label: item.regime), Cell.confidence(item.confidence, Display.output),
                    StyledText(item.trigger),
                    StyledText(item.hasSequence ? "\(item.sequence)" : ""),
                    StyledText(item.reasoning),
                ]
            }
        }
    }
}
