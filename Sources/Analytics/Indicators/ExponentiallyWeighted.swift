import Kernels
import Market

/// Exponentially weighted mean with the semantics of pandas' `ewm(halflife:, adjust=True)`, missing
/// values included: their weights keep ageing (`ignore_na=False`). The operations are those of the
/// lane kernel behind `ExponentialTile`, one for one, so that the bits are the same.
struct ExponentialAverage: Sendable {
    private let decay: Double
    private var weighted = 0.0
    private var weight = 0.0

    init(halfLife: Int) {
        decay = ExponentialDecay.perBar(halfLife: halfLife)
    }

    /// The mean with this value; NaN when the value is missing.
    mutating func advance(with value: Double) -> Double {
        let isKnown = value.isFinite
        weighted = (isKnown ? value : 0).addingProduct(weighted, decay)
        weight = (isKnown ? 1 : 0).addingProduct(weight, decay)
        return isKnown ? weighted * (1 / weight) : .nan
    }
}

struct ExponentialMean: Indicator {
    private var returns = LogReturn()
    private var average: ExponentialAverage

    init(halfLife: Int) {
        average = ExponentialAverage(halfLife: halfLife)
    }

    mutating func advance(with bar: Bar) -> Double {
        average.advance(with: returns.advance(with: bar))
    }
}

struct DownsideDeviation: Indicator {
    private var returns = LogReturn()
    private var average: ExponentialAverage

    init(halfLife: Int) {
        average = ExponentialAverage(halfLife: halfLife)
    }

    mutating func advance(with bar: Bar) -> Double {
        let value = returns.advance(with: bar)
        let negative = value > 0 ? 0 : value
        return average.advance(with: negative * negative).squareRoot()
    }
}

/// Missing until the first negative return: the logarithm of zero is not a number to work with.
struct LogDownsideDeviation: Indicator {
    private var deviation: DownsideDeviation

    init(halfLife: Int) {
        deviation = DownsideDeviation(halfLife: halfLife)
    }

    mutating func advance(with bar: Bar) -> Double {
        VectorMath.log(deviation.advance(with: bar))
    }
}

/// Mean over downside deviation; missing until the first negative return.
struct Sortino: Indicator {
    private var mean: ExponentialMean
    private var deviation: DownsideDeviation

    init(halfLife: Int) {
        mean = ExponentialMean(halfLife: halfLife)
        deviation = DownsideDeviation(halfLife: halfLife)
    }

    mutating func advance(with bar: Bar) -> Double {
        let numerator = mean.advance(with: bar)
        return numerator / deviation.advance(with: bar)
    }
}
