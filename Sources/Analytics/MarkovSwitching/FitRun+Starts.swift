import Kernels

extension FitRun {
    /// Starts that EM has improved, lifted to the whole model.
    func scouted() throws(MarkovSwitchingError) -> [Candidate] {
        let observed = pass.rows.indices.filter { bar in
            pass.rows[bar].map { $0.prefix(1 + base.switchesExogenous.count) }?
                .allSatisfy(\.isFinite) ?? false
        }
        let starting = StartingRegimes(
            regimes: base.regimes, seed: fitter.seed,
            values: observed.map { pass.rows[$0]?[0] ?? 0 })
        let maximisation = ExpectationMaximisation(
            specification: base, varianceFloor: layout.varianceFloor)
        var candidates = (0..<fitter.starts).map { run in
            start(starting, run, observed, maximisation)
        }
        let rounds = [
            (MarkovSwitchingFitter.scoutingIterations, MarkovSwitchingFitter.contestants),
            (MarkovSwitchingFitter.contestIterations, MarkovSwitchingFitter.contestants),
        ]
        for (iterations, survivors) in rounds {
            candidates = try improved(candidates, iterations, maximisation)
            candidates = FitRun.best(candidates, survivors, by: \.logLikelihood)
        }
        if base == specification {
            candidates = Array(candidates.prefix(fitter.finalists))
        }
        return candidates.map(lifted)
    }

    private func start(
        _ starting: StartingRegimes, _ run: Int, _ observed: [Int],
        _ maximisation: ExpectationMaximisation
    ) -> Candidate {
        let guess = starting.guess(run)
        var weights = [Double](repeating: 0, count: pass.rows.count * base.regimes)
        for (bar, regime) in zip(observed, guess) { weights[bar * base.regimes + regime] = 1 }
        let parameters = maximisation.maximised(
            rows: pass.rows, weights: weights, moves: starting.moves(guess),
            variances: [Double](repeating: 1, count: base.regimes))
        // No regime starts so narrow that it keeps to the few observations it has.
        var wide = parameters
        wide.variances = parameters.variances.map { max($0, 0.01) }
        return Candidate(parameters: wide, logLikelihood: -.infinity, iterations: 0)
    }

    /// `iterations` more of EM, eight candidates side by side where every regime has a mean and a
    /// variance of its own and nothing else.
    private func improved(
        _ candidates: [Candidate], _ iterations: Int, _ maximisation: ExpectationMaximisation
    ) throws(MarkovSwitchingError) -> [Candidate] {
        if base.switchesCoefficient == [true], base.trend == .constant, base.switchesVariance {
            return improvedSideBySide(candidates, iterations)
        }
        var rows = try SmoothingPass(
            pass.rows.map { row in row.map { Array($0.prefix(base.rowCount)) } }, base)
        return candidates.map { candidate in
            var improved = candidate
            for _ in 0..<iterations {
                let (reached, next) = maximisation.step(improved.parameters, &rows)
                guard reached.isFinite else {
                    improved.logLikelihood = -.infinity
                    break
                }
                improved.logLikelihood = reached
                improved.parameters = next
                improved.iterations += 1
            }
            return improved
        }
    }

    /// Baum–Welch with free probabilities of the first regime, which a fit of more than a few bars
    /// cannot tell from the steady state.
    private func improvedSideBySide(
        _ candidates: [Candidate], _ iterations: Int
    ) -> [Candidate] {
        let values = pass.rows.map { $0?[0] ?? .nan }
        let present = values.map(\.isFinite)
        let baumWelch = BaumWelch(
            stateCount: base.regimes, featureCount: 1, isDiagonal: true,
            observations: zip(values, present).map { $1 ? $0 : 0 }, present: present,
            floors: [2 * layout.varianceFloor], overallMean: [0], overallCovariance: [1])
        let refined = baumWelch.refine(
            candidates.map { candidate in
                let parameters = candidate.parameters
                let transition = parameters.transition.flatMap { $0 }
                return BaumWelch.Candidate(
                    start: SteadyState.probabilities(transition, regimes: base.regimes),
                    transition: transition, means: parameters.coefficients.map { $0[0] },
                    covariances: parameters.variances)
            }, maximumIterations: iterations, tolerance: fitter.tolerance)
        return zip(candidates, refined).map { candidate, refined in
            var improved = candidate
            improved.parameters.transition = (0..<base.regimes).map { from in
                Array(refined.transition[(from * base.regimes)..<((from + 1) * base.regimes)])
            }
            improved.parameters.coefficients = refined.means.map { [$0] }
            improved.parameters.variances = refined.covariances
            improved.logLikelihood = refined.logLikelihood
            improved.iterations += refined.iterations
            return improved
        }
    }

    /// The same regimes in the whole model: no autoregression yet, and transitions that do not
    /// depend on the covariates yet.
    private func lifted(_ candidate: Candidate) -> Candidate {
        var lifted = candidate
        lifted.parameters.autoregression = [[Double]](
            repeating: [Double](repeating: 0, count: specification.order),
            count: specification.regimes)
        guard specification.hasVaryingTransitions else { return lifted }
        let slopes = [Double](repeating: 0, count: specification.transitionColumns)
        lifted.parameters.transitionCoefficients = candidate.parameters.transition.map { row in
            let logs = row.map { VectorMath.log(max($0, ParameterLayout.leastProbability)) }
            return logs.dropLast().map { [$0 - logs[row.count - 1]] + slopes }
        }
        lifted.parameters.transition = []
        return lifted
    }
}
