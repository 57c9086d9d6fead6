import Kernels
import Market

/// Exponentially weighted sums of log returns with the semantics of pandas' `ewm(halflife:,
/// adjust=True)`, missing values included: their weights keep ageing (`ignore_na=False`). The
/// operations are those of the lane kernel behind `ExponentialTile`, one for one, so that the bits
/// are the same.
private struct WeightedReturns: Sendable {
    private let decay: Double
    private var returns = LogReturn()
    private var values = 0.0
    private var squares = 0.0
    private var weight = 0.0
    private var isKnown = false

    init(halfLife: Int) {
        decay = ExponentialDecay.perBar(halfLife: halfLife)
    }

    mutating func advance(with bar: Bar) {
        let value = returns.advance(with: bar)
        isKnown = value.isFinite
        let negative = value < 0 ? value : 0
        values = (isKnown ? value : 0).addingProduct(values, decay)
        squares = (negative * negative).addingProduct(squares, decay)
        weight = (isKnown ? 1 : 0).addingProduct(weight, decay)
    }

    var mean: Double { ifKnown.addingProduct(values, 1 / weight) }

    /// Root of the weighted mean square of negative returns; 0 while there is none that matters.
    var downsideDeviation: Double { ifKnown.addingProduct(squares, inverseRoot ?? 0) }

    /// Mean over downside deviation.
    var ratio: Double { inverseRoot.map { ifKnown.addingProduct(values, $0) } ?? .nan }

    /// Added, it makes missing what is.
    private var ifKnown: Double { isKnown ? 0 : .nan }

    /// Nothing where there is no deviation.
    private var inverseRoot: Double? {
        let product = squares * weight
        return product >= .leastNormalMagnitude ? VectorMath.reciprocalSquareRoot(product) : nil
    }
}

struct ExponentialMean: Indicator {
    private var returns: WeightedReturns

    init(halfLife: Int) { returns = WeightedReturns(halfLife: halfLife) }

    mutating func advance(with bar: Bar) -> Double {
        returns.advance(with: bar)
        return returns.mean
    }
}

struct DownsideDeviation: Indicator {
    private var returns: WeightedReturns

    init(halfLife: Int) { returns = WeightedReturns(halfLife: halfLife) }

    mutating func advance(with bar: Bar) -> Double {
        returns.advance(with: bar)
        return returns.downsideDeviation
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
    private var returns: WeightedReturns

    init(halfLife: Int) { returns = WeightedReturns(halfLife: halfLife) }

    mutating func advance(with bar: Bar) -> Double {
        returns.advance(with: bar)
        return returns.ratio
    }
}
