/// Conjugate priors of the parameters, so that a fit is of the most probable parameters instead of
/// the most likely ones (Huang, Acero and Hon 2001, pages 443–445).
package struct MaximisationPriors: Sendable, Equatable {
    /// Dirichlet counts of the first state's probabilities; 1 says nothing.
    package var startCount: Double
    /// Dirichlet counts of every row of transitions; 1 says nothing.
    package var transitionCount: Double
    package var mean: Double
    /// Observations' worth of belief in `mean`.
    package var meanWeight: Double
    /// Added to every element of a state's summed squares, off the diagonal too.
    package var covariance: Double
    package var covarianceWeight: Double

    package init(
        startCount: Double = 1, transitionCount: Double = 1, mean: Double = 0,
        meanWeight: Double = 0, covariance: Double = 0, covarianceWeight: Double = 1
    ) {
        self.startCount = startCount
        self.transitionCount = transitionCount
        self.mean = mean
        self.meanWeight = meanWeight
        self.covariance = covariance
        self.covarianceWeight = covarianceWeight
    }

    /// Maximum likelihood.
    package static let none = MaximisationPriors()
    /// The defaults of hmmlearn 0.3.3, whose M-step is reproduced.
    package static let hmmlearn = MaximisationPriors(covariance: 1e-2)

    /// What is added to a state's weight under its summed squares.
    func extraWeight(isDiagonal: Bool, features: Int) -> Double {
        max(covarianceWeight - (isDiagonal ? 1 : Double(features)), 0)
    }
}
