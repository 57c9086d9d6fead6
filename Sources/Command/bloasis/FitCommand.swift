import ArgumentParser
import Contracts
import Foundation
import Indicators
import Market
import MarketFeeds
import RegimeModels
import Regimes

struct FitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fits a model to a file, in sample, and writes its manifest.",
        discussion: """
            Parameters are printed in canonical state order: calmest state first. With
            --features they are in the features' own units; the default set is
            standardised.

            EXAMPLES
              bloasis fit --csv spx.csv --model hmm --states 3 --out model.json
              bloasis fit --csv spx.csv --features log_return --states 2 --seed 7 --json

            FEATURES
            \(Feature.documentation.map { "  " + $0.name.padded(to: 26) + $0.meaning }
                .joined(separator: "\n"))
            """)

    @OptionGroup var csvOptions: CSVOptions
    @OptionGroup var rangeOptions: RangeOptions

    @Option(help: "How much time one bar covers.")
    var timeframe: Timeframe = .daily

    @Option(help: "Which column of a wide table or ticker of a long one.")
    var market: String?

    @Option(help: "hmm or rules.")
    var model: ModelKind = RegimeSpecification.standard.model

    @Option(help: "Number of latent states, 1 to \(RegimeSpecification.stateLimit).")
    var states: Int?

    @Option(help: "Comma-separated features; a documented default set when left out.")
    var features: String?

    @Option(help: "diagonal or full.")
    var covariance: CovarianceKind = RegimeSpecification.standard.covariance

    @Option(help: "Seed of the random starts.")
    var seed: UInt64 = RegimeSpecification.standard.seed

    /// Four times what a refit takes: on the bundled NASDAQ bars with two features and three states
    /// sixteen starts of most seeds miss the best optimum, by 4 nats.
    @Option(help: "Random starts, each run until it converges.")
    var starts: Int = 64

    @Option(help: "Iterations of each start at the most.")
    var iterations: Int = RegimeSpecification.standard.maximumIterations

    @Option(help: "Where to write the manifest.")
    var out: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let specification = try specification()
        let reader = try CSVBarReader(
            path: csvOptions.csv,
            options: csvOptions.options(timeframe: timeframe, market: market))
        let barsPerYear = csvOptions.barsPerYear(timeframe)
        var observer = BarObserver(specification: specification, barsPerYear: barsPerYear)
        var window = TrainingWindow(specification.training, barsPerYear: barsPerYear)
        while let bar = try reader.next() {
            let observation = observer.observe(bar)
            if rangeOptions.range?.contains(bar.timestamp) ?? true { window.append(observation) }
        }
        for remark in reader.report.remarks { StandardError.line(remark) }
        guard window.count > 0 else {
            throw CommandFailure(.nothingFound, "\(csvOptions.csv): no bars in the range asked for")
        }
        let manifest = try RegimeFitter.fit(specification, window)
        if let out { try write(manifest, to: out) }
        StandardOutput.write(json ? FitReportText.json(manifest) : FitReportText.text(manifest))
        if let report = manifest.report, !report.converged {
            StandardError.line(
                "warning: not converged after \(report.iterations) iterations, last "
                    + "log-likelihoods \(report.lastLogLikelihoods): raise --iterations above "
                    + "\(iterations), or use fewer states")
        }
    }

    private func specification() throws -> RegimeSpecification {
        var specification = RegimeSpecification.standard
        specification.model = model
        specification.covariance = covariance
        specification.seed = seed
        specification.starts = starts
        // In sample the best optimum counts, not the time of forty refits.
        specification.finalists = starts
        specification.maximumIterations = iterations
        if let states { specification.states = states }
        if let features {
            specification.features = features.split(separator: ",").map(String.init)
            // What is asked for by name is fitted as it is, so that parameters are in its units.
            specification.scaling = .none
            specification.clip = nil
        }
        specification.training.windowBars = nil
        do {
            try specification.validate()
        } catch {
            throw ValidationError("\(error)")
        }
        return specification
    }

    private func write(_ manifest: ModelManifest, to path: String) throws {
        do {
            try Data((manifest.json + "\n").utf8).write(
                to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            let reason = (error as NSError).localizedDescription
            throw CommandFailure(.failed, "--out \(path): cannot be written: \(reason)")
        }
    }
}

extension ModelKind: ExpressibleByArgument {}
extension CovarianceKind: ExpressibleByArgument {}

/// A fit as it is printed.
enum FitReportText {
    static func json(_ manifest: ModelManifest) -> String {
        var json = JSONWriter()
        json.object { json in
            if let report = manifest.report {
                json.member("logLikelihood", report.logLikelihood)
                json.member("iterations", Int64(report.iterations))
                json.member("converged", report.converged)
                json.member("lastLogLikelihoods") { $0.numbers(report.lastLogLikelihoods) }
            }
            if let parameters = manifest.parameters {
                json.member("parameters") { write(parameters, to: &$0) }
            }
            json.member("features") { json in
                json.array(manifest.classifier.features) { $0.string($1) }
            }
            json.member("scaling", manifest.classifier.scaling.kind.rawValue)
            json.member("trainedFrom", manifest.trainedFrom.rfc3339)
            json.member("trainedThrough", manifest.trainedThrough.rfc3339)
            json.member("modelVersion", manifest.version.text)
        }
        return json.text + "\n"
    }

    private static func write(_ parameters: GaussianParameters, to json: inout JSONWriter) {
        json.object { json in
            json.member("start") { $0.numbers(parameters.start) }
            json.member("transition") { $0.array(parameters.transition) { $0.numbers($1) } }
            json.member("means") { $0.array(parameters.means) { $0.numbers($1) } }
            json.member("covariances") { json in
                switch parameters.covariances {
                case .diagonal(let variances):
                    json.array(variances) { $0.numbers($1) }
                case .full(let matrices):
                    json.array(matrices) { $0.array($1) { $0.numbers($1) } }
                }
            }
        }
    }

    static func text(_ manifest: ModelManifest) -> String {
        var lines = ["model \(manifest.version)"]
        lines.append("  trained   \(manifest.trainedFrom) … \(manifest.trainedThrough)")
        if let report = manifest.report {
            lines.append(
                "  fit       log-likelihood \(report.logLikelihood), \(report.iterations) "
                    + "iterations, \(report.converged ? "converged" : "NOT converged")")
        }
        guard let parameters = manifest.parameters else {
            return lines.joined(separator: "\n") + "\n"
        }
        var table = TextTable([
            ("  state", .right), ("class", .left), ("share", .right), ("return p.a.", .right),
            ("volatility p.a.", .right), ("persistence", .right),
        ])
        for (index, state) in manifest.classifier.states.enumerated() {
            table.append([
                "\(index)", state.stateClass.rawValue, Format.percent(state.occupancy),
                Format.percent(state.annualisedReturn), Format.percent(state.annualisedVolatility),
                "\((parameters.transition[index][index] * 1e4).rounded() / 1e4)",
            ])
        }
        return lines.joined(separator: "\n") + "\n" + table.text
    }
}

extension JSONWriter {
    mutating func numbers(_ values: [Double]) {
        array(values) { $0.number($1) }
    }
}
