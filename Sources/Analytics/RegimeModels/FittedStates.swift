import Kernels

/// What a family's fit hands over: its states in the family's own order, not yet known as labels.
struct FittedStates {
    var parameters: ModelParameters
    /// Per observation one weight per state, in sample: smoothed probabilities, or the path as
    /// such.
    var weights: [StateVector]
    /// Per state, the probability of staying for another bar.
    var persistence: [Double]
    var report: FitReport
}

extension FittedStates {
    /// Puts the states in canonical order: empty ones, which have no volatility, last; the others
    /// calmest first by the volatility of returns, then by
    /// their place among the features, so that the order a fit found them in leaves no trace.
    func classifier(
        _ specification: RegimeSpecification, _ observations: [Observation],
        scaling: FeatureScaling, barsPerYear: Double
    ) -> Classifier {
        let window = WindowStatistics(observations, barsPerYear: barsPerYear)
        let statistics = persistence.indices.map { state in
            StateStatistics(
                weights: weights.map { $0[state] }, observations, window: window,
                persistence: persistence[state], taxonomy: specification.taxonomy,
                barsPerYear: barsPerYear)
        }
        let order = persistence.indices.sorted { first, second in
            let (one, other) = (statistics[first], statistics[second])
            if (one.occupancy == 0) != (other.occupancy == 0) { return other.occupancy == 0 }
            if one.annualisedVolatility != other.annualisedVolatility {
                return one.annualisedVolatility < other.annualisedVolatility
            }
            return parameters.place(of: first).lexicographicallyPrecedes(
                parameters.place(of: second))
        }
        return Classifier(
            kernelVersion: KernelVersion.current, model: specification.model,
            features: specification.features, scaling: scaling,
            parameters: parameters.permuted(by: order), states: order.map { statistics[$0] },
            taxonomy: specification.taxonomy, rules: specification.rules,
            hysteresis: specification.hysteresis)
    }
}
