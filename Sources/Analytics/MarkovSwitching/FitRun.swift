import Kernels

/// One fit: data in its own units, starts, and the rounds that leave fewer and fewer of them.
struct FitRun {
    struct Candidate {
        var parameters: MarkovSwitchingParameters
        var logLikelihood: Double
        var iterations: Int
    }

    let fitter: MarkovSwitchingFitter
    let specification: MarkovSwitchingSpecification
    /// The switching regression with constant transitions that all starts begin as.
    let base: MarkovSwitchingSpecification
    private let original: [[Double]?]
    private let scaling: FitScaling
    let layout: ParameterLayout
    var pass: SmoothingPass
    /// For a model that is a hidden Markov chain.
    private let moments: ChainMoments?

    init(
        _ fitter: MarkovSwitchingFitter, _ specification: MarkovSwitchingSpecification,
        _ rows: [[Double]?]
    ) throws(MarkovSwitchingError) {
        self.fitter = fitter
        self.specification = specification
        let checked = try SmoothingPass(rows, specification)
        let observed = 1 + specification.switchesExogenous.count
        let present = checked.rows.compactMap { $0 }
        let complete = present.filter { $0.prefix(observed).allSatisfy(\.isFinite) }
        let need = MarkovSwitchingFitter.observationsPerParameter * specification.parameterCount
        let have = FitRun.completeBars(checked.rows, specification)
        guard have >= need else { throw .tooFewObservations(have: have, need: need) }
        let scaling = FitScaling(specification, present)
        let values = complete.map { $0[0] }
        if let first = values.first, values.allSatisfy({ $0 == first }) { throw .constantSeries }
        self.scaling = scaling
        original = checked.rows
        pass = try SmoothingPass(checked.rows.map { $0.map(scaling.apply) }, specification)
        base = try MarkovSwitchingSpecification(
            regimes: specification.regimes, trend: specification.trend,
            switchesTrend: specification.switchesTrend,
            switchesExogenous: specification.switchesExogenous,
            switchesVariance: specification.switchesVariance)
        moments =
            base == specification && specification.rowCount == 1
            ? ChainMoments(states: specification.regimes, series: pass.series) : nil
        layout = ParameterLayout(
            specification: specification, varianceFloor: MarkovSwitchingFitter.varianceFloorShare)
    }

    /// Bars that are observed with all their lags.
    private static func completeBars(
        _ rows: [[Double]?], _ specification: MarkovSwitchingSpecification
    ) -> Int {
        let observed = 1 + specification.switchesExogenous.count
        var (run, count) = (0, 0)
        for row in rows {
            guard let row, row.prefix(observed).allSatisfy(\.isFinite) else {
                run = 0
                continue
            }
            if run >= specification.order { count += 1 }
            run += 1
        }
        return count
    }

    consuming func run() throws(MarkovSwitchingError) -> MarkovSwitchingFit {
        var runs: [(search: QuasiNewton, iterations: Int)] = []
        for candidate in try scouted() {
            let point = layout.vector(of: candidate.parameters)
            if let search = QuasiNewton(at: point, { value(at: $0) }) {
                runs.append((search, candidate.iterations))
            }
        }
        if base != specification {
            for index in runs.indices {
                runs[index].search.run(
                    iterations: MarkovSwitchingFitter.contestIterations,
                    tolerance: fitter.tolerance, { value(at: $0) })
            }
        }
        runs = FitRun.best(runs, fitter.finalists) { $0.search.value.height }
        for index in runs.indices {
            let spent = runs[index].search.iterations
            runs[index].search.run(
                iterations: max(fitter.maximumIterations - spent, 0),
                tolerance: fitter.tolerance, { value(at: $0) })
        }
        runs = FitRun.best(runs, runs.count) { $0.search.value.height }
        let sound = runs.first { degenerate($0.search).isEmpty }
        guard let winner = sound ?? runs.first else {
            throw .noFiniteLikelihood(starts: fitter.starts)
        }
        return try finish(winner.search, winner.iterations)
    }

    /// The highest ones first, the earlier one of a tie.
    static func best<Entry>(
        _ entries: [Entry], _ count: Int, by height: (Entry) -> Double
    ) -> [Entry] {
        let order = entries.indices.sorted { first, second in
            let (one, other) = (height(entries[first]), height(entries[second]))
            return one == other ? first < second : one > other
        }
        return order.prefix(count).map { entries[$0] }
    }

    private mutating func value(at point: [Double]) -> QuasiNewton.Value? {
        guard point.allSatisfy(\.isFinite) else { return nil }
        let parameters = layout.parameters(from: point)
        guard parameters.variances.allSatisfy({ $0.isFinite }) else { return nil }
        let model = MarkovSwitchingModel(checked: specification, parameters)
        var scores = ScorePass(model)
        let height: Double
        if let chain = model.chain, let moments {
            let expected = moments.moments(of: chain)
            height = expected.logLikelihood
            scores.run(expected)
        } else {
            pass.filter(model)
            height = pass.logLikelihood
            pass.smooth(model)
            scores.run(pass)
        }
        guard height.isFinite else { return nil }
        let gradient = layout.vector(of: scores.score, at: parameters)
        guard gradient.allSatisfy(\.isFinite) else { return nil }
        return QuasiNewton.Value(
            height: height, gradient: gradient,
            curvature: layout.vector(of: scores.information, at: parameters))
    }

    /// Regimes that a likelihood without bound draws in.
    private mutating func degenerate(_ search: QuasiNewton) -> [Int] {
        let parameters = layout.parameters(from: search.point)
        let model = MarkovSwitchingModel(checked: specification, parameters)
        pass.filter(model)
        pass.smooth(model)
        var weights = [Double](repeating: 0, count: specification.regimes)
        for bar in pass.rows.indices {
            for (regime, weight) in pass.marginals(bar, model).enumerated() {
                weights[regime] += weight
            }
        }
        let limit = MarkovSwitchingFitter.degenerateFloors * layout.varianceFloor
        return weights.indices.filter {
            weights[$0] < MarkovSwitchingFitter.degenerateWeight
                || parameters.variances[$0] < limit
        }
    }

    private mutating func finish(
        _ search: QuasiNewton, _ iterations: Int
    ) throws(MarkovSwitchingError) -> MarkovSwitchingFit {
        let unordered = scaling.restore(layout.parameters(from: search.point))
        let order = unordered.canonicalOrder
        let weak = degenerate(search)
        let model = try MarkovSwitchingModel(specification, unordered.permuted(order))
        var filter = MarkovSwitchingFilter(model)
        for row in original { filter.advance(with: row) }
        let reached = filter.logLikelihood
        let shift = reached - search.value.height
        var advice: [String] = []
        if !search.hasConverged {
            advice.append(
                search.hasStalled
                    ? "the iteration stalled at a kink: try more starts"
                    : "allow more than \(fitter.maximumIterations) iterations, or raise "
                        + "tolerance above \(fitter.tolerance)")
        }
        if !weak.isEmpty {
            advice.append("a regime sits on a handful of observations: take fewer regimes")
        }
        let report = MarkovSwitchingFitReport(
            logLikelihood: reached, observations: filter.state.observations,
            criteria: InformationCriteria(
                logLikelihood: reached, freeParameters: specification.parameterCount,
                observations: filter.state.observations),
            starts: fitter.starts, iterations: iterations + search.iterations,
            evaluations: search.evaluations, converged: search.hasConverged,
            promisedGain: search.promisedGain,
            lastLogLikelihoods: search.recent.dropLast().map { $0 + shift } + [reached],
            degenerateRegimes: order.indices.filter { weak.contains(order[$0]) },
            advice: advice.isEmpty ? nil : advice.joined(separator: "; "))
        return MarkovSwitchingFit(model: model, report: report)
    }
}
