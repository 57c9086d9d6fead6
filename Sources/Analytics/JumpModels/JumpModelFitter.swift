/// Fits jump models: many starts, each a coordinate descent, the best one counts.
///
/// Deterministic: the same rows and specification give the same bits.
package enum JumpModelFitter {
    /// - Parameters:
    ///   - rows: D numbers each, nil for a bar that is not there; a number that is not finite
    ///     makes a row one of those. They cost nothing but the moves made meanwhile.
    ///   - specification: what to fit.
    /// - Returns: the states in ascending order of their centres (first feature first), empty ones
    ///   last.
    package static func fit(
        rows: [[Double]?], _ specification: JumpSpecification
    ) throws(JumpFitError) -> JumpModelFit {
        try JumpFitting(rows, specification, given: nil).run()
    }

    /// The same from centres of the caller's choice instead of drawn ones.
    ///
    /// - Parameter startingCentres: K×D for each start, in the units of the rows.
    package static func fit(
        rows: [[Double]?], _ specification: JumpSpecification, startingCentres: [[[Double]]]
    ) throws(JumpFitError) -> JumpModelFit {
        try JumpFitting(rows, specification, given: startingCentres).run()
    }
}

/// One fit.
struct JumpFitting {
    /// Objectives that differ by less than this share are the same.
    static let sameObjective = 1e-9
    static let reportedObjectives = 5

    let specification: JumpSpecification
    let input: [[Double]?]
    let rows: JumpRows
    let features: Int
    /// K·D per start.
    let given: [[Double]]?
    let penalty: Double
    let grid: ProbabilityGrid?

    init(
        _ input: [[Double]?], _ specification: JumpSpecification, given: [[[Double]]]?
    ) throws(JumpFitError) {
        do { try specification.validate() } catch { throw .invalidSpecification(error) }
        self.specification = specification
        self.input = input
        features = try JumpFitting.checkedFeatures(input)
        let rows = JumpRows(input, features: features)
        let observed = rows.observed
        self.rows = specification.kind == .continuous ? rows : observed
        try JumpFitting.check(observed, specification)
        let features = features
        self.given = try given.map { starts throws(JumpFitError) in
            try JumpFitting.checked(starts, specification.states, features)
        }
        penalty =
            specification.kind == .sparse
            ? specification.penalty / Double(features).squareRoot() : specification.penalty
        let isContinuous = specification.kind == .continuous
        let points =
            isContinuous
            ? ProbabilityGrid.count(states: specification.states, steps: specification.gridSteps)
            : specification.states
        guard self.rows.count <= JumpLimits.tableValues / points else {
            throw .windowTooLong(
                rows: self.rows.count, points: points, limit: JumpLimits.tableValues)
        }
        grid =
            isContinuous
            ? ProbabilityGrid(
                states: specification.states, steps: specification.gridSteps, penalty: penalty,
                hasModeLoss: specification.hasModeLoss) : nil
    }

    func run() throws(JumpFitError) -> JumpModelFit {
        specification.kind == .sparse ? try runSparse() : try runPlain()
    }

    private func runPlain() throws(JumpFitError) -> JumpModelFit {
        let starts =
            given ?? drawnStarts(rows.observed)
        let outcomes = descend(rows, from: starts)
        let winner = JumpFitting.best(outcomes)
        return try finish(outcomes, winner, scales: [], weights: nil)
    }

    /// Chooses weights and fits the weighted rows in turn (Nystrup, Kolm and Lindström 2021,
    /// algorithm 2). Every fit but the first also starts from the centres before it.
    private func runSparse() throws(JumpFitError) -> JumpModelFit {
        var weights = [Double](
            repeating: 1 / Double(features).squareRoot(), count: features)
        var previous: [Double]?
        var rounds = 0
        while true {
            rounds += 1
            let scales = weights.map { $0.squareRoot() }
            let scaled = rows.scaled(by: scales)
            var starts = given.map { $0.map { scale($0, scales) } } ?? drawnStarts(scaled)
            if let previous { starts.append(scale(previous, scales)) }
            let outcomes = descend(scaled, from: starts)
            let winner = JumpFitting.best(outcomes)
            let (means, counts) = stateMeans(scaled, outcomes[winner].centres)
            previous = means
            let between = FeatureSelection.betweenStates(rows, centres: means, counts: counts)
            let largest = between.max() ?? 0
            var isAtRest = true
            var chosen = weights
            if largest > 0 {
                chosen = FeatureSelection.weights(
                    between.map { $0 / largest }, kappa: specification.kappa)
                let moved = zip(chosen, weights).reduce(0) { $0 + ($1.0 - $1.1).magnitude }
                isAtRest = moved <= specification.weightTolerance * weights.reduce(0, +)
            }
            if isAtRest || rounds == specification.maximumWeightRounds {
                var fit = try finish(outcomes, winner, scales: scales, weights: weights)
                fit.weightRounds = rounds
                fit.weightsConverged = isAtRest
                if !isAtRest {
                    fit.advice =
                        "the feature weights did not come to rest in \(rounds) rounds: take "
                        + "another penalty or bound on the weights"
                }
                return fit
            }
            weights = chosen
        }
    }

    /// The outcomes of all starts, in their order.
    private func descend(
        _ scaled: JumpRows, from starts: [[Double]]
    ) -> [CoordinateDescent.Outcome] {
        let descent = CoordinateDescent(
            maximumIterations: specification.maximumIterations,
            tolerance: specification.tolerance)
        let costs = costs(starts[0])
        if grid == nil, starts.count > 1 {
            return descent.runTiled(scaled, costs, from: starts)
        }
        var program = JumpProgram(scaled, costs)
        return descent.run(&program, from: starts)
    }

    private func costs(_ centres: [Double]) -> JumpCosts {
        JumpCosts(
            states: specification.states, features: features, penalty: penalty, grid: grid,
            scales: [], centres: centres)
    }

    private func drawnStarts(_ scaled: JumpRows) -> [[Double]] {
        let starts = JumpStarts(scaled, states: specification.states, seed: specification.seed)
        return (0..<specification.starts).map { starts.centres(run: $0) }
    }

    /// The first of the lowest.
    private static func best(_ outcomes: [CoordinateDescent.Outcome]) -> Int {
        var best = 0
        for index in outcomes.indices where outcomes[index].objective < outcomes[best].objective {
            best = index
        }
        return best
    }

    private func scale(_ centres: [Double], _ scales: [Double]) -> [Double] {
        centres.indices.map { index in
            centres[index].isFinite ? centres[index] * scales[index % features] : .infinity
        }
    }

    /// Means of the rows by the states of the best path, in the units of the rows; infinite for a
    /// state without rows.
    private func stateMeans(
        _ scaled: JumpRows, _ centres: [Double]
    ) -> (means: [Double], counts: [Double]) {
        var program = JumpProgram(scaled, costs(centres))
        let points = program.path().points
        var sums = JumpRound(states: specification.states, features: features)
        for (row, state) in points.enumerated() { sums.add(rows, row, to: state, 1) }
        return (sums.centres, sums.shares)
    }
}
