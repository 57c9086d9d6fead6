import ArgumentParser
import Evaluation
import Foundation
import Market
import Ports
import RegimeModels
import Reporting

struct EvaluateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Puts models to the test on a file, walk-forward.",
        discussion: """
            Each candidate's labels drive a strategy that holds the market in
            normal_bull, low_volatility and euphoria and is out of it otherwise. With
            --cut the bars after that day are summed up apart: choices are to be made on
            those before it. Bars from --to on are not read; bars before --from are
            walked through but not summed up. Several markets are also summed up
            together, as an equally weighted portfolio. All numbers are explained in
            Documentation/Evaluation.md.

            --report writes a page to read (report.html, one file that needs no network),
            scorecard.csv and hysteresis.csv (one row a figure) and report.json.
            --hysteresis shows what minimum dwell and confirmations cost --focus: changes,
            delays and false flips of every setting of a grid, from one walk.

            EXAMPLES
              bloasis evaluate --csv Fixtures/spx_daily_1999_2018.csv --cut 2009-12-31
              bloasis evaluate --csv Fixtures/spx_daily_1999_2018.csv \\
                Fixtures/nasdaq_daily_1999_2018.csv --cut 2009-12-31 --report report
              bloasis evaluate --csv Fixtures/spx_daily_1999_2018.csv --hysteresis \\
                --dwells 1,10,42
              bloasis evaluate --csv Fixtures/us_equities_20_close_1990_2022.csv.gz \\
                --market AAPL --market XOM --json
              bloasis evaluate --csv Fixtures/spx_daily_1999_2018.csv \\
                --models hmm:states=2,hmm:states=3,rules

            CANDIDATES
            \(Candidate.grammar.split(separator: "\n").map { "  " + $0 }
                .joined(separator: "\n"))
            """)

    @OptionGroup var csvOptions: CSVOptions
    @OptionGroup var rangeOptions: RangeOptions
    @OptionGroup var comparison: ComparisonOptions

    @Argument(
        help: "More files of bars, to be understood as the first.", completion: Offered.tables)
    var files: [String] = []

    @Option(help: "How much time one bar covers.")
    var timeframe: Timeframe = .daily

    @Option(
        help: "Column of a wide table or ticker of a long one; repeatable, all when left out.")
    var market: [String] = []

    @Option(help: "Last day of the data that choices were made on (YYYY-MM-DD).")
    var cut: CivilDate?

    @Option(help: "Comma-separated candidates, see CANDIDATES.")
    var models = "buy-and-hold,sma200,hmm:states=2:features=log_return,jump,rules,default"

    @Option(help: "Cost of a trade in hundredths of a percent of its value.")
    var costBp = 10.0

    @Option(help: "Bars between a label and the trade on it.")
    var delay = 1

    @Option(help: "Bars ahead at which a label must still hold for a confidence to be right.")
    var horizon = 5

    @Option(help: "Fall and rise, as a share, that make a phase of the market.")
    var phaseMove = 0.2

    @Option(help: "Replicates of the bootstrap; 0: no intervals.")
    var bootstrap = 2000

    @Option(help: "Mean block length of the bootstrap, in bars.")
    var block = 21.0

    @Option(help: "Seed of the fits and of the bootstrap.")
    var seed: UInt64 = RegimeSpecification.standard.seed

    @Option(help: "Configurations looked at before these, for the deflated Sharpe ratio.")
    var trials = 1

    @Option(help: "Threads to walk on; the results do not depend on it. Default: one per core.")
    var threads: Int?

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: "Also write the tables there, in Markdown.", completion: .file(extensions: ["md"]))
    var out: String?

    @Option(
        help: "Also write a page to read, CSV and JSON into this directory.",
        completion: .directory)
    var report: String?

    @Option(help: "Also keep the report's files under this key: reports/spx (see objects).")
    var upload: String?

    @OptionGroup var display: DisplayOptions

    func validate() throws {
        func require(_ condition: Bool, _ flag: String, _ expectation: String) throws {
            guard condition else { throw ValidationError("--\(flag) must be \(expectation)") }
        }
        try require((0...10_000).contains(costBp), "cost-bp", "0 … 10000")
        try require((0...1000).contains(delay), "delay", "0 … 1000 bars")
        try require((1...1000).contains(horizon), "horizon", "1 … 1000 bars")
        try require(phaseMove > 0 && phaseMove < 1, "phase-move", "between 0 and 1")
        try require(
            (0...StationaryBootstrap.replicateLimit).contains(bootstrap), "bootstrap",
            "0 … \(StationaryBootstrap.replicateLimit)")
        try require(block >= 1 && block <= 10_000, "block", "1 … 10000 bars")
        try require((1...1_000_000).contains(trials), "trials", "1 … 1000000")
        try require((1...256).contains(threads ?? 1), "threads", "1 … 256")
        try require(Set(market).count == market.count, "market", "a name only once")
        try require(
            report == nil || bootstrap >= ComparisonOptions.reportReplicates, "bootstrap",
            "\(ComparisonOptions.reportReplicates) or more with --report, which claims nothing "
                + "without an interval")
        _ = try comparison.names(among: candidates())
        try require(upload == nil || report != nil, "upload", "given with --report")
        _ = try upload.map { try ObjectKey(argument: $0) }
    }

    func run() async throws {
        let candidates = try candidates()
        let names = try comparison.names(among: candidates)
        if comparison.hysteresis, names.focus?.specifications.isEmpty ?? true {
            throw ValidationError(
                "--hysteresis needs --focus on a model: \(names.focus?.name ?? "none") has none")
        }
        let histories = try EvaluationFiles(
            paths: [csvOptions.csv] + files, options: csvOptions.format, timeframe: timeframe,
            markets: market, range: rangeOptions.range
        ).histories()
        // Before the walks, which may take long.
        if let report { try EvaluationFolder.make(report) }
        let walked = try await EvaluationRun(
            histories: histories, candidates: candidates,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount
        ).markets()
        let evaluator = Evaluator(settings(against: names.against), trials: trials)
        let each = await ProgressClock.around("evaluate", counting: "markets") { progress in
            walked.enumerated().map { done, market in
                progress.update(done, fraction: Double(done) / Double(walked.count))
                return (market: market, periods: evaluator.evaluate(market.history, market.paths))
            }
        }
        let markets = each.filter { !$0.periods.isEmpty }.map(\.market)
        var periods = each.flatMap(\.periods)
        try EvaluationGaps(cut: cut, delay: delay).report(walked, periods)
        if markets.count > 1 {
            periods += await ProgressClock.around("evaluate the markets together") { _ in
                evaluator.evaluatePool(markets.map { (history: $0.history, paths: $0.paths) })
            }
        }
        if comparison.hysteresis || report != nil, let focus = names.focus {
            comparison.addHysteresis(of: focus, to: &periods, markets, evaluator)
        }
        StandardOutput.write(
            json
                ? EvaluationText.json(periods)
                : EvaluationText.text(
                    periods, against: names.against?.name, bootstrap: evaluator.settings.bootstrap))
        // Last, so that a path that cannot be written does not cost the answer.
        if let out {
            try TextFile.write(
                EvaluationText.markdown(
                    periods, against: names.against?.name, bootstrap: evaluator.settings.bootstrap),
                to: out, for: "--out")
        }
        if let report {
            let files = try EvaluationFolder(
                path: report, about: about(candidates, names, evaluator.settings)
            ).write(periods)
            if let upload {
                try await KeptObjects.keep(
                    try files.map { (try ObjectKey(argument: "\(upload)/\($0)"), $1) })
            }
        }
    }

    private func about(
        _ candidates: [Candidate], _ names: ComparisonOptions.Names, _ settings: EvaluationSettings
    ) throws -> EvaluationAbout {
        EvaluationAbout(
            files: try ([csvOptions.csv] + files).map {
                EvaluationAbout.File(
                    name: $0.split(separator: "/").last.map(String.init) ?? $0,
                    sha256: try EvaluationFiles.digest(of: $0))
            },
            models: candidates.map {
                .init(
                    candidate: $0.name, specifications: $0.specifications.map(\.canonicalJSON))
            },
            settings: settings, costBasisPoints: costBp, seed: seed, trials: trials,
            focus: (names.focus ?? candidates[candidates.count - 1]).name,
            against: names.against?.name,
            command: EvaluationFolder.command(ProcessInfo.processInfo.arguments))
    }

    private func settings(against: Candidate?) -> EvaluationSettings {
        var settings = EvaluationSettings()
        if let against { settings.reference = against.name }
        settings.strategy = Strategy(delayBars: delay, costBasisPoints: costBp)
        settings.horizon = horizon
        settings.phaseMove = phaseMove
        settings.bootstrap =
            bootstrap > 0
            ? StationaryBootstrap(replicates: bootstrap, meanBlockBars: block, seed: seed) : nil
        settings.cut = cut
        settings.from = rangeOptions.range?.lowerBound
        return settings
    }

    private func candidates() throws -> [Candidate] {
        var candidates: [Candidate] = []
        for text in models.split(separator: ",", omittingEmptySubsequences: false) {
            do {
                candidates.append(try Candidate(String(text), seed: seed))
            } catch {
                throw ValidationError("--models \(error)")
            }
            if let name = candidates.last?.exogenousFeature {
                throw ValidationError(
                    "--models \(text): \(name) is not in a file of bars, and evaluate joins no "
                        + "other"
                )
            }
        }
        guard Set(candidates.map(\.name)).count == candidates.count else {
            throw ValidationError("--models names a candidate twice")
        }
        return candidates
    }
}

extension CivilDate: ExpressibleByArgument {
    init?(argument: String) {
        self.init(iso: argument)
    }
}
