import Kernels

/// What a series of simple returns came to.
package struct Performance: Sendable, Equatable {
    package let bars: Int
    /// Geometric: exp(mean of ln(1 + r) × bars a year) − 1.
    package let annualisedReturn: Double
    /// Sample standard deviation (divisor n − 1) × √(bars a year).
    package let annualisedVolatility: Double
    /// Arithmetic mean over sample standard deviation × √(bars a year) (Sharpe 1994), in excess of
    /// nothing: no interest is subtracted, and cash earns none. 0 without variance.
    package let sharpe: Double
    /// Largest fall of the wealth from its running maximum, the start included; 0 … 1.
    package let maximumDrawdown: Double

    /// - Precondition: every return is above −1 and finite.
    package init(returns: [Double], barsPerYear: Double) {
        bars = returns.count
        let moments = SampleMoments(returns)
        annualisedVolatility = moments.deviation * barsPerYear.squareRoot()
        sharpe =
            moments.deviation > 0
            ? moments.mean / moments.deviation * barsPerYear.squareRoot() : 0
        var (logWealth, wealth, peak, worst) = (0.0, 1.0, 1.0, 0.0)
        for value in returns {
            logWealth += VectorMath.log(1 + value)
            wealth *= 1 + value
            peak = max(peak, wealth)
            worst = max(worst, 1 - wealth / peak)
        }
        maximumDrawdown = worst
        annualisedReturn =
            returns.isEmpty
            ? 0 : VectorMath.exp(logWealth / Double(returns.count) * barsPerYear) - 1
    }
}

/// Moments of a sample.
package struct SampleMoments: Sendable, Equatable {
    package let count: Int
    package let mean: Double
    /// Divisor n − 1; 0 of fewer than two values.
    package let deviation: Double
    /// Third standardised moment, divisor n; 0 without variance.
    package let skewness: Double
    /// Fourth standardised moment, divisor n, 3 for a normal; 3 without variance.
    package let kurtosis: Double

    package init(_ values: [Double]) {
        count = values.count
        let total = Double(max(values.count, 1))
        let mean = values.reduce(0, +) / total
        var (second, third, fourth) = (0.0, 0.0, 0.0)
        for value in values {
            let distance = value - mean
            let square = distance * distance
            second += square
            third += square * distance
            fourth += square * square
        }
        self.mean = mean
        deviation = values.count > 1 ? (second / (total - 1)).squareRoot() : 0
        let variance = second / total
        skewness = variance > 0 ? third / total / (variance * variance.squareRoot()) : 0
        kurtosis = variance > 0 ? fourth / total / (variance * variance) : 3
    }
}
