// What it takes to classify eight markets side by side. Rows are a value of each market; a stretch
// is some bars of each, the same number but for rows past a market's last bar, which are computed
// like others and mean nothing.

/// Log returns of consecutive closes.
package struct ReturnTask {
    /// `count` × 8, NaN where missing.
    package var closes: UnsafePointer<Double>
    /// 8: the closes before the first row.
    package var previous: UnsafePointer<Double>
    package var count: Int
    /// `count` × 8; NaN where missing.
    package var returns: UnsafeMutablePointer<Double>
    /// 8: 1 where no return was missing, 0 elsewhere.
    package var isWhole: UnsafeMutablePointer<Double>
    /// Lanes to compute in: 2, 4 or 8; anything else is the set's own width. The bits are the same.
    package var width: Int

    package init(
        closes: UnsafePointer<Double>, previous: UnsafePointer<Double>, count: Int,
        returns: UnsafeMutablePointer<Double>, isWhole: UnsafeMutablePointer<Double>,
        width: Int = 0
    ) {
        self.closes = closes
        self.previous = previous
        self.count = count
        self.returns = returns
        self.isWhole = isWhole
        self.width = width
    }
}

/// Exponentially weighted features of one half-life; those whose address is `nil` are not wanted.
package struct WeightedTask {
    /// `count` × 8, NaN where missing.
    package var returns: UnsafePointer<Double>
    /// `count` bytes; bit i is set where market i has a bar. `nil`: all have one in every row.
    package var present: UnsafePointer<UInt8>?
    package var count: Int
    /// What a bar's age by one leaves of its weight.
    package var decay: Double
    /// 3 rows: weighted returns, weighted squares, weights.
    package var state: UnsafeMutablePointer<Double>
    /// `count` × 8 each.
    package var mean: UnsafeMutablePointer<Double>?
    package var deviation: UnsafeMutablePointer<Double>?
    package var logDeviation: UnsafeMutablePointer<Double>?
    package var ratio: UnsafeMutablePointer<Double>?
    package var width = 0

    package init(
        returns: UnsafePointer<Double>, present: UnsafePointer<UInt8>?, count: Int, decay: Double,
        state: UnsafeMutablePointer<Double>
    ) {
        self.returns = returns
        self.present = present
        self.count = count
        self.decay = decay
        self.state = state
    }
}

/// Volatilities of returns without gaps: each lane's are the market's present ones, one by one.
package struct VolatilityTask {
    /// Returns of a window.
    package static let length = 21
    /// Returns that the volatility of the whole series needs.
    package static let longRunMinimum = 63.0

    /// `count` × 8; `length` − 1 rows of history stand before, 7 rows with anything in them after.
    package var returns: UnsafePointer<Double>
    package var count: Int
    /// 8: how many of a lane's rows are returns.
    package var limits: UnsafePointer<Double>
    /// Root of the bars of a year.
    package var annualisation: Double
    /// 3 rows: the number of returns so far, their mean, their squares about it.
    package var state: UnsafeMutablePointer<Double>
    /// `count` × 8 each, NaN while unknown; 7 rows more are written.
    package var volatility: UnsafeMutablePointer<Double>
    package var longRun: UnsafeMutablePointer<Double>
    package var width = 0

    package init(
        returns: UnsafePointer<Double>, count: Int, limits: UnsafePointer<Double>,
        annualisation: Double, state: UnsafeMutablePointer<Double>,
        volatility: UnsafeMutablePointer<Double>, longRun: UnsafeMutablePointer<Double>
    ) {
        self.returns = returns
        self.count = count
        self.limits = limits
        self.annualisation = annualisation
        self.state = state
        self.volatility = volatility
        self.longRun = longRun
    }
}

/// Where closes without gaps stand in their recent history.
package struct CloseTask {
    /// Bars of the maximum, the mean, and the ends of the momentum.
    package static let maximumBars = 252
    package static let trendBars = 200
    package static let momentumFrom = 252
    package static let momentumTo = 21
    /// Rows that must stand before the first.
    package static let history = 252

    /// `count` × 8; `history` rows stand before, −∞ before a market's first; 7 after.
    package var closes: UnsafePointer<Double>
    package var count: Int
    /// 8: closes before the first row.
    package var seen: UnsafePointer<Double>
    /// Room for `maximumBars` rows.
    package var scratch: UnsafeMutablePointer<Double>
    /// `count` × 8 each, NaN while unknown; 7 rows more are written.
    package var drawdown: UnsafeMutablePointer<Double>
    package var trend: UnsafeMutablePointer<Double>
    package var momentum: UnsafeMutablePointer<Double>
    package var width = 0

    package init(
        closes: UnsafePointer<Double>, count: Int, seen: UnsafePointer<Double>,
        scratch: UnsafeMutablePointer<Double>, drawdown: UnsafeMutablePointer<Double>,
        trend: UnsafeMutablePointer<Double>, momentum: UnsafeMutablePointer<Double>
    ) {
        self.closes = closes
        self.count = count
        self.seen = seen
        self.scratch = scratch
        self.drawdown = drawdown
        self.trend = trend
        self.momentum = momentum
    }
}
