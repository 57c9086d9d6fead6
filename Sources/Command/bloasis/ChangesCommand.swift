import ArgumentParser
import Contracts
import Hosting
import Market

struct ChangesCommand: AsyncParsableCommand {
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
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var source: SourceOptions
    @OptionGroup var rangeOptions: RangeOptions
    @OptionGroup var knownAtOptions: KnownAtOptions

    @Flag(help: "Print the API's JSON, an array.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        let knownAt = try knownAtOptions.instant(now: WallClock.now)
        try await source.answering(configuration) { regimes in
            var request = Bloasis_MarketRegime_ListRegimeChangesRequest()
            request.market = source.market(seriesOptions, series)
            request.timeframe = "\(series.timeframe)"
            if let range = rangeOptions.range {
                request.timeRange = .init(range)
            }
            if let knownAt { request.knownAt = knownAt.rfc3339 }
            request.pageSize = Int32(MarketPages.size)
            let listing = Listing(isJSON: json, emptyMessage: "no changes of \(series)") {
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
                    item.asOf, item.previousRegime, item.regime, Format.percent(item.confidence),
                    item.trigger, item.hasSequence ? "\(item.sequence)" : "", item.reasoning,
                ]
            }
        }
    }
}
