import Contracts
import JumpModels
import Kernels
import Market
import MarkovSwitching
import RegimeModels
import Regimes
import Terminal

/// A fit as it is printed.
enum FitReportText {
    static func json(_ manifest: ModelManifest) -> String {
        var json = JSONWriter()
        json.object { json in
            if let report = manifest.report {
                if let logLikelihood = report.logLikelihood {
                    json.member("logLikelihood", logLikelihood)
                }
                if let objective = report.objective { json.member("objective", objective) }
                json.member("iterations", Int64(report.iterations))
                json.member("converged", report.converged)
                json.member("lastLogLikelihoods") { $0.numbers(report.lastLogLikelihoods) }
                json.member("starts", Int64(report.starts))
                if let search = report.search { write(search, to: &json) }
                if let criteria = report.criteria {
                    json.member("freeParameters", Int64(criteria.freeParameters))
                    json.member("aic", criteria.akaike)
                    json.member("bic", criteria.bayesian)
                }
            }
            if let parameters = manifest.parameters {
                json.member("parameters") { write(parameters, to: &$0) }
            }
            json.member("model", manifest.classifier.model.rawValue)
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

    private static func write(_ search: SearchReport, to json: inout JSONWriter) {
        json.member("search") { json in
            json.object { json in
                json.member("finished", Int64(search.finished))
                json.member("reachedBest", Int64(search.reachedBest))
                json.member("repairs", Int64(search.repairs))
                json.member("statesAtFloor", Int64(search.statesAtFloor))
            }
        }
    }

    private static func write(_ parameters: ModelParameters, to json: inout JSONWriter) {
        switch parameters {
        case .gaussian(let gaussian): write(gaussian, to: &json)
        case .markov(let model): write(model, to: &json)
        case .jump(let jump): write(jump, to: &json)
        }
    }

    private static func write(_ parameters: GaussianParameters, to json: inout JSONWriter) {
        json.object { json in
            json.member("start") { $0.numbers(parameters.start) }
            json.member("transition") { $0.rows(parameters.transition) }
            json.member("means") { $0.rows(parameters.means) }
            json.member("covariances") { json in
                switch parameters.covariances {
                case .diagonal(let variances): json.rows(variances)
                case .full(let matrices): json.array(matrices) { $0.rows($1) }
                }
            }
        }
    }

    private static func write(_ model: MarkovSwitchingModel, to json: inout JSONWriter) {
        let parameters = model.parameters
        json.object { json in
            json.member("transition") { $0.rows(parameters.transition) }
            json.member("means") { $0.numbers(parameters.coefficients.map { $0[0] }) }
            json.member("variances") { $0.numbers(parameters.variances) }
            if model.specification.order > 0 {
                json.member("autoregression") { $0.numbers(parameters.autoregression[0]) }
            }
            json.member("expectedDurations") { $0.numbers(model.expectedDurations()) }
        }
    }

    private static func write(_ parameters: JumpModelParameters, to json: inout JSONWriter) {
        json.object { json in
            json.member("penalty", parameters.penalty)
            json.member("centres") { $0.rows(parameters.centres) }
            if let weights = parameters.featureWeights {
                json.member("featureWeights") { $0.numbers(weights) }
            }
            if let steps = parameters.gridSteps { json.member("gridSteps", Int64(steps)) }
        }
    }

    static func text(_ manifest: ModelManifest) -> String {
        var lines = ["model \(manifest.version)"]
        lines.append("  trained   \(manifest.trainedFrom) … \(manifest.trainedThrough)")
        if let report = manifest.report {
            let reached =
                report.logLikelihood.map { "log-likelihood \($0)" }
                ?? report.objective.map { "objective \($0)" } ?? ""
            lines.append(
                "  fit       \(reached), \(report.iterations) iterations, "
                    + (report.converged ? "converged" : "NOT converged"))
            lines += details(of: report)
        }
        guard !manifest.classifier.states.isEmpty else {
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
                "\((state.persistence * 1e4).rounded() / 1e4)",
            ])
        }
        return lines.joined(separator: "\n") + "\n" + table.text(Display.output)
    }
}

extension FitReportText {
    private static func details(of report: FitReport) -> [String] {
        var lines: [String] = []
        if let search = report.search {
            lines.append(
                "  search    \(report.starts) starts, \(search.reachedBest) of "
                    + "\(search.finished) finished runs reached this")
            if search.statesAtFloor > 0 {
                lines.append(
                    "            \(search.statesAtFloor) states sit on a floor of variance: "
                        + "take fewer states")
            }
        }
        if let criteria = report.criteria {
            lines.append(
                "  criteria  AIC \(criteria.akaike), BIC \(criteria.bayesian), "
                    + "\(criteria.freeParameters) free parameters")
        }
        return lines
    }
}

extension JSONWriter {
    mutating func numbers(_ values: [Double]) {
        array(values) { $0.number($1) }
    }

    mutating func rows(_ rows: [[Double]]) {
        array(rows) { $0.numbers($1) }
    }
}
