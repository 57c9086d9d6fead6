import Kernels
import LaneTasks

/// Memory that a thread classifies with, one tile and one stretch after the other.
final class TileWorkspace {
    /// Bars of each market at a time: so that a tile stays in the cache.
    static let stretch = 1024
    /// Rows that kernels may write beyond a stretch.
    static let spare = 8
    /// Rows from one column of a stretch to the next.
    static let columnRows = stretch + spare

    /// After `CloseTask.history` and `VolatilityTask.length` − 1 rows of history.
    let closes = TileWorkspace.filled(CloseTask.history + TileWorkspace.columnRows)
    let returns = TileWorkspace.filled(VolatilityTask.length - 1 + TileWorkspace.columnRows)
    /// Volatility, rank, long-run volatility, drawdown, trend and momentum of markets with gaps,
    /// those left out.
    let dense = TileWorkspace.filled(6 * TileWorkspace.columnRows)
    let maxima = TileWorkspace.filled(CloseTask.maximumBars)
    /// One row each: whether returns are whole; how many are there.
    let isWhole = TileWorkspace.filled(1)
    let limits = TileWorkspace.filled(1)
    let observations: LaneRows
    /// The chain's parameters in every lane.
    let model: LaneRows
    /// Ten years of one market's volatilities and a stretch.
    var volatilities = [Double](
        repeating: 0, count: RankTask.length + TileWorkspace.stretch)
    var rankScratch = [UInt16](
        repeating: 0,
        count: RankTask.scratchCount(RankTask.length + TileWorkspace.stretch))
    /// A byte per row each: lanes with a bar, with an observation, with an answer.
    var active = [UInt8](repeating: 0xFF, count: TileWorkspace.stretch)
    var observed = [UInt8](repeating: 0, count: TileWorkspace.stretch)
    var answered = [UInt8](repeating: 0, count: TileWorkspace.stretch)

    init(_ plan: LanePlan) {
        observations = TileWorkspace.filled(TileWorkspace.stretch * plan.sources.count)
        let parameters = plan.chain.parameters
        model = LaneRows(count: parameters.count)
        for (row, value) in parameters.enumerated() {
            for lane in 0..<LaneRows.lanes {
                model.values[row * LaneRows.lanes + lane] = value
            }
        }
    }

    /// Rows without a value.
    static func filled(_ count: Int) -> LaneRows {
        let rows = LaneRows(count: count)
        rows.values.initialize(repeating: .nan, count: count * LaneRows.lanes)
        return rows
    }
}

extension LaneRows {
    /// The address of a row.
    subscript(row row: Int) -> UnsafeMutablePointer<Double> { values + row * LaneRows.lanes }
}
