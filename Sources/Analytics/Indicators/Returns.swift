import Kernels
import Market

/// Close over the previous bar's close, less 1; missing when either is.
struct SimpleReturn: Indicator {
    private var previous = Double.nan

    mutating func advance(with bar: Bar) -> Double {
        defer { previous = bar.close }
        return bar.close / previous - 1
    }
}

/// ln(close / previous close); missing when either is.
struct LogReturn: Indicator {
    private var previous = Double.nan

    mutating func advance(with bar: Bar) -> Double {
        defer { previous = bar.close }
        return LogReturn.between(previous, bar.close)
    }

    /// Finite for any two finite prices above zero, even where their ratio overflows.
    static func between(_ earlier: Double, _ later: Double) -> Double {
        VectorMath.logRatio(later, over: earlier)
    }
}

/// Log return over a span of bars that ends some bars ago.
struct Momentum: Indicator {
    private let to: Int
    private var closes: RollingWindow

    init(from: Int, to: Int) {
        self.to = to
        closes = RollingWindow(length: from + 1)
    }

    mutating func advance(with bar: Bar) -> Double {
        guard bar.close.isFinite else { return .nan }
        closes.append(bar.close)
        guard closes.isFull else { return .nan }
        return LogReturn.between(closes[0], closes[closes.count - 1 - to])
    }
}
