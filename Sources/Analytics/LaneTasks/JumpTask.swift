/// W discrete jump models side by side, W = 2, 4 or 8: K states, D features, T bars. Rows are W
/// values, one per lane.
package struct JumpTask {
    package var width: Int
    package var states: Int
    package var features: Int
    package var bars: Int
    /// K·D rows; infinite for a state that is empty.
    package var centres: UnsafePointer<Double>
    /// K rows: what a bar costs in the state at most. A bar whose features are not numbers costs
    /// that.
    package var limits: UnsafePointer<Double>
    /// One row: the price of a jump.
    package var penalties: UnsafePointer<Double>
    /// T·D rows; T·D values when all lanes share them.
    package var observations: UnsafePointer<Double>
    package var isShared: Bool
    /// K rows: what the best path into each state costs more than the best of all, before the first
    /// bar and after the last.
    package var values: UnsafeMutablePointer<Double>
    /// T·K rows: the values after every bar, for the way back; `nil` when that is not wanted.
    package var table: UnsafeMutablePointer<Double>?
    /// T rows of W bytes: the state of the least value after every bar, or of the best path.
    package var path: UnsafeMutablePointer<UInt8>?
    /// One row that the cost of the best path is added to.
    package var objective: UnsafeMutablePointer<Double>?
    /// K·D and K rows that the observations of the best path's states, and their numbers, are
    /// added to, from the last bar to the first.
    package var sums: UnsafeMutablePointer<Double>?
    package var counts: UnsafeMutablePointer<Double>?

    package init(
        width: Int, states: Int, features: Int, bars: Int, centres: UnsafePointer<Double>,
        limits: UnsafePointer<Double>, penalties: UnsafePointer<Double>,
        observations: UnsafePointer<Double>, isShared: Bool, values: UnsafeMutablePointer<Double>
    ) {
        self.width = width
        self.states = states
        self.features = features
        self.bars = bars
        self.centres = centres
        self.limits = limits
        self.penalties = penalties
        self.observations = observations
        self.isShared = isShared
        self.values = values
    }
}
