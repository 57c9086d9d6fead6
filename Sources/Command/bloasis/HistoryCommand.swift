import ArgumentParser
import Contracts
import Hosting
import Market
import Terminal

struct HistoryCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Lists what was said about each bar, oldest first.",
        discussion: """
            Without a range the whole of it, warm-up included. --chart draws it in the
            terminal: letters tell regimes where there are no colours. --plot draws it
            into a file, together with the probabilities.

            EXAMPLES
              bloasis history --market SPX --from 2008-09-01 --to 2008-11-01
              bloasis history --market SPX --json > spx.json
              bloasis history --market SPX --from 2007-01-01 --to 2010-01-01 --chart
              bloasis history --market SPX --plot spx.svg
              bloasis history --market SPX --from 2008-09-01 --known-at 2008-10-01
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var source: SourceOptions
    @OptionGroup var rangeOptions: RangeOptions
    @OptionGroup var knownAtOptions: KnownAtOptions

    @Flag(help: "Draw the price over the regimes in place of the list.")
    var chart = false

    @OptionGroup var plotOptions: PlotOptions

    @Flag(help: "Print the API's JSON, an array.")
    var json = false

    func validate() throws {
        if chart, json {
            throw ValidationError("--chart and --json are two forms of the answer: give one")
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        let knownAt = try knownAtOptions.instant(now: WallClock.now)
        try await source.answering(configuration) { regimes in
            let reading = HistoryReading(
                regimes, market: source.market(seriesOptions, series), series, rangeOptions.range,
                knownAt: knownAt)
            if chart || plotOptions.plot != nil { try await draw(series, reading) }
            if json || !chart && plotOptions.plot == nil { try await list(series, reading) }
        }
    }

    private func draw(_ series: Series, _ reading: HistoryReading) async throws {
        let points = try await reading.points()
        guard !points.isEmpty else {
            throw CommandFailure(
                .nothingFound, "no assessments of \(series)", hint: await reading.extent())
        }
        try plotOptions.write(series, points)
        guard chart else { return }
        let style = Display.output
        for line in RegimeChart(series, points).lines(style) {
            StandardOutput.line(line.rendered(style))
        }
    }

    private func list(_ series: Series, _ reading: HistoryReading) async throws {
        let style = Display.output
        let listing = Listing(
            isJSON: json, emptyMessage: "no assessments of \(series)", emptyHint: reading.extent
        ) {
            TextTable([
                ("as of", .left), ("regime", .left), ("confidence", .right), ("raw", .left),
                ("close", .right),
            ])
        }
        try await listing.run(page: reading.page) { item in
            [
                StyledText(item.asOf), .regime(label: item.regime),
                Cell.confidence(item.confidence, style), .regime(label: item.rawRegime),
                StyledText(item.hasClose ? "\(item.close)" : ""),
            ]
        }
    }
}
