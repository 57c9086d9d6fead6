import ArgumentParser
import Contracts
import Foundation
import Indicators
import Market
import MarketFeeds
import Ports
import RegimeModels
import Regimes

struct FitCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fits a model to a file, in sample, and writes its manifest.",
        discussion: """
            Parameters are printed in canonical state order: calmest state first. With
            --features, an hmm's are in the features' own units; the default set is
            standardised, and a jump model's features always are unless --scaling says
            otherwise. markov is a regression of one feature.

            EXAMPLES
              bloasis fit --csv Fixtures/spx_daily_1999_2018.csv --model hmm --states 3 \\
                --out model.json
              bloasis fit --csv Fixtures/spx_daily_1999_2018.csv --features log_return \\
                --states 2 --seed 7 --json
              bloasis fit --csv Fixtures/spx_daily_1999_2018.csv --from 2014-06-01 \\
                --features log_return,vix --exogenous vix=Fixtures/vix_daily_2014_2019.csv
              bloasis fit --csv Fixtures/spx_daily_1999_2018.csv --model jump \\
                --jump-penalty 60 --out jump.json
              bloasis fit --csv Fixtures/spx_daily_1999_2018.csv --model markov \\
                --states 2 --autoregression 1

            FEATURES
            \(Feature.documentation.map { "  " + $0.name.padded(to: 26) + $0.meaning }
                .joined(separator: "\n"))
            """)

    @OptionGroup var csvOptions: CSVOptions
    @OptionGroup var exogenousOptions: ExogenousOptions
    @OptionGroup var rangeOptions: RangeOptions

    @Option(help: "How much time one bar covers.")
    var timeframe: Timeframe = .daily

    @Option(help: "Which column of a wide table or ticker of a long one.")
    var market: String?

    @Option(help: "\(ModelKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var model: ModelKind = RegimeSpecification.standard.model

    @Option(help: "Number of latent states, 1 to \(RegimeSpecification.stateLimit).")
    var states: Int?

    @Option(
        help: "Comma-separated features; a documented default set when left out.",
        completion: Offered.features)
    var features: String?

    @Option(help: "diagonal, as when left out, or full; of an hmm.")
    var covariance: CovarianceKind?

    @Option(help: "none or standardised; as said above when left out.")
    var scaling: ScalingKind?

    @Option(
        help: "Of an hmm's parameters: none, or those that hmmlearn has when nothing is asked.")
    var priors: FitPriors?

    @Option(help: "What a change of state costs a jump model, in squared standard deviations / 2.")
    var jumpPenalty: Double?

    @Option(help: "jump-continuous: probabilities are multiples of one over this, as 20.")
    var gridSteps: Int?

    @Option(help: "jump-sparse: bound on the sum of the feature weights, 1 to √features.")
    var weightBound: Double?

    @Option(help: "markov: lagged values of the feature, 0 to 4.")
    var autoregression: Int?

    @Option(help: "Seed of the random starts; \(RegimeSpecification.standard.seed) when left out.")
    var seed: UInt64?

    /// Four times what a refit takes: on the bundled NASDAQ bars with two features and three states
    /// sixteen starts of most seeds miss the best optimum, by 4 nats.
    static let starts = 64

    @Option(
        help: ArgumentHelp(
            "Random starts, \(FitCommand.starts) when left out.",
            discussion: "An hmm's and a jump model's are each run until they converge."))
    var starts: Int?

    @Option(
        help: ArgumentHelp(
            "Iterations of each start at the most, "
                + "\(RegimeSpecification.standard.maximumIterations) when left out.",
            discussion: "Of markov: beyond those that choose among its starts."))
    var iterations: Int?

    @Option(help: "Where to write the manifest.", completion: Offered.documents)
    var out: String?

    @Option(help: "Also keep the manifest as this object: models/spx.json (see objects).")
    var upload: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var display: DisplayOptions

    func validate() throws {
        let foreign: [(String, Bool)] = [
            ("--jump-penalty", jumpPenalty != nil && !model.isJump),
            ("--grid-steps", gridSteps != nil && model != .jumpContinuous),
            ("--weight-bound", weightBound != nil && model != .jumpSparse),
            ("--autoregression", autoregression != nil && model != .markov),
            ("--priors", priors != nil && model != .hmm),
            ("--covariance", covariance != nil && model != .hmm),
            ("--states", states != nil && !model.isFitted),
            ("--features", features != nil && !model.isFitted),
            ("--scaling", scaling != nil && !model.isFitted),
            ("--seed", seed != nil && !model.isFitted),
            ("--starts", starts != nil && !model.isFitted),
            ("--iterations", iterations != nil && !model.isFitted),
        ]
        _ = try upload.map { try ObjectKey(argument: $0) }
        for (flag, isForeign) in foreign where isForeign {
            throw ValidationError(
                "\(flag) means nothing to --model \(model.rawValue): leave it out")
        }
    }

    func run() async throws {
        let specification = try specification()
        let reader = try CSVBarReader(
            path: csvOptions.csv,
            options: csvOptions.format.options(timeframe: timeframe, market: market))
        var join = try exogenousOptions.join(
            csvOptions.format, timeframe: timeframe, calendar: csvOptions.format.calendar ?? .nyse)
        exogenousOptions.warn(reads: specification.exogenousInputs, specification.model)
        let barsPerYear = csvOptions.format.barsPerYear(timeframe)
        var observer = BarObserver(specification: specification, barsPerYear: barsPerYear)
        var window = TrainingWindow(specification.training, barsPerYear: barsPerYear)
        while let bar = try reader.next() {
            let observation = observer.observe(join.join(bar))
            if rangeOptions.range?.contains(bar.timestamp) ?? true { window.append(observation) }
        }
        for remark in reader.report.remarks + join.remarks { StandardError.note(remark) }
        guard window.count > 0 else {
            throw CommandFailure(.nothingFound, "\(csvOptions.csv): no bars in the range asked for")
        }
        let manifest = try await ProgressClock.around("fit, \(specification.starts) starts") { _ in
            try RegimeFitter.fit(
                specification, window, threads: ProcessInfo.processInfo.activeProcessorCount)
        }
        if let out { try TextFile.write(manifest.json + "\n", to: out, for: "--out") }
        StandardOutput.write(json ? FitReportText.json(manifest) : FitReportText.text(manifest))
        if let upload {
            try await KeptObjects.keep([(try ObjectKey(argument: upload), manifest.json + "\n")])
        }
        if let report = manifest.report { warn(of: report) }
        if let out {
            StandardError.hint("next: bloasis classify --model \(out) --csv \(csvOptions.csv)")
        }
    }

    private func warn(of report: FitReport) {
        let advice = report.advice ?? (report.converged ? nil : "raise --iterations")
        guard let advice else { return }
        let outcome =
            report.converged
            ? ""
            : "not converged after \(report.iterations) iterations, last "
                + "\(report.lastObjectives ?? report.lastLogLikelihoods): "
        StandardError.warning("\(outcome)\(advice)")
    }

    private func specification() throws -> RegimeSpecification {
        var specification = RegimeSpecification.standard(model)
        if let covariance { specification.covariance = covariance }
        if let seed { specification.seed = seed }
        specification.starts = starts ?? FitCommand.starts
        // In sample the best optimum counts, not the time of forty refits.
        specification.finalists = specification.starts
        if let iterations { specification.maximumIterations = iterations }
        if let priors { specification.priors = priors }
        if let states { specification.states = states }
        if let features {
            specification.features = features.split(separator: ",").map(String.init)
            // What is asked for by name is fitted as it is, so that parameters are in its units.
            // A jump model measures distances: its features must share a scale.
            if !model.isJump { setScaling(.none, of: &specification) }
        }
        if let scaling { setScaling(scaling, of: &specification) }
        if let autoregression { specification.autoregression = autoregression }
        if let jumpPenalty { specification.jump?.penalty = jumpPenalty }
        if let gridSteps { specification.jump?.gridSteps = gridSteps }
        if let weightBound { specification.jump?.weightBound = weightBound }
        specification.training.windowBars = nil
        if let weightBound, weightBound * weightBound > Double(specification.features.count) {
            throw ValidationError(
                "--weight-bound must be 1 … √features: above, it bounds nothing")
        }
        do {
            try specification.validate()
        } catch {
            let flag = FitCommand.flags[error.field].map { "\($0) \(error.problem)" }
            throw ValidationError(flag ?? "\(error)")
        }
        return specification
    }

    /// What sets the fields of a specification that have other names there.
    private static let flags = [
        "states": "--states", "features": "--features", "starts": "--starts",
        "maximumIterations": "--iterations", "autoregression": "--autoregression",
        "jump.penalty": "--jump-penalty", "jump.gridSteps": "--grid-steps",
        "jump.kappa": "--weight-bound", "jump.starts": "--starts",
        "jump.maximumIterations": "--iterations", "jump.states": "--states",
        "jump.points of the grid": "--grid-steps for as many --states makes a grid whose size",
    ]

    private func setScaling(_ kind: ScalingKind, of specification: inout RegimeSpecification) {
        specification.scaling = kind
        specification.clip = kind == .none ? nil : RegimeSpecification.standard.clip
    }
}

extension ModelKind: ExpressibleByArgument {}
extension CovarianceKind: ExpressibleByArgument {}
extension ScalingKind: ExpressibleByArgument {}
extension FitPriors: ExpressibleByArgument {}
