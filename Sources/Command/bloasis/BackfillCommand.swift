import ArgumentParser
import Contracts
import Hosting
import Market
import MarketFeeds
import MarketRegime
import Ports
import RegimeModels
import Regimes

struct BackfillCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Writes markets' histories walk-forward, as live would have said them.",
        discussion: """
            Refits are anchored on the calendar and use past data only. What the store
            already says is left alone, so the same command again writes nothing, and a
            stopped one goes on.

            A universe is a table with a column for each market or with a column of
            tickers; files named after their markets, as in 'data/*.csv.gz'; or a list
            with the columns market,file and perhaps calendar. A market that cannot be
            written is told of, and the others go on.

            EXAMPLES
              bloasis backfill --csv Fixtures/spx_daily_1999_2018.csv --market SPX
              bloasis backfill --csv Fixtures/btcusd_coinbase_1h_2017_2019.csv.gz \\
                --market BTCUSD --calendar 24x7 --timeframe 1h
              bloasis backfill --csv Fixtures/us_equities_20_close_1990_2022.csv.gz \\
                --market AAPL --emit
              bloasis backfill --csv Fixtures/spx_daily_1999_2018.csv --market SPXV \\
                --exogenous vix=Fixtures/vix_daily_2014_2019.csv
              bloasis backfill --universe Fixtures/us_equities_20_close_1990_2022.csv.gz \\
                --to 1995-01-01
              bloasis backfill --universe 'Fixtures/us_equities_20*.csv.gz' --dry-run \\
                --to 1995-01-01
              bloasis backfill --universe /data/stocks.csv.gz --distribute
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions

    @Option(
        help: "A file of one market: plain or gzip; columns are found by name.",
        completion: Offered.tables)
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "A file of many markets, a list of files, or a pattern of files.",
            valueName: "FILE|GLOB"), completion: Offered.tables)
    var universe: String?

    @OptionGroup var format: CSVFormatOptions
    @OptionGroup var exogenousOptions: ExogenousOptions
    @OptionGroup var rangeOptions: RangeOptions

    @Option(
        help: ArgumentHelp(
            "A manifest that fit wrote: it answers for the bars after its training window, and "
                + "nothing is fitted.", valueName: "FILE.json"), completion: Offered.documents)
    var model: String?

    @Option(help: "Markets of a universe written at a time; one per core when left out.")
    var threads: Int?

    @Flag(help: "Announce, once, the changes later than the last announced one.")
    var emit = false

    @OptionGroup var splitOptions: SplitOptions

    @Flag(help: "Write nothing; say what would be written.")
    var dryRun = false

    @OptionGroup var distribution: DistributionOptions

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        guard (csv == nil) != (universe == nil) else {
            throw ValidationError("give either --csv FILE or --universe FILE|GLOB")
        }
        if universe != nil, seriesOptions.market != nil {
            throw ValidationError(
                "--market \(seriesOptions.market ?? ""): a universe names its markets itself; "
                    + "leave --market out, or give --csv")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be 1 … 1024")
        }
        try distribution.validate(self)
        if dryRun, emit {
            throw ValidationError("--dry-run writes nothing, so there is nothing to --emit")
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        let fixedModel = try model.map { try ModelFile.read($0, for: "--model") }
        try await Assembly.with(configuration) { assembly in
            if distribution.distribute {
                try await DistributedRun(self, fixedModel, in: assembly).run()
            } else if let universe {
                try await UniverseRun(self, universe, fixedModel, in: assembly).run()
            } else if let csv {
                try await write(csv, fixedModel, in: assembly)
            }
        }
    }

    private func write(
        _ csv: String, _ fixedModel: ModelManifest?, in assembly: Assembly
    ) async throws {
        let series = try seriesOptions.series(assembly.configuration)
        let known = try await assembly.store.head(of: series)?.profile.calendar
        let options = format.options(
            timeframe: series.timeframe, market: seriesOptions.market, registered: known)
        let reader = try CSVBarReader(path: csv, options: options)
        let join = JoinedBars(
            try exogenousOptions.join(
                format, timeframe: series.timeframe, calendar: options.calendar))
        let specification = specification(fixedModel, in: assembly)
        exogenousOptions.warn(reads: specification.exogenousInputs, specification.model)
        let request = BackfillRequest(
            series: series, calendar: options.calendar,
            terms(specification, fixedModel, bringingExogenous: !join.isEmpty))
        let result = try await backfill(request, csv, from: reader, joining: join, in: assembly)
        for remark in reader.report.remarks + join.remarks { StandardError.note(remark) }
        for (instant, failure) in result.fitFailures {
            StandardError.warning("refit at \(instant) failed: \(failure)")
        }
        if result.barsBeforeAnchor > 0 {
            StandardError.warning(
                "\(Format.count(result.barsBeforeAnchor)) bars before the series' "
                    + "anchor \(result.head.profile.anchor) were not used: to begin earlier, "
                    + "backfill under another market name")
        }
        let summary = BackfillSummary(
            series: series, calendar: options.calendar, result: result,
            report: reader.report, now: WallClock.now)
        StandardOutput.write(json ? summary.json + "\n" : summary.text)
        if dryRun { StandardError.note("nothing was written: --dry-run") }
        hint(known: known != nil, result)
    }

    /// What can be done with a market once it is there.
    private func hint(known: Bool, _ result: BackfillResult) {
        guard !known, !dryRun, result.last != nil else { return }
        let market = result.head.profile.series.market
        StandardError.hint(
            "next: bloasis current --market \(market), bloasis history --chart --market "
                + "\(market), or bloasis serve for a page and an API")
    }

    /// How the series are classified.
    func specification(_ fixedModel: ModelManifest?, in assembly: Assembly) -> RegimeSpecification {
        guard let fixedModel else { return assembly.specification }
        var specification = RegimeSpecification(fixed: fixedModel)
        specification.calibration = assembly.specification.calibration
        return specification
    }

    /// How the series are written.
    func terms(
        _ specification: RegimeSpecification, _ fixedModel: ModelManifest?,
        bringingExogenous: Bool
    ) -> BackfillTerms {
        BackfillTerms(
            specification: specification, now: { WallClock.now }, range: rangeOptions.range,
            emitting: emit, bringsExogenous: bringingExogenous, splits: splitOptions.policy,
            fixedModel: fixedModel)
    }

    private func backfill(
        _ request: BackfillRequest, _ csv: String, from reader: CSVBarReader,
        joining join: JoinedBars, in assembly: Assembly
    ) async throws -> BackfillResult {
        var progress = ProgressBar("\(request.series)")
        defer { progress.finish() }
        let scan = try reader.again()
        return try await assembly.backfill(
            request, isRehearsal: dryRun,
            from: { try join.bars(reader.nextChunk(limit: $0), of: csv) },
            scanning: { try scan.nextChunk(limit: $0) },
            progress: { done in
                let total = reader.rowsExpected
                progress.update(
                    done.bars,
                    fraction: total > 0 ? Double(done.bars) / Double(total) : nil)
            })
    }
}
