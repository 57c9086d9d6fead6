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
    /// Forgets the last evaluation, which going on repeats: a run in several phases is then the
    /// same as one in a single phase.
    mutating func reopen() {
        recent = Array(recent.dropLast())
        logLikelihood = recent.last ?? -.infinity
        converged = false
    }

    /// Notes the log-likelihood at the present parameters; says whether the run ends here.
    mutating func record(_ reached: Double, tolerance: Double, isLast: Bool) -> Bool {
        guard reached.isFinite else {
            logLikelihood = -.infinity
            return true
        }
        converged = !recent.isEmpty && abs(reached - logLikelihood) < tolerance
        logLikelihood = reached
        recent = recent.suffix(BaumWelch.recentLimit - 1) + [reached]
        return converged || isLast
    }

    /// The parameters that make the expected counts most likely.
    mutating func maximise(_ expected: ExpectedStatistics, _ fit: BaumWelch) {
        iterations += 1
        let states = fit.stateCount
        let total = expected.start.reduce(0, +)
        if total > 0 { start = expected.start.map { $0 / total } }
        for row in 0..<states {
            let range = (row * states)..<((row + 1) * states)
            let sum = expected.transitions[range].reduce(0, +)
            // A state that is never left, but by the end of the data, keeps its row.
            guard sum > 0, sum.isFinite else { continue }
            for k in range { transition[k] = expected.transitions[k] / sum }
        }
        var hasEmptyState = false
        for state in 0..<states {
            if expected.weights[state] >= BaumWelch.emptyStateWeight {
                maximiseDensity(state, expected, fit)
            } else {
                hasEmptyState = true
                if repairs < BaumWelch.repairLimit { restart(state, fit) }
            }
        }
        guard hasEmptyState, repairs < BaumWelch.repairLimit else { return }
        repairs += 1
        // Every state becomes reachable again, or the new one would stay empty.
        transition = transition.map { 0.9 * $0 + 0.1 / Double(states) }
    }

    private mutating func maximiseDensity(
        _ state: Int, _ expected: ExpectedStatistics, _ fit: BaumWelch
    ) {
        let features = fit.featureCount
        let weight = expected.weights[state]
        let shifts = (0..<features).map { expected.firstMoments[state * features + $0] / weight }
        var matrix = [Double](repeating: 0, count: features * features)
        for row in 0..<features {
            means[state * features + row] += shifts[row]
            for column in (fit.isDiagonal ? row : 0)...row {
                let moment = expected.secondMoments[(state * features + row) * features + column]
                matrix[row * features + column] = moment / weight - shifts[row] * shifts[column]
                matrix[column * features + row] = matrix[row * features + column]
            }
        }
        let (lower, raised) = Cholesky.factor(matrix, floors: fit.floors)
        if raised { matrix = Cholesky.product(ofLower: lower, size: features) }
        setCovariance(of: state, matrix)
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
