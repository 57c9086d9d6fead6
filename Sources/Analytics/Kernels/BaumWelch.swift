import LaneTasks

/// Maximum-likelihood fits of Gaussian hidden Markov models by Baum–Welch (Baum et al. 1970), the
/// candidates of a fit side by side in the lanes of vectors.
///
/// A candidate's result depends on nothing but itself and the observations: not on its lane, on the
/// lane width, or on the candidates beside it. There are no priors unless asked for; else the only
/// restraint is a floor under the conditional variances, without which a state that sits on one
/// observation would have an infinite likelihood (Day 1969).
package struct BaumWelch: Sendable {
    /// Parameters of one candidate and how its run went; K states, D features.
    package struct Candidate: Sendable, Equatable {
        package var start: [Double]
        /// K·K, row by row.
        package var transition: [Double]
        /// K·D.
        package var means: [Double]
        /// K·D·D; zero off the diagonal when the model is diagonal.
        package var covariances: [Double]
        /// At these parameters; −∞ before the first evaluation and after a failure.
        package var logLikelihood = -Double.infinity
        package var iterations = 0
        package var converged = false
        /// The last log-likelihoods, oldest first, at most `recentLimit`.
        package var recent: [Double] = []
        package var repairs = 0
        /// Set by `accelerate()`; `nil` is plain Baum–Welch.
        package internal(set) var acceleration: Acceleration?

        package init(
            start: [Double], transition: [Double], means: [Double], covariances: [Double]
        ) {
            self.start = start
            self.transition = transition
            self.means = means
            self.covariances = covariances
        }
    }

    package static let recentLimit = 5
    /// A state with less than this many observations' weight is empty.
    package static let emptyStateWeight = 1e-3
    /// How often a candidate's empty states are given another chance.
    package static let repairLimit = 3

    let shape: ChainShape
    var stateCount: Int { shape.states }
    var featureCount: Int { shape.features }
    var isDiagonal: Bool { shape.isDiagonal }
    /// T·D values; what stands at a bar without an observation is finite and has no effect.
    let observations: [Double]
    let present: [Bool]
    /// D least conditional variances.
    let floors: [Double]
    /// Mean and covariance of all observations: where an empty state starts anew.
    let overallMean: [Double]
    let overallCovariance: [Double]
    let priors: MaximisationPriors

    /// - Parameters:
    ///   - observations: T·D finite values, bar by bar.
    ///   - present: T flags; `false` is a bar without an observation.
    ///   - floors: D least conditional variances, above 0.
    package init(
        stateCount: Int, featureCount: Int, isDiagonal: Bool, observations: [Double],
        present: [Bool], floors: [Double], overallMean: [Double], overallCovariance: [Double],
        priors: MaximisationPriors = .none
    ) {
        precondition(observations.count == present.count * featureCount, "T·D observations")
        precondition(floors.count == featureCount && overallMean.count == featureCount, "D values")
        shape = ChainShape(
            states: stateCount, features: featureCount, isDiagonal: isDiagonal || featureCount == 1)
        self.observations = observations
        self.present = present
        self.floors = floors
        self.overallMean = overallMean
        self.overallCovariance = overallCovariance
        self.priors = priors
    }

    /// Improves candidates until each has converged or made `maximumIterations` more iterations.
    ///
    /// - Parameters:
    ///   - tolerance: a candidate converges when an iteration gains less than this.
    ///   - threads: cores to spread the candidates over; the result does not depend on it.
    package func refine(
        _ candidates: [Candidate], maximumIterations: Int, tolerance: Double, threads: Int = 1
    ) -> [Candidate] {
        Refinement(
            jobs: candidates.map { (self, $0) }, isShared: true,
            maximumIterations: maximumIterations, tolerance: tolerance
        ).run(threads: threads)
    }

    /// The same for candidates that each have observations of their own: fits of several series at
    /// once. All have the same number of states and features, and the same form of covariances.
    package static func refine(
        _ jobs: [(fit: BaumWelch, candidate: Candidate)], maximumIterations: Int, tolerance: Double,
        threads: Int = 1
    ) -> [Candidate] {
        Refinement(
            jobs: jobs, isShared: false, maximumIterations: maximumIterations, tolerance: tolerance
        ).run(threads: threads)
    }
}
