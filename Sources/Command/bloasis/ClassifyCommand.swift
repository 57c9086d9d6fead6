import ArgumentParser
import Contracts
import Foundation
import Hindsight
import Market
import MarketFeeds
import RegimeModels
import Regimes
import Terminal

struct ClassifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Applies a fitted model to a file, bar by bar.",
        discussion: """
            filter uses nothing later than each bar; smooth and viterbi look ahead.

            EXAMPLES
              bloasis fit --csv Fixtures/spx_daily_1999_2018.csv --states 3 \\
                --out model.json
              bloasis classify --model model.json --csv Fixtures/spx_daily_1999_2018.csv
              bloasis classify --model model.json --csv Fixtures/spx_daily_1999_2018.csv \\
                --posterior smooth --json-lines
            """)

    enum Posterior: String, CaseIterable, ExpressibleByArgument {
        case filter, smooth, viterbi
    }

    @OptionGroup var csvOptions: CSVOptions
    @OptionGroup var exogenousOptions: ExogenousOptions
    @OptionGroup var rangeOptions: RangeOptions

    @Option(help: "The manifest that fit wrote.", completion: Offered.documents)
    var model: String

    @Option(help: "How much time one bar covers.")
    var timeframe: Timeframe = .daily

    @Option(help: "Which column of a wide table or ticker of a long one.")
    var market: String?

    @Option(help: "filter, smooth or viterbi.")
    var posterior: Posterior = .filter

    @Flag(help: "Print a JSON array.")
    var json = false

    @Flag(help: "Print one JSON object a bar.")
    var jsonLines = false

    @OptionGroup var display: DisplayOptions

    func validate() throws {
        if json, jsonLines {
            throw ValidationError("--json and --json-lines are two forms of the answer: give one")
        }
    }

    func run() async throws {
        let manifest = try ModelFile.read(model, for: "--model")
        let reader = try CSVBarReader(
            path: csvOptions.csv,
            options: csvOptions.format.options(timeframe: timeframe, market: market))
        var join = try exogenousOptions.join(
            csvOptions.format, timeframe: timeframe, calendar: csvOptions.format.calendar ?? .nyse)
        exogenousOptions.warn(reads: manifest.classifier.exogenousInputs, manifest.classifier.model)
        var observer = BarObserver(
            manifest: manifest, barsPerYear: csvOptions.format.barsPerYear(timeframe))
        var progress = ProgressBar("classify")
        defer { progress.finish() }
        // Lines that come as they are made tell themselves how it goes on.
        let isTold = !(Display.output.isTerminal && (json || jsonLines))
        func next() throws -> Bar? {
            let (done, all) = (reader.report.rows, reader.rowsExpected)
            if isTold {
                progress.update(done, fraction: all > 0 ? Double(done) / Double(all) : nil)
            }
            return try reader.next()
        }
        var printer = ClassificationPrinter(
            manifest: manifest, range: rangeOptions.range,
            form: json ? .array : jsonLines ? .lines : .table)
        switch posterior {
        case .filter:
            var filter = manifest.makeFilter()
            while let bar = try next() {
                let observation = observer.observe(join.join(bar))
                printer.take(observation.timestamp, filter.advance(with: observation))
            }
        case .smooth, .viterbi:
            var observations: [Observation] = []
            while let bar = try next() {
                observations.append(observer.observe(join.join(bar)))
            }
            let steps =
                posterior == .smooth
                ? try manifest.smooth(observations) : try manifest.decode(observations)
            for (observation, step) in zip(observations, steps) {
                printer.take(observation.timestamp, step)
            }
        }
        progress.interrupt()
        for remark in reader.report.remarks + join.remarks { StandardError.note(remark) }
        try printer.end(file: csvOptions.csv)
    }
}

/// Prints one line a bar; the published label runs through the model's hysteresis.
struct ClassificationPrinter {
    enum Form {
        case table, lines, array
    }

    private var hysteresis: Hysteresis
    private let range: Range<Timestamp>?
    private let form: Form
    private var array = JSONArrayWriter()
    private var table = TextTable([
        ("bar", .left), ("regime", .left), ("confidence", .right), ("raw", .left),
        ("state", .right),
    ])
    private var count = 0

    init(manifest: ModelManifest, range: Range<Timestamp>?, form: Form) {
        hysteresis = Hysteresis(manifest.classifier.hysteresis)
        self.range = range
        self.form = form
    }

    mutating func take(_ timestamp: Timestamp, _ step: FilterStep?) {
        let regime =
            step.map { hysteresis.advance($0.probabilities, raw: $0.rawRegime) } ?? .unknown
        guard range?.contains(timestamp) ?? true else { return }
        count += 1
        switch form {
        case .lines: StandardOutput.line(ClassificationPrinter.json(timestamp, regime, step))
        case .array: array.element(ClassificationPrinter.json(timestamp, regime, step))
        case .table:
            table.append([
                timestamp.rfc3339, regime.label,
                step.map { Format.percent($0.probabilities[regime]) } ?? "",
                step?.rawRegime.label ?? "", step?.state.map(String.init) ?? "",
            ])
        }
    }

    func end(file: String) throws {
        if form == .array { array.end() }
        guard count > 0 else {
            throw CommandFailure(.nothingFound, "\(file): no bars in the range asked for")
        }
        if form == .table { StandardOutput.write(table.text(Display.output)) }
    }

    private static func json(
        _ timestamp: Timestamp, _ regime: Regime, _ step: FilterStep?
    ) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("timestamp", timestamp.rfc3339)
            if let step, let state = step.state {
                json.member("stateProbabilities") { $0.numbers(Array(step.stateProbabilities)) }
                json.member("state", Int64(state))
            }
            json.member("regime", regime.label)
            json.member("rawRegime", (step?.rawRegime ?? .unknown).label)
            json.member("inputMissing", step?.inputMissing ?? false)
            json.member("probabilities") { json in
                let probabilities = step?.probabilities ?? .unknown
                json.object { json in
                    for label in Regime.allCases { json.member(label.label, probabilities[label]) }
                }
            }
        }
        return json.text
    }
}
