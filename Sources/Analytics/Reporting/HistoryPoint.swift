import Kernels
package import Market
package import Regimes

/// A bar with what was said about it, to be drawn.
package struct HistoryPoint: Sendable, Equatable {
    package let timestamp: Timestamp
    /// NaN where it is not known.
    package let close: Double
    package let regime: Regime
    package let confidence: Double
    package let probabilities: RegimeProbabilities

    package init(
        timestamp: Timestamp, close: Double?, regime: Regime, confidence: Double,
        probabilities: RegimeProbabilities
    ) {
        self.timestamp = timestamp
        self.close = close ?? .nan
        self.regime = regime
        self.confidence = confidence
        self.probabilities = probabilities
    }
}

/// A run of bars with one regime: half-open, by the bars' numbers.
package struct RegimeRun: Sendable, Equatable {
    package let regime: Regime
    package let bars: Range<Int>

    /// The runs of a history, in its order; they cover it.
    package static func runs(of regimes: [Regime]) -> [RegimeRun] {
        var runs: [RegimeRun] = []
        var start = 0
        for end in regimes.indices.map({ $0 + 1 })
        where end == regimes.count || regimes[end] != regimes[start] {
            runs.append(RegimeRun(regime: regimes[start], bars: start..<end))
            start = end
        }
        return runs
    }
}

/// Prices to the scale of a drawing: logarithmic where that is the better picture.
package struct PriceScale: Sendable, Equatable {
    /// From what ratio of the highest to the lowest price on equal distances are equal ratios.
    private static let logarithmicFrom = 3.0

    /// Of scaled prices.
    package let domain: ClosedRange<Double>
    package let isLogarithmic: Bool
    private let decimals: Int

    /// `nil` when there is no price at all.
    package init?(_ closes: some Sequence<Double>) {
        let finite = closes.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        isLogarithmic = low > 0 && high / low >= PriceScale.logarithmicFrom
        domain =
            isLogarithmic
            ? PriceScale.logarithm(low)...PriceScale.logarithm(high) : low...high
        let span = high > low ? high - low : max(abs(high), 1) / 10
        decimals = (0..<6).first { span * PriceScale.power($0) >= 20 } ?? 6
    }

    /// NaN for what is no price of this scale.
    package func scaled(_ price: Double) -> Double {
        guard isLogarithmic else { return price }
        return price > 0 ? PriceScale.logarithm(price) : .nan
    }

    package func price(_ scaled: Double) -> Double {
        isLogarithmic ? VectorMath.exp(scaled) : scaled
    }

    /// With as many decimals as tell the prices of this scale apart, in groups of three.
    package func text(_ price: Double) -> String {
        NumberText.grouped(NumberText.number(price, decimals))
    }

    private static func logarithm(_ price: Double) -> Double { VectorMath.log(price) }

    private static func power(_ exponent: Int) -> Double {
        (0..<exponent).reduce(1.0) { value, _ in value * 10 }
    }
}
