import ArgumentParser
import Evaluation
import Foundation
import Market
import MarketFeeds
import RegimeModels

struct EvaluateCommand: AsyncParsableCommand {
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

            EXAMPLES
              bloasis evaluate --csv Fixtures/spx_daily_1999_2018.csv --cut 2009-12-31
              bloasis evaluate --csv stocks.csv.gz --market AAPL --market XOM --json
              bloasis evaluate --csv spx.csv --models hmm:states=2,hmm:states=3,rules

            CANDIDATES
            \(Candidate.grammar.split(separator: "\n").map { "  " + $0 }
                .joined(separator: "\n"))
            """)

    @OptionGroup var csvOptions: CSVOptions
    @OptionGroup var rangeOptions: RangeOptions

    @Option(help: "How much time one bar covers.")
    var timeframe: Timeframe = .daily

    @Option(
        help: "Column of a wide table or ticker of a long one; repeatable, all when left out.")
    var market: [String] = []

    @Option(help: "Last day of the data that choices were made on (YYYY-MM-DD).")
    var cut: CivilDate?

    @Option(help: "Comma-separated candidates, see CANDIDATES.")
    var models = "buy-and-hold,sma200,hmm:states=2:features=log_return,rules,default"

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

    @Option(help: "Also write the report there, in Markdown.")
    var out: String?

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
    }

    func run() async throws {
        let candidates = try candidates()
        let histories = try histories()
        let paths = try await EvaluationRun(
            histories: histories, candidates: candidates,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount
        ).paths()
        let evaluator = Evaluator(settings, trials: trials)
        var periods = zip(histories, paths).flatMap { evaluator.evaluate($0, $1) }
        guard !periods.isEmpty else {
            throw CommandFailure(
                .nothingFound,
                "\(csvOptions.csv): no bar at which every candidate has answered: give more bars, "
                    + "or candidates with a shorter warm-up")
        }
        if histories.count > 1 {
            periods += evaluator.evaluatePool(
                zip(histories, paths).map { (history: $0, paths: $1) })
        }
        StandardOutput.write(
            json ? EvaluationText.json(periods) : EvaluationText.text(periods))
        // Last, so that a path that cannot be written does not cost the answer.
        if let out {
            try TextFile.write(EvaluationText.markdown(periods), to: out, for: "--out")
        }
    }

    private var settings: EvaluationSettings {
        var settings = EvaluationSettings()
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

    private func histories() throws -> [MarketHistory] {
        let choices = try CSVInspection.markets(path: csvOptions.csv).choices
        let names: [String?] = market.isEmpty ? (choices.isEmpty ? [nil] : choices) : market
        return try names.map { name in
            let options = csvOptions.format.options(timeframe: timeframe, market: name)
            let reader = try CSVBarReader(path: csvOptions.csv, options: options)
            var bars = BarColumns()
            while let bar = try reader.next() {
                // What comes before --from is walked through, only not summed up.
                if rangeOptions.range.map({ bar.timestamp < $0.upperBound }) ?? true {
                    bars.append(bar)
                }
            }
            for remark in reader.report.remarks {
                StandardError.line((name.map { "\($0): " } ?? "") + remark)
            }
            let last = bars.isEmpty ? nil : bars[bars.count - 1].timestamp
            guard let last, rangeOptions.range.map({ last >= $0.lowerBound }) ?? true else {
                throw CommandFailure(
                    .nothingFound, "\(csvOptions.csv): no bars in the range asked for")
            }
            return MarketHistory(
                name: name ?? EvaluateCommand.baseName(csvOptions.csv), bars: bars,
                calendar: options.calendar, barsPerYear: csvOptions.format.barsPerYear(timeframe))
        }
    }

    /// A file's name without folders and endings: what a market is called that has no name.
    static func baseName(_ path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.split(separator: ".").first.map(String.init) ?? file
    }
}

extension CivilDate: ExpressibleByArgument {
    init?(argument: String) {
        self.init(iso: argument)
    }
}
