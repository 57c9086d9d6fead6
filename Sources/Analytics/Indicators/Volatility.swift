import Kernels
import Market

/// Annualised sample standard deviation of the last n log returns.
struct Volatility: Indicator {
    private let annualisation: Double
    private var returns = LogReturn()
    private var window: RollingWindow

    init(length: Int, barsPerYear: Double) {
        annualisation = barsPerYear.squareRoot()
        window = RollingWindow(length: length)
    }

    mutating func advance(with bar: Bar) -> Double {
        let value = returns.advance(with: bar)
        guard value.isFinite else { return .nan }
        window.append(value)
        return window.isFull ? window.variance.squareRoot() * annualisation : .nan
    }
}

/// Missing while the volatility is zero.
struct LogVolatility: Indicator {
    private var volatility: Volatility

    init(length: Int, barsPerYear: Double) {
        volatility = Volatility(length: length, barsPerYear: barsPerYear)
    }

    mutating func advance(with bar: Bar) -> Double {
        VectorMath.log(volatility.advance(with: bar))
    }
}

/// The share of a value's recent history, itself included, that does not lie above it.
struct RollingRank: Sendable {
    static let minimumHistory = 63
    private var history: RollingWindow

    init(length: Int) {
        history = RollingWindow(length: length)
    }

    mutating func advance(with value: Double) -> Double {
        guard value.isFinite else { return .nan }
        history.append(value)
        guard history.count >= RollingRank.minimumHistory else { return .nan }
        return history.share(notAbove: value)
    }
}

struct VolatilityRank: Indicator {
    private var volatility: Volatility
    private var rank = RollingRank(length: Feature.rankBars)

    init(length: Int, barsPerYear: Double) {
        volatility = Volatility(length: length, barsPerYear: barsPerYear)
    }

    mutating func advance(with bar: Bar) -> Double {
        rank.advance(with: volatility.advance(with: bar))
    }
}

/// Annualised standard deviation of all returns so far, by the updating formula of Welford (1962).
struct LongRunVolatility: Indicator {
    static let minimumReturns = 63
    private let annualisation: Double
    private var returns = LogReturn()
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    init(barsPerYear: Double) {
        annualisation = barsPerYear.squareRoot()
    }

    mutating func advance(with bar: Bar) -> Double {
        let value = returns.advance(with: bar)
        guard value.isFinite else { return .nan }
        count += 1
        let deviation = value - mean
        mean += deviation / count
        squares += deviation * (value - mean)
        guard count >= Double(LongRunVolatility.minimumReturns) else { return .nan }
        return (squares / (count - 1)).squareRoot() * annualisation
    }
}
