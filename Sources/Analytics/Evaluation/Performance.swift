import Kernels

/// What a series of simple returns came to.
package struct Performance: Sendable, Equatable {
    package let bars: Int
    /// Geometric: exp(mean of ln(1 + r) × bars a year) − 1.
    package let annualisedReturn: Double
    /// Sample standard deviation (divisor n − 1) × √(bars a year).
    package let annualisedVolatility: Double
    /// Arithmetic mean over sample standard deviation × √(bars a year) (Sharpe 1994), in excess of
    /// nothing: no interest is subtracted, and cash earns none. 0 without variance, that of
    /// rounding included.
    package let sharpe: Double
    /// Arithmetic mean over the root of the mean of min(r, 0)² over all bars, × √(bars a year):
    /// a target of 0 (Sortino and Price 1994). `nil` without a losing bar, where it has no value.
    package let sortino: Double?
    /// `annualisedReturn` over `maximumDrawdown` of the whole series (Young 1991, who looked at 36
    /// months). `nil` without a fall, where it has no value.
    package let calmar: Double?
    /// Largest fall of the wealth from its running maximum, the start included; 0 … 1.
    package let maximumDrawdown: Double

    /// - Precondition: every return is above −1 and finite.
    package init(returns: [Double], barsPerYear: Double) {
        let center = returns.reduce(0, +) / Double(max(returns.count, 1))
        var sums = ReturnSums(center: center)
        for value in returns { sums.add(value, logGrowth: VectorMath.log(1 + value)) }
        self.init(sums, barsPerYear: barsPerYear)
    }

    init(_ sums: ReturnSums, barsPerYear: Double) {
        let annual = barsPerYear.squareRoot()
        let count = Double(max(sums.count, 1))
        bars = sums.count
        let deviation = sums.deviation
        annualisedVolatility = deviation * annual
        sharpe = deviation > 0 ? sums.mean / deviation * annual : 0
        let downside = (sums.lossSquares / count).squareRoot()
        sortino = downside > 0 ? sums.mean / downside * annual : nil
        annualisedReturn =
            bars == 0 ? 0 : VectorMath.exp(sums.logWealth / count * barsPerYear) - 1
        maximumDrawdown = 1 - VectorMath.exp(-sums.deepest)
        calmar = sums.deepest > 0 ? annualisedReturn / maximumDrawdown : nil
    }

    /// The figure of a metric of returns; `nil` for the others, and where it has no value.
    package func value(_ metric: Metric) -> Double? {
        switch metric {
        case .annualisedReturn: annualisedReturn
        case .annualisedVolatility: annualisedVolatility
        case .sharpe: sharpe
        case .sortino: sortino
        case .calmar: calmar
        case .maximumDrawdown: maximumDrawdown
        default: nil
        }
    }
}

/// What `Performance` needs of a series, gathered in one pass.
struct ReturnSums {
    /// Near the mean, so that no digits of the variance are lost to it.
    let center: Double
    private(set) var count = 0
    private var sum = 0.0
    private var squares = 0.0
    private(set) var lossSquares = 0.0
    private(set) var logWealth = 0.0
    private var peak = 0.0
    /// Largest distance of ln wealth below its running maximum.
    private(set) var deepest = 0.0

    init(center: Double) {
        self.center = center
    }

    var mean: Double { count > 0 ? center + sum / Double(count) : 0 }

    /// Divisor n − 1; 0 of fewer than two values.
    var deviation: Double {
        guard count > 1 else { return 0 }
        let spread = squares - sum * sum / Double(count)
        // What is left of equal numbers is what the two sums were rounded by.
        guard spread > Double(count) * Double.ulpOfOne * squares else { return 0 }
        let deviation = (spread / Double(count - 1)).squareRoot()
        return deviation > ReturnSums.rounding ? deviation : 0
    }

    /// A return is a ratio of prices less 1, right to some 1e-16: what deviates by less than this
    /// does not deviate.
    static let rounding = 1e-14

    mutating func add(_ value: Double, logGrowth: Double) {
        let distance = value - center
        count += 1
        sum += distance
        squares += distance * distance
        let loss = min(value, 0)
        lossSquares += loss * loss
        logWealth += logGrowth
        peak = max(peak, logWealth)
        deepest = max(deepest, peak - logWealth)
    }
}

/// Moments of a sample.
package struct SampleMoments: Sendable, Equatable {
    package let count: Int
    package let mean: Double
    /// Divisor n − 1; 0 of fewer than two values, and of values that differ by rounding alone.
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
        let deviation = values.count > 1 ? (second / (total - 1)).squareRoot() : 0
        let isFlat = deviation <= ReturnSums.rounding
        self.deviation = isFlat ? 0 : deviation
        let variance = isFlat ? 0 : second / total
        skewness = variance > 0 ? third / total / (variance * variance.squareRoot()) : 0
        kurtosis = variance > 0 ? fourth / total / (variance * variance) : 3
    }
}
