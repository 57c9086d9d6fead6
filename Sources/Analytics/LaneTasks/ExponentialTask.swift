/// Exponentially weighted features of eight markets side by side, bar after bar.
///
/// A row is one bar of each market. Per row and half-life there are three columns: mean log
/// return, downside deviation and their ratio; NaN where missing.
package struct ExponentialTask {
    /// Half-lives computed at once.
    package static let halfLives = 3
    /// Columns of a row of `output`.
    package static let columns = 3 * halfLives
    /// Rows whose returns are computed before anything is made of them.
    package static let stretch = 32
    /// Doubles of `state`: the closes before, then weighted returns, weighted squares and weights
    /// of each half-life, eight lanes each; last, room for a stretch of returns. A tile that has
    /// seen nothing has NaN closes and zeros.
    package static let stateCount = 8 * (1 + 3 * halfLives + stretch)

    /// `count` × 8 closes, NaN where missing.
    package var closes: UnsafePointer<Double>
    /// `count` bytes; bit i is set where market i has a bar. `nil`: all have one in every row. A
    /// market without a bar stands still.
    package var present: UnsafePointer<UInt8>?
    package var count: Int
    /// What a bar's age by one leaves of its weight, for each half-life.
    package var decays: (Double, Double, Double)
    package var state: UnsafeMutablePointer<Double>
    /// `count` × `columns` × 8.
    package var output: UnsafeMutablePointer<Double>
    /// Past the caches where a set can: for more than they hold. `output` begins a line of 64 bytes
    /// then.
    package var isStreamed: Bool
    /// Lanes to compute in: 2, 4 or 8; anything else is the set's own width. The bits are the same.
    package var width: Int

    package init(
        closes: UnsafePointer<Double>, present: UnsafePointer<UInt8>?, count: Int,
        decays: (Double, Double, Double), state: UnsafeMutablePointer<Double>,
        output: UnsafeMutablePointer<Double>, isStreamed: Bool = false, width: Int = 0
    ) {
        self.closes = closes
        self.present = present
        self.count = count
        self.decays = decays
        self.state = state
        self.output = output
        self.isStreamed = isStreamed
        self.width = width
    }
}
