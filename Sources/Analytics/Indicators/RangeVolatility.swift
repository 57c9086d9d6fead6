import Kernels
import Market

/// Volatility estimators that use the bar's range.
package enum RangeEstimator: Hashable, Sendable {
    /// M. Parkinson, «The extreme value method» (1980).
    case parkinson
    /// M. Garman and M. Klass, «On the estimation of security price volatilities» (1980).
    case garmanKlass
    /// L. Rogers and S. Satchell, «Estimating variance from high, low and closing prices» (1991).
    case rogersSatchell
    /// D. Yang and Q. Zhang, «Drift-independent volatility estimation» (2000), α = 1.34.
    case yangZhang
}

/// Annualised range volatility of the last n bars that have all the prices the estimator needs.
struct RangeVolatility: Indicator {
    private static let twiceLogTwoLessOne = 0.386_294_361_119_890_6
    private static let fourLogTwo = 2.772_588_722_239_781

    private let estimator: RangeEstimator
    private let annualisation: Double
    private var previousClose = Double.nan
    /// Variance contributions within the session.
    private var within: RollingWindow
    /// Close-to-open and open-to-close returns, for Yang and Zhang.
    private var overnight: RollingWindow
    private var session: RollingWindow

    init(_ estimator: RangeEstimator, length: Int, barsPerYear: Double) {
        self.estimator = estimator
        annualisation = barsPerYear.squareRoot()
        within = RollingWindow(length: length)
        overnight = RollingWindow(length: length)
        session = RollingWindow(length: length)
    }

    mutating func advance(with bar: Bar) -> Double {
        defer { previousClose = bar.close }
        let term = contribution(of: bar)
        guard term.isFinite else { return .nan }
        if estimator == .yangZhang {
            let gap = LogReturn.between(previousClose, bar.open)
            guard gap.isFinite else { return .nan }
            overnight.append(gap)
            session.append(LogReturn.between(bar.open, bar.close))
        }
        within.append(term)
        guard within.isFull else { return .nan }
        return variance.squareRoot() * annualisation
    }

    private func contribution(of bar: Bar) -> Double {
        switch estimator {
        case .parkinson:
            let range = LogReturn.between(bar.low, bar.high)
            return range * range / RangeVolatility.fourLogTwo
        case .garmanKlass:
            let range = LogReturn.between(bar.low, bar.high)
            let move = LogReturn.between(bar.open, bar.close)
            return 0.5 * range * range - RangeVolatility.twiceLogTwoLessOne * move * move
        case .rogersSatchell, .yangZhang:
            let up = LogReturn.between(bar.open, bar.high)
            let down = LogReturn.between(bar.open, bar.low)
            let move = LogReturn.between(bar.open, bar.close)
            return up * (up - move) + down * (down - move)
        }
    }

    private var variance: Double {
        guard estimator == .yangZhang else { return max(within.mean, 0) }
        let length = Double(within.length)
        let weight = 0.34 / (1.34 + (length + 1) / (length - 1))
        return max(
            overnight.variance + weight * session.variance + (1 - weight) * within.mean, 0)
    }
}
