import ArgumentParser
import Contracts
import Hosting
import Market
import MarketFeeds
import MarketRegime
import Ports
import RegimeModels
import Regimes

struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Writes a market's history walk-forward, as live would have said it.",
        discussion: """
            Refits are anchored on the calendar and use past data only. What the store
            already says is left alone, so the same command again writes nothing, and a
            stopped one goes on.

            EXAMPLES
              bloasis backfill --csv Fixtures/spx_daily_1999_2018.csv --market SPX
              bloasis backfill --csv btc.csv.gz --market BTC --calendar 24x7 --timeframe 1h
              bloasis backfill --csv stocks.csv --market AAPL --price adjusted --emit
              bloasis backfill --csv spx.csv --market SPX --exogenous vix=vix.csv
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var csvOptions: CSVOptions
    @OptionGroup var exogenousOptions: ExogenousOptions
    @OptionGroup var rangeOptions: RangeOptions

    @Flag(help: "Announce, once, the changes later than the last announced one.")
    var emit = false

    @OptionGroup var splitOptions: SplitOptions

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        try await Assembly.with(configuration) { assembly in
            let known = try await assembly.store.head(of: series)?.profile.calendar
            let options = csvOptions.options(
                timeframe: series.timeframe, market: seriesOptions.market, registered: known)
            let reader = try CSVBarReader(path: csvOptions.csv, options: options)
            try splitOptions.check(reader, of: series)
            var join = try exogenousOptions.join(
                csvOptions, timeframe: series.timeframe, calendar: options.calendar)
            let specification = assembly.specification
            exogenousOptions.warn(reads: specification.exogenousInputs, specification.model)
            let result = try await backfill(
                series, calendar: options.calendar, from: reader, joining: &join, in: assembly)
            for remark in reader.report.remarks + join.remarks { StandardError.line(remark) }
            for (instant, failure) in result.fitFailures {
                StandardError.line("warning: refit at \(instant) failed: \(failure)")
            }
            if result.barsBeforeAnchor > 0 {
                StandardError.line(
                    "warning: \(Format.count(result.barsBeforeAnchor)) bars before the series' "
                        + "anchor \(result.head.profile.anchor) were not used: to begin earlier, "
                        + "backfill under another market name")
            }
            let summary = BackfillSummary(
                series: series, calendar: options.calendar, result: result,
                report: reader.report, now: WallClock.now)
            StandardOutput.write(json ? summary.json + "\n" : summary.text)
        }
    }

    private func backfill(
        _ series: Series, calendar: SessionCalendar, from reader: CSVBarReader,
        joining join: inout ExogenousJoin, in assembly: Assembly
    ) async throws -> BackfillResult {
        var progress = ProgressBar("\(series)")
        defer { progress.finish() }
        let request = BackfillRequest(
            series: series, calendar: calendar,
            specification: assembly.specification, range: rangeOptions.range, emitting: emit,
            bringsExogenous: !join.isEmpty, splits: splitOptions.onSplit)
        return try await assembly.backfill(
            request, from: { try pull($0, from: reader).map { join.join($0) } },
            progress: { done in
                let total = reader.rowsExpected
                progress.update(
                    bars: done.bars,
                    fraction: total > 0 ? Double(done.bars) / Double(total) : nil)
            })
    }

    /// The next bars of the file; one from the future is a look ahead, and would keep every live
    /// bar from being classified.
    private func pull(_ limit: Int, from reader: CSVBarReader) throws -> [Bar] {
        let bars = try reader.nextChunk(limit: limit)
        let now = WallClock.now
        if let future = bars.first(where: { $0.isFromTheFuture(at: now) }) {
            throw CommandFailure(
                .failed,
                "\(csvOptions.csv): the bar of \(future.timestamp) lies in the future: check the "
                    + "dates, --timezone and --stamp")
        }
        return bars
    }
}
