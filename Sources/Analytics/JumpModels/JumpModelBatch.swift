package import Kernels

/// The filters of up to eight markets side by side: the same bits as one `JumpModelFilter` each,
/// many times faster.
///
/// For discrete and sparse models of one number of states and features. It holds no bars: memory
/// does not grow with the length of a stream.
package struct JumpModelBatch: Sendable {
    private let costs: [JumpCosts]
    private var tile: JumpTile
    /// Which markets have seen a row.
    private var hasStarted: [Bool]

    /// - Returns: nil for models that differ in shape, of a continuous kind, or not 1 … 8.
    package init?(_ models: [JumpModelParameters]) {
        guard let first = models.first, models.count <= JumpTile.width,
            models.allSatisfy({
                $0.kind != .continuous && $0.stateCount == first.stateCount
                    && $0.featureCount == first.featureCount
            })
        else { return nil }
        costs = models.map { JumpCosts($0) }
        hasStarted = models.map { _ in false }
        tile = JumpTile(
            states: first.stateCount, features: first.featureCount,
            penalty: first.appliedPenalty)
        for lane in 0..<JumpTile.width {
            costs[min(lane, costs.count - 1)].load(into: &tile, lane: lane)
        }
    }

    /// Takes in the next bars of all markets.
    ///
    /// - Parameters:
    ///   - rows: per market as many rows, each D numbers, nil for a bar that is not there.
    ///   - set: for comparing sets.
    /// - Returns: per market the state after each row; nil before the first that is there.
    package mutating func advance(
        with rows: [[[Double]?]], set: KernelSet = .current
    ) -> [[Int?]] {
        precondition(
            rows.count == costs.count && rows.allSatisfy { $0.count == rows[0].count },
            "as many rows for each market")
        let features = tile.features
        let nothing = [Double](repeating: .nan, count: features)
        let states = advance(
            columns: rows.map { series in
                series.flatMap { row in
                    guard let row, row.count == features, row.allSatisfy(\.isFinite) else {
                        return nothing
                    }
                    return row
                }
            }, set: set)
        return rows.indices.map { lane in
            zip(rows[lane], states[lane]).map { row, state in
                if row?.allSatisfy(\.isFinite) == true { hasStarted[lane] = true }
                return hasStarted[lane] ? Int(state) : nil
            }
        }
    }

    /// The same over columns, many times faster.
    ///
    /// - Parameter columns: per market T·D values, bar by bar; NaN in all features of a bar that is
    ///   not there. As many for each market.
    /// - Returns: per market the state after each bar; 0 before the first that is there.
    package mutating func advance(
        columns: [[Double]], set: KernelSet = .current
    ) -> [[UInt8]] {
        precondition(columns.count == costs.count, "a column for each market")
        let scaled = zip(columns, costs).map { column, costs in
            let scales = costs.scales
            return scales.isEmpty
                ? column : column.indices.map { column[$0] * scales[$0 % scales.count] }
        }
        let idle = [[Double]](
            repeating: scaled[0], count: JumpTile.width - columns.count)
        return Array(tile.filter(columns: scaled + idle, set: set).prefix(columns.count))
    }

    /// The values of one market's filter; see `JumpModelFilter.values`.
    package func values(of lane: Int) -> [Double] {
        (0..<tile.states).map { tile.values[$0 * JumpTile.width + lane] }
    }
}
