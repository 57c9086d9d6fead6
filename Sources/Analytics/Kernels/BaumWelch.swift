/// Maximum-likelihood fits of Gaussian hidden Markov models by Baum–Welch (Baum et al. 1970), the
/// candidates of a fit side by side in the lanes of vectors.
///
/// A candidate's result depends on nothing but itself and the observations: not on its lane, on the
/// lane width, or on the candidates beside it. There are no priors; the only restraint is a floor
/// under the conditional variances, without which a state that sits on one observation would have
/// an infinite likelihood (Day 1969).
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

    let stateCount: Int
    let featureCount: Int
    let isDiagonal: Bool
    /// T·D values; what stands at a bar without an observation is never read.
    let observations: [Double]
    let present: [Bool]
    /// D least conditional variances.
    let floors: [Double]
    /// Mean and covariance of all observations: where an empty state starts anew.
    let overallMean: [Double]
    let overallCovariance: [Double]

    /// - Parameters:
    ///   - observations: T·D finite values, bar by bar.
    ///   - present: T flags; `false` is a bar without an observation.
    ///   - floors: D least conditional variances, above 0.
    package init(
        stateCount: Int, featureCount: Int, isDiagonal: Bool, observations: [Double],
        present: [Bool], floors: [Double], overallMean: [Double], overallCovariance: [Double]
    ) {
        precondition(observations.count == present.count * featureCount, "T·D observations")
        precondition(floors.count == featureCount && overallMean.count == featureCount, "D values")
        self.stateCount = stateCount
        self.featureCount = featureCount
        self.isDiagonal = isDiagonal
        self.observations = observations
        self.present = present
        self.floors = floors
        self.overallMean = overallMean
        self.overallCovariance = overallCovariance
    }

    /// Improves candidates until each has converged or made `maximumIterations` more iterations.
    ///
    /// - Parameter tolerance: a candidate converges when an iteration gains less than this.
    package func refine(
        _ candidates: [Candidate], maximumIterations: Int, tolerance: Double
    ) -> [Candidate] {
        var refined: [Candidate] = []
        var rest = candidates[...]
        while !rest.isEmpty {
            let width = rest.count > 4 ? 8 : rest.count > 2 ? 4 : 2
            let group = Array(rest.prefix(width))
            rest = rest.dropFirst(width)
            let limit = (maximumIterations, tolerance)
            switch width {
            case 8: refined += ForwardBackward.refineEight(self, group, limit)
            case 4: refined += ForwardBackward.refineFour(self, group, limit)
            default: refined += ForwardBackward.refineTwo(self, group, limit)
            }
        }
        return refined
    }
}
