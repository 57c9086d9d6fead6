import JumpModels
import MarkovSwitching

extension RegimeSpecification {
    /// As the jump models' own module reads it; `nil` of another family.
    var jumpSpecification: JumpSpecification? {
        guard let jump else { return nil }
        let kind: JumpModelKind
        switch model {
        case .jump: kind = .discrete
        case .jumpContinuous: kind = .continuous
        case .jumpSparse: kind = .sparse
        case .hmm, .markov, .rules: return nil
        }
        var specification = JumpSpecification(
            kind: kind, states: states, penalty: jump.penalty, starts: starts, seed: seed,
            maximumIterations: maximumIterations, tolerance: tolerance)
        if let gridSteps = jump.gridSteps { specification.gridSteps = gridSteps }
        if let weightBound = jump.weightBound { specification.kappa = weightBound }
        return specification
    }
}

/// A fit of a family that has no fit of its own here: scaled rows in, fitted states out.
struct FamilyFit {
    let specification: RegimeSpecification
    let observations: [Observation]
    let barsPerYear: Double
    let scaling: FeatureScaling
    /// Scaled; `nil` where a feature is missing.
    let rows: [[Double]?]

    init(
        _ specification: RegimeSpecification, _ observations: [Observation], barsPerYear: Double
    ) throws(FitError) {
        self.specification = specification
        self.observations = observations
        self.barsPerYear = barsPerYear
        let rows = observations.map { $0.isComplete ? $0.features : nil }
        let scaling = FeatureScaling(specification, try FitData(rows, specification))
        self.scaling = scaling
        self.rows = rows.map { $0.map(scaling.apply) }
    }

    func run() throws(FitError) -> (Classifier, FitReport) {
        do {
            let states = specification.model == .markov ? try regression() : try jumpModel()
            let classifier = states.classifier(
                specification, observations, scaling: scaling, barsPerYear: barsPerYear)
            return (classifier, states.report)
        } catch let error as FitError {
            throw error
        } catch {
            throw .family(reason: "\(error)")
        }
    }

    private func regression() throws -> FittedStates {
        let fitter = MarkovSwitchingFitter(
            starts: specification.starts, finalists: min(specification.finalists, 4),
            seed: specification.seed, maximumIterations: specification.maximumIterations,
            tolerance: specification.tolerance)
        let fit = try fitter.fit(
            rows,
            .returns(regimes: specification.states, order: specification.autoregression ?? 0))
        let states = specification.states
        let smoothed = try fit.model.smoothedProbabilities(of: rows)
        let report = FitReport(
            logLikelihood: fit.report.logLikelihood, iterations: fit.report.iterations,
            converged: fit.report.converged, lastLogLikelihoods: fit.report.lastLogLikelihoods,
            starts: fit.report.starts, advice: fit.report.advice, criteria: fit.report.criteria)
        return FittedStates(
            parameters: .markov(fit.model),
            weights: smoothed.map {
                $0.map { StateVector($0) } ?? StateVector(repeating: 0, count: states)
            },
            persistence: (0..<states).map { fit.model.parameters.transition[$0][$0] },
            report: report)
    }

    private func jumpModel() throws -> FittedStates {
        guard let own = specification.jumpSpecification else {
            preconditionFailure("a validated jump model has a plan")
        }
        let fit = try JumpModelFitter.fit(rows: rows, own)
        let weights = fit.path.states.indices.map { row in
            fit.path.probabilities.map { StateVector($0[row]) }
                ?? StateVector(state: fit.path.states[row], of: own.states)
        }
        let report = FitReport(
            logLikelihood: nil, iterations: fit.iterations,
            converged: fit.converged && fit.weightsConverged != false, lastLogLikelihoods: [],
            starts: fit.starts, advice: FamilyFit.advice(on: fit),
            objective: fit.objective, lastObjectives: fit.lastObjectives)
        return FittedStates(
            parameters: .jump(fit.parameters), weights: weights,
            persistence: FamilyFit.persistence(of: weights, states: own.states), report: report)
    }

    private static func advice(on fit: JumpModelFit) -> String? {
        let empty = fit.parameters.emptyStates.count
        let states =
            empty == 0
            ? nil
            : "\(empty) of \(fit.parameters.stateCount) states are empty: lower the penalty, or "
                + "take fewer states"
        let parts = [fit.advice, states].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// Share of each state's weight that stays for another bar; 0 of a state without weight.
    private static func persistence(of weights: [StateVector], states: Int) -> [Double] {
        (0..<states).map { state in
            var (stays, total) = (0.0, 0.0)
            for (now, next) in zip(weights, weights.dropFirst()) {
                stays += min(now[state], next[state])
                total += now[state]
            }
            return total > 0 ? stays / total : 0
        }
    }
}
