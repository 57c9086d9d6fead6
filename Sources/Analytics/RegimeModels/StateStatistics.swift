import Kernels

/// Moments of the training window that a state's statistics are measured against.
struct WindowStatistics {
    /// Annualised volatility of the returns; NaN without any.
    let volatility: Double

    init(_ observations: [Observation], barsPerYear: Double) {
        let returns = observations.map(\.context.logReturn).filter(\.isFinite)
        let mean = returns.reduce(0, +) / Double(returns.count)
        let squares = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        volatility = (squares / Double(returns.count) * barsPerYear).squareRoot()
    }
}

extension StateStatistics {
    /// Statistics of one state, every observation weighted by its smoothed probability.
    ///
    /// A state without weight, or returns without variance, has zeros: its volatility ratio is then
    /// 0, and its class calm.
    init(
        weights: [Double], _ observations: [Observation], window: WindowStatistics,
        persistence: Double, taxonomy: TaxonomyParameters, barsPerYear: Double
    ) {
        var total = 0.0
        var (weight, mean, squares, downside) = (0.0, 0.0, 0.0, 0.0)
        var (drawdownWeight, drawdowns) = (0.0, 0.0)
        for (share, observation) in zip(weights, observations) {
            total += share
            let value = observation.context.logReturn
            if value.isFinite {
                weight += share
                mean += share * value
                downside += value < 0 ? share * value * value : 0
            }
            if observation.context.drawdown.isFinite {
                drawdownWeight += share
                drawdowns += share * observation.context.drawdown
            }
        }
        func quotient(_ numerator: Double, _ denominator: Double) -> Double {
            let value = numerator / denominator
            return value.isFinite ? value : 0
        }
        mean = quotient(mean, weight)
        for (share, observation) in zip(weights, observations) {
            let deviation = observation.context.logReturn - mean
            if deviation.isFinite { squares += share * deviation * deviation }
        }
        occupancy = quotient(total, Double(observations.count))
        annualisedReturn = mean * barsPerYear
        annualisedVolatility = (quotient(squares, weight) * barsPerYear).squareRoot()
        downsideDeviation = (quotient(downside, weight) * barsPerYear).squareRoot()
        meanDrawdown = quotient(drawdowns, drawdownWeight)
        self.persistence = persistence
        volatilityRatio = quotient(annualisedVolatility, window.volatility)
        stateClass = taxonomy.stateClass(volatilityRatio: volatilityRatio)
    }
}
