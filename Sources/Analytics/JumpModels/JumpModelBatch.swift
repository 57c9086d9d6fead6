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
        let bars = rows[0].count
        let features = tile.features
        var observations = [Double](repeating: .nan, count: bars * features * JumpTile.width)
        for (lane, series) in rows.enumerated() {
            let scales = costs[lane].scales
            for (bar, row) in series.enumerated() {
                guard let row, row.count == features, row.allSatisfy(\.isFinite) else { continue }
                for d in 0..<features {
                    observations[(bar * features + d) * JumpTile.width + lane] =
                        scales.isEmpty ? row[d] : row[d] * scales[d]
                }
            }
        }
        var path = [Double](repeating: 0, count: bars * JumpTile.width)
        advance(with: observations, states: &path, set: set)
        return rows.indices.map { lane in
            (0..<bars).map { bar in
                let first = bar * features * JumpTile.width + lane
                if !observations[first].isNaN { hasStarted[lane] = true }
                return hasStarted[lane] ? Int(path[bar * JumpTile.width + lane]) : nil
            }
        }
    }

    /// The same over a tile that the caller laid out, without allocating.
    ///
    /// - Parameters:
    ///   - observations: bar by bar and feature by feature eight values, one per market,
    ///     multiplied by the root of the feature's weight; NaN in all features of a bar that is not
    ///     there.
    ///   - states: eight values per bar at least, for the state after each.
    package mutating func advance(
        with observations: [Double], states: inout [Double], set: KernelSet = .current
    ) {
        tile.filter(observations, states: &states, set: set)
    }

    /// The values of one market's filter; see `JumpModelFilter.values`.
    package func values(of lane: Int) -> [Double] {
        (0..<tile.states).map { tile.values[$0 * JumpTile.width + lane] }
    }
}
