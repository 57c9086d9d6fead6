import ArgumentParser
import Contracts
import Hosting
import Market

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Lists what was said about each bar, oldest first.",
        discussion: """
            Without a range the whole of it, warm-up included.

            EXAMPLES
              bloasis history --market SPX --from 2008-09-01 --to 2008-11-01
              bloasis history --market SPX --json > spx.json
              bloasis history --market SPX --from 2008-09-01 --known-at 2008-10-01
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
            var request = Bloasis_MarketRegime_GetRegimeHistoryRequest()
            request.market = source.market(seriesOptions, series)
            request.timeframe = "\(series.timeframe)"
            request.timeRange = .init(rangeOptions.range ?? RangeOptions.whole)
            if let knownAt { request.knownAt = knownAt.rfc3339 }
            request.pageSize = Int32(MarketPages.size)
            let listing = Listing(isJSON: json, emptyMessage: "no assessments of \(series)") {
                TextTable([
                    ("as of", .left), ("regime", .left), ("confidence", .right), ("raw", .left),
                    ("close", .right),
                ])
            }
            try await listing.run { token in
                request.pageToken = token
                let page = try await regimes.getRegimeHistory(request)
                return (page.items, page.nextPageToken)
            } row: { item in
                [
                    item.asOf, item.regime, Format.percent(item.confidence), item.rawRegime,
                    item.hasClose ? "\(item.close)" : "",
                ]
            }
        }
    }
}
