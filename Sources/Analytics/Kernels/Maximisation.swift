/// Expected counts of one candidate; moments are about the means they were computed with.
struct ExpectedStatistics {
    let start: [Double]
    let transitions: [Double]
    let weights: [Double]
    let firstMoments: [Double]
    /// Lower triangles.
    let secondMoments: [Double]
}

extension BaumWelch.Candidate {
    /// Forgets the last evaluation, which going on repeats: a plain run in several phases is then
    /// the same as one in a single phase.
    mutating func reopen() {
        recent = Array(recent.dropLast())
        logLikelihood = recent.last ?? -.infinity
        converged = false
        acceleration?.reopen()
    }

    /// Notes the log-likelihood at the present parameters; says whether the run ends here.
    mutating func record(_ reached: Double, tolerance: Double, isLast: Bool) -> Bool {
        if acceleration != nil, rejectsLeap(reached) { return isLast }
        guard reached.isFinite else {
            logLikelihood = -.infinity
            return true
        }
        let isQuiet = !recent.isEmpty && abs(reached - logLikelihood) < tolerance
        converged = isQuiet && acceleration?.isSettled(tolerance) ?? true
        logLikelihood = reached
        recent = recent.suffix(BaumWelch.recentLimit - 1) + [reached]
        return converged || isLast
    }

    /// The parameters that make the expected counts most likely, or a leap beyond them.
    mutating func maximise(_ expected: ExpectedStatistics, _ fit: BaumWelch) {
        iterations += 1
        if acceleration != nil {
            leap(expected, fit)
        } else {
            step(expected, fit)
        }
    }

    /// The M-step.
    ///
    /// - Returns: whether it is the plain one: no state was empty, no variance below its floor.
    @discardableResult
    mutating func step(_ expected: ExpectedStatistics, _ fit: BaumWelch) -> Bool {
        let states = fit.stateCount
        let startPrior = fit.priors.startCount - 1
        let transitionPrior = fit.priors.transitionCount - 1
        let firsts = expected.start.map { max($0 + startPrior, 0) }
        let total = firsts.reduce(0, +)
        if total > 0 { start = firsts.map { $0 / total } }
        for row in 0..<states {
            let range = (row * states)..<((row + 1) * states)
            let counts = expected.transitions[range].map { max($0 + transitionPrior, 0) }
            let sum = counts.reduce(0, +)
            // A state that is never left, but by the end of the data, keeps its row.
            guard sum > 0, sum.isFinite else { continue }
            for (k, count) in zip(range, counts) { transition[k] = count / sum }
        }
        var hasEmptyState = false
        var isPlain = true
        for state in 0..<states {
            if expected.weights[state] >= BaumWelch.emptyStateWeight {
                if maximiseDensity(state, expected, fit) { isPlain = false }
            } else {
                hasEmptyState = true
                if repairs < BaumWelch.repairLimit { restart(state, fit) }
            }
        }
        guard hasEmptyState, repairs < BaumWelch.repairLimit else {
            return isPlain && !hasEmptyState
        }
        repairs += 1
        // Every state becomes reachable again, or the new one would stay empty.
        transition = transition.map { 0.9 * $0 + 0.1 / Double(states) }
        return false
    }

    /// Mean and covariance of one state; says whether a variance was raised to its floor.
    private mutating func maximiseDensity(
        _ state: Int, _ expected: ExpectedStatistics, _ fit: BaumWelch
    ) -> Bool {
        let features = fit.featureCount
        let priors = fit.priors
        let weight = expected.weights[state]
        let firsts = (0..<features).map { expected.firstMoments[state * features + $0] }
        // From the old means to the new ones.
        let shifts = (0..<features).map { d in
            let pull = priors.meanWeight * (priors.mean - means[state * features + d])
            return (firsts[d] + pull) / (weight + priors.meanWeight)
        }
        for d in 0..<features { means[state * features + d] += shifts[d] }
        let divisor = weight + priors.extraWeight(isDiagonal: fit.isDiagonal, features: features)
        var matrix = [Double](repeating: 0, count: features * features)
        for row in 0..<features {
            for column in (fit.isDiagonal ? row : 0)...row {
                let moment = expected.secondMoments[(state * features + row) * features + column]
                let (one, other) = (shifts[row], shifts[column])
                var squares = moment - one * firsts[column] - other * firsts[row]
                squares += one * other * weight + priors.covariance
                let distance = means[state * features + row] - priors.mean
                let across = means[state * features + column] - priors.mean
                squares += priors.meanWeight * distance * across
                matrix[row * features + column] = squares / divisor
                matrix[column * features + row] = matrix[row * features + column]
            }
        }
        let (lower, raised) = Cholesky.factor(matrix, floors: fit.floors)
        if raised { matrix = Cholesky.product(ofLower: lower, size: features) }
        setCovariance(of: state, matrix)
        return raised
    }

    /// An empty state starts anew as wide as the data.
    private mutating func restart(_ state: Int, _ fit: BaumWelch) {
        let features = fit.featureCount
        for d in 0..<features { means[state * features + d] = fit.overallMean[d] }
        setCovariance(of: state, fit.overallCovariance)
        for k in 0..<fit.stateCount {
            transition[state * fit.stateCount + k] = 1 / Double(fit.stateCount)
        }
    }

    private mutating func setCovariance(of state: Int, _ matrix: [Double]) {
        for k in matrix.indices { covariances[state * matrix.count + k] = matrix[k] }
    }
}
