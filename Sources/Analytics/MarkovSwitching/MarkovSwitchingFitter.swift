package import Kernels

/// How a fit went.
package struct MarkovSwitchingFitReport: Codable, Equatable, Sendable {
    /// Of the reported parameters, evaluated by the filter at these.
    package let logLikelihood: Double
    /// Bars whose likelihood counts.
    package let observations: Int
    package let criteria: InformationCriteria
    package let starts: Int
    /// Iterations of the winner: of EM, then quasi-Newton.
    package let iterations: Int
    /// Passes over the data that the winner's quasi-Newton run took.
    package let evaluations: Int
    package let converged: Bool
    /// What the quadratic model at the end promises of one more step, in log-likelihood.
    package let promisedGain: Double
    /// The winner's last log-likelihoods, oldest first.
    package let lastLogLikelihoods: [Double]
    /// Regimes that sit on a handful of observations or on the floor under the variances.
    package let degenerateRegimes: [Int]
    /// What to do about a fit that did not converge, or degenerated; `nil` if all is well.
    package let advice: String?
}

package struct MarkovSwitchingFit: Equatable, Sendable {
    /// Regimes in canonical order.
    package let model: MarkovSwitchingModel
    package let report: MarkovSwitchingFitReport
}

/// Maximum likelihood from several starts, deterministic by its seed.
package struct MarkovSwitchingFitter: Codable, Equatable, Sendable {
    package static let startLimit = 1000
    package static let iterationLimit = 100_000
    /// Observations that a fit needs per free parameter.
    static let observationsPerParameter = 3
    /// Least variance of a regime, as a share of the series' variance: without one a regime on a
    /// single observation has an infinite likelihood (Day 1969).
    static let varianceFloorShare = 1e-6
    /// A regime is degenerate with a smaller weight, or a variance under so many floors.
    static let degenerateWeight = 3.0
    static let degenerateFloors = 100.0
    /// Iterations of all starts, then of the contestants, before the finalists run to the end.
    static let scoutingIterations = 10
    static let contestIterations = 15
    static let contestants = 5

    package var starts: Int
    package var finalists: Int
    package var seed: UInt64
    /// Of a finalist's quasi-Newton run.
    package var maximumIterations: Int
    /// In log-likelihood.
    package var tolerance: Double

    package init(
        starts: Int = 12, finalists: Int = 2, seed: UInt64 = 1, maximumIterations: Int = 500,
        tolerance: Double = 1e-7
    ) {
        self.starts = starts
        self.finalists = finalists
        self.seed = seed
        self.maximumIterations = maximumIterations
        self.tolerance = tolerance
    }

    /// Fits a model to rows of y, regressors and covariates; `nil` is a bar without an observation.
    ///
    /// - Throws: `MarkovSwitchingError`.
    package func fit(
        _ rows: [[Double]?], _ specification: MarkovSwitchingSpecification
    ) throws(MarkovSwitchingError) -> MarkovSwitchingFit {
        try specification.validate()
        guard (1...Self.startLimit).contains(starts), (1...starts).contains(finalists),
            (1...Self.iterationLimit).contains(maximumIterations), tolerance > 0
        else {
            throw .specification(
                "give 1 to \(Self.startLimit) starts, at least 1 and no more finalists, 1 to "
                    + "\(Self.iterationLimit) iterations, and a tolerance above 0")
        }
        return try FitRun(self, specification, rows).run()
    }
}
