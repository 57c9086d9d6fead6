import Kernels
package import Regimes

/// The logarithmic score of label probabilities as forecasts of the next return.
///
/// Likelihoods of models with different features do not compare. This does, for anything that
/// states label probabilities p: the density of the next log return is the mixture Σ p(l)·N(μₗ,
/// σₗ²) whose moments are those of the returns so far, each weighted by the probability that label
/// l had at the bar before it, and `priorWeight` returns' worth of the unconditional moments. So a
/// label that says nothing about the next return scores as the unconditional normal does, which is
/// what the score of buy-and-hold is. Nothing at a bar depends on a later one. (Good 1952; Amisano
/// and Giacomini 2007.)
package enum PredictiveScore {
    /// Returns that the unconditional moments count for in those of a label.
    static let priorWeight = 60.0
    /// Returns before the first score.
    static let minimumReturns = 60.0

    /// Share of the second moment below which a variance is what rounding left of it.
    static let leastVariance = 1e-8

    /// ln density of each bar's log return, as forecast at the bar before; `nil` where there is no
    /// return, too little history, or none that varies.
    package static func logDensities(
        _ probabilities: [RegimeProbabilities], _ history: MarketHistory
    ) -> [Double?] {
        var labels = [WeightedMoments](repeating: WeightedMoments(), count: Regime.allCases.count)
        var overall = WeightedMoments()
        var forecast: RegimeProbabilities?
        return history.returns.indices.map { bar in
            defer { forecast = probabilities[bar] }
            guard let simple = history.returns[bar], let stated = forecast else { return nil }
            let value = VectorMath.log(1 + simple)
            let score = logDensity(of: value, stated.values, labels, overall)
            overall.add(value, weight: 1)
            for (slot, weight) in stated.values.enumerated() {
                labels[slot].add(value, weight: weight)
            }
            return score
        }
    }

    private static func logDensity(
        of value: Double, _ weights: [Double], _ labels: [WeightedMoments],
        _ overall: WeightedMoments
    ) -> Double? {
        guard overall.weight >= minimumReturns,
            overall.variance > leastVariance * overall.secondMoment
        else { return nil }
        var terms: [Double] = []
        for (weight, moments) in zip(weights, labels) where weight > 0 {
            let posterior = moments.shrunk(towards: overall, weight: priorWeight)
            let distance = value - posterior.mean
            let square = distance * distance / posterior.variance
            terms.append(
                VectorMath.log(weight)
                    - 0.5 * (logTwoPi + VectorMath.log(posterior.variance) + square))
        }
        guard let largest = terms.max() else { return nil }
        return largest + VectorMath.log(terms.reduce(0) { $0 + VectorMath.exp($1 - largest) })
    }

    private static let logTwoPi = 1.837_877_066_409_345_5
}

/// Weighted first and second moments, as sums.
struct WeightedMoments {
    private(set) var weight = 0.0
    private var sum = 0.0
    private var squares = 0.0

    var mean: Double { sum / weight }
    var secondMoment: Double { squares / weight }
    var variance: Double { secondMoment - mean * mean }

    mutating func add(_ value: Double, weight share: Double) {
        weight += share
        sum += share * value
        squares += share * value * value
    }

    /// Together with so many observations' worth of other moments.
    func shrunk(towards other: WeightedMoments, weight extra: Double) -> WeightedMoments {
        let factor = extra / other.weight
        var result = self
        result.weight += extra
        result.sum += other.sum * factor
        result.squares += other.squares * factor
        return result
    }
}
