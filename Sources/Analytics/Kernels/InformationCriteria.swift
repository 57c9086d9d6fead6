/// Likelihoods that pay for their parameters, to compare models of one window: the lowest is best.
package struct InformationCriteria: Codable, Equatable, Sendable {
    package let freeParameters: Int
    /// −2·ln L + 2p (Akaike 1974).
    package let akaike: Double
    /// −2·ln L + p·ln n (Schwarz 1978).
    package let bayesian: Double

    /// - Parameters:
    ///   - logLikelihood: natural logarithm.
    ///   - observations: n, 1 or more; bars without one do not count.
    package init(logLikelihood: Double, freeParameters: Int, observations: Int) {
        let parameters = Double(freeParameters)
        self.freeParameters = freeParameters
        akaike = 2 * parameters - 2 * logLikelihood
        bayesian = parameters * VectorMath.log(Double(observations)) - 2 * logLikelihood
    }
}
