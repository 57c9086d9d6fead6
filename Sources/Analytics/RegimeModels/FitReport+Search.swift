/// How thoroughly the maximum was searched for, and what restrained it.
package struct SearchReport: Codable, Equatable, Sendable {
    /// Runs that were not given up early: finalists of the starts, and rearrangements of the best.
    package let finished: Int
    /// How many of them reached the reported log-likelihood within a millionth of it. One alone
    /// says that more starts may find better.
    package let reachedBest: Int
    /// How often empty states of the reported run were given another chance.
    package let repairs: Int
    /// States with a variance on its floor: they sit on a handful of equal observations, and the
    /// likelihood is the floor's doing. Only where no run ended otherwise.
    package let statesAtFloor: Int
}

/// Whether a fit ended because nothing was left to gain.
package enum Convergence: Equatable, Sendable {
    /// The last iteration gained less than the tolerance.
    case converged(iterations: Int)
    /// The limit came first: the last iteration still gained `lastGain`.
    case iterationLimit(iterations: Int, lastGain: Double, advice: String)
}

extension FitReport {
    package var convergence: Convergence {
        guard !converged else { return .converged(iterations: iterations) }
        let latest = lastLogLikelihoods.suffix(2)
        let gain = latest.count == 2 ? latest[latest.endIndex - 1] - latest[latest.startIndex] : 0
        return .iterationLimit(
            iterations: iterations, lastGain: gain, advice: advice ?? "allow more iterations")
    }
}
