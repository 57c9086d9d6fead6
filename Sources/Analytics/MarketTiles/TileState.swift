import Kernels
import LaneTasks

/// What eight markets carry from one stretch of bars to the next.
struct TileState: Sendable {
    /// Rows of eight, as `Layout` says.
    var rows: [Double]
    /// Per lane, up to ten years of volatilities, oldest first.
    var volatilities: [[Double]]
    /// Per lane, bars so far.
    var bars: [Int]
    /// Per lane, the bar that its chain began with.
    var firstFiltered: [Int?]
    /// Per lane, the level of the volatility index as last known.
    var vix: [Double]

    init(_ layout: Layout) {
        let lanes = LaneRows.lanes
        rows = [Double](repeating: 0, count: layout.count * lanes)
        volatilities = [[Double]](repeating: [], count: lanes)
        bars = [Int](repeating: 0, count: lanes)
        firstFiltered = [Int?](repeating: nil, count: lanes)
        vix = [Double](repeating: .nan, count: lanes)
        func fill(_ first: Int, _ count: Int, _ value: Double) {
            for index in (first * lanes)..<((first + count) * lanes) { rows[index] = value }
        }
        fill(layout.closes, CloseTask.history, -.infinity)
        fill(layout.previous, 1, .nan)
        fill(layout.latest, ObservationTask.contextFields - 1, .nan)
        fill(layout.label, 1, LabelTask.unknown)
        fill(layout.label + 3, 1, LabelTask.unknown)
    }

    /// Which rows are what.
    struct Layout: Sendable {
        /// Bars before, without those that lack a close; then returns likewise.
        let closes = 0
        let returns = CloseTask.history
        /// The close of the bar before.
        let previous: Int
        /// Closes so far.
        let seen: Int
        let volatility: Int
        let latest: Int
        let label: Int
        let weighted: Int
        let belief: Int
        let count: Int

        init(_ plan: LanePlan) {
            previous = returns + VolatilityTask.length - 1
            seen = previous + 1
            volatility = seen + 1
            latest = volatility + 3
            label = latest + ObservationTask.contextFields - 1
            weighted = label + 5
            belief = weighted + 3 * plan.halfLives.count
            count = belief + plan.chain.shape.beliefCount
        }
    }
}
