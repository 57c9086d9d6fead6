import Kernels

/// One maximum-likelihood fit of a Gaussian hidden Markov model.
struct GaussianFit {
    /// Observations that a fit needs per free parameter of a state's density.
    static let observationsPerParameter = 5
    /// Least conditional variance of a feature, as a share of its variance in the window: the
    /// likelihood would be infinite without one. A deviation of a thousandth of the whole.
    static let covarianceFloorShare = 1e-6

    let specification: RegimeSpecification
    let observations: [Observation]
    let barsPerYear: Double
    let scaling: FeatureScaling
    let data: FitData

    init(
        _ specification: RegimeSpecification, _ observations: [Observation], barsPerYear: Double
    ) throws(FitError) {
        self.specification = specification
        self.observations = observations
        self.barsPerYear = barsPerYear
        let features = specification.features.count
        let perState = 2 * features + specification.states
        let need = max(2, GaussianFit.observationsPerParameter * specification.states * perState)
        let have = observations.count(where: \.isComplete)
        guard have >= need else { throw .tooFewObservations(have: have, need: need) }
        let raw = try FitData(observations.map { $0.isComplete ? $0.features : nil }, specification)
        scaling = FeatureScaling(specification, raw)
        let scaling = scaling
        data = try FitData(
            observations.map { $0.isComplete ? scaling.apply($0.features) : nil }, specification)
    }

    /// The model of maximum likelihood, or with priors the most probable one.
    func run(threads: Int) throws(FitError) -> (Classifier, FitReport) {
        var search = FitSearch(specification, data, threads: threads)
        guard let winner = search.run() else {
            throw .noFiniteLikelihood(starts: specification.starts)
        }
        return finish(winner, search)
    }

    /// Puts the states in canonical order and evaluates what is reported at what is reported.
    private func finish(
        _ winner: BaumWelch.Candidate, _ search: FitSearch
    ) -> (Classifier, FitReport) {
        let unordered = parameters(winner, order: Array(0..<specification.states))
        let statistics = statistics(unordered)
        let order = (0..<specification.states).sorted { first, second in
            let (one, other) = (statistics[first], statistics[second])
            if one.annualisedVolatility != other.annualisedVolatility {
                return one.annualisedVolatility < other.annualisedVolatility
            }
            return unordered.means[first].lexicographicallyPrecedes(unordered.means[second])
        }
        let parameters = parameters(winner, order: order)
        let classifier = Classifier(
            kernelVersion: KernelVersion.current, model: .hmm, features: specification.features,
            scaling: scaling, parameters: .gaussian(parameters),
            states: order.map { statistics[$0] },
            taxonomy: specification.taxonomy, rules: specification.rules,
            hysteresis: specification.hysteresis)
        return (classifier, report(winner, parameters, search))
    }

    private func report(
        _ winner: BaumWelch.Candidate, _ parameters: GaussianParameters, _ search: FitSearch
    ) -> FitReport {
        let reached = parameters.chain.logLikelihood(of: data.rows)
        let advice =
            winner.converged
            ? nil
            : "allow more than \(specification.maximumIterations) iterations, or raise "
                + "tolerance above \(specification.tolerance)"
        return FitReport(
            logLikelihood: reached, iterations: winner.iterations, converged: winner.converged,
            lastLogLikelihoods: winner.recent.dropLast() + [reached],
            starts: specification.starts, advice: advice,
            search: SearchReport(
                finished: search.finished.count, reachedBest: search.reached(winner),
                repairs: winner.repairs, statesAtFloor: search.baumWelch.statesAtFloor(winner)),
            criteria: InformationCriteria(
                logLikelihood: reached, freeParameters: parameters.freeParameterCount,
                observations: data.completeCount))
    }

    private func statistics(_ parameters: GaussianParameters) -> [StateStatistics] {
        let smoothed = parameters.chain.smoothedProbabilities(of: data.rows)
        let window = WindowStatistics(observations, barsPerYear: barsPerYear)
        return (0..<parameters.stateCount).map { state in
            StateStatistics(
                weights: smoothed.map { $0[state] }, observations, window: window,
                persistence: parameters.transition[state][state],
                taxonomy: specification.taxonomy, barsPerYear: barsPerYear)
        }
    }

    private func parameters(
        _ candidate: BaumWelch.Candidate, order: [Int]
    ) -> GaussianParameters {
        let states = specification.states
        let features = specification.features.count
        func covariance(_ state: Int, _ row: Int, _ column: Int) -> Double {
            candidate.covariances[(state * features + row) * features + column]
        }
        let range = 0..<features
        return GaussianParameters(
            start: order.map { candidate.start[$0] },
            transition: order.map { row in order.map { candidate.transition[row * states + $0] } },
            means: order.map { state in range.map { candidate.means[state * features + $0] } },
            covariances: specification.covariance == .diagonal
                ? .diagonal(order.map { state in range.map { covariance(state, $0, $0) } })
                : .full(
                    order.map { state in
                        range.map { row in range.map { covariance(state, row, $0) } }
                    }))
    }
}
