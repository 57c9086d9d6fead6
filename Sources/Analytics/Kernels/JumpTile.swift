import LaneTasks

/// Eight discrete jump models side by side, and the memory that their recursions work in.
///
/// Rows are eight values, one per lane; K states, D features. No lane looks at another.
package struct JumpTile: Sendable {
    package static let width = 8
    /// Bars that are moved from columns to rows at a time, and stay in the cache.
    static let stretch = 1024

    package let states: Int
    package let features: Int
    /// K·D rows; infinite for an empty state.
    package var centres: [Double]
    /// K rows: the most that a bar costs in a state.
    package var limits: [Double]
    /// One row.
    package var penalties: [Double]
    /// K rows: what the best path into each state costs more than the best of all; zeros at first.
    package var values: [Double]
    private var table: [Double] = []

    package init(states: Int, features: Int, penalty: Double) {
        self.states = states
        self.features = features
        centres = [Double](repeating: 0, count: states * features * JumpTile.width)
        limits = [Double](repeating: 0, count: states * JumpTile.width)
        penalties = [Double](repeating: penalty, count: JumpTile.width)
        values = [Double](repeating: 0, count: states * JumpTile.width)
    }

    /// Advances all lanes over their bars, which may be some of many.
    ///
    /// - Parameters:
    ///   - columns: eight of T·D values, bar by bar. A bar with a NaN among its features is
    ///     predicted and no more.
    ///   - set: for comparing sets.
    /// - Returns: per lane the state of the least value after each bar.
    package mutating func filter(
        columns: [[Double]], set: KernelSet = .current
    ) -> [[UInt8]] {
        precondition(
            columns.count == JumpTile.width && columns.allSatisfy { $0.count == columns[0].count },
            "eight columns of one length")
        let bars = columns[0].count / features
        let counts = [Int](repeating: bars, count: JumpTile.width)
        return withUnsafeTemporaryAllocation(
            of: Double.self, capacity: JumpTile.stretch * features * JumpTile.width
        ) { rows in
            withUnsafeTemporaryAllocation(
                of: UInt8.self, capacity: max(bars, 1) * JumpTile.width
            ) { path in
                guard let rows = rows.baseAddress, let path = path.baseAddress else { return [] }
                for first in stride(from: 0, to: bars, by: JumpTile.stretch) {
                    let count = min(JumpTile.stretch, bars - first)
                    LaneColumns.interleave(
                        columns, from: first * features, counts.map { _ in count * features },
                        into: rows, set.table)
                    withTask(rows, isShared: false, bars: count) { task in
                        task.path = path + first * JumpTile.width
                        set.table.jumpForward(task)
                    }
                }
                return LaneColumns.columns(of: path, counts)
            }
        }
    }

    /// What all lanes find over the same bars.
    package struct Round: Sendable {
        /// One row: the costs of the best paths.
        package var objectives: [Double]
        /// K·D rows: the observations of each state's bars summed, and K rows: how many there are.
        package var sums: [Double]
        package var counts: [Double]
    }

    /// Finds the best path of each lane from values of zero.
    ///
    /// - Parameter observations: T·D values, none of them NaN.
    package mutating func round(
        over observations: [Double], set: KernelSet = .current
    ) -> Round {
        let bars = observations.count / features
        for index in values.indices { values[index] = 0 }
        let need = bars * states * JumpTile.width
        if table.count < need { table = [Double](repeating: 0, count: need) }
        var round = Round(
            objectives: [Double](repeating: 0, count: JumpTile.width),
            sums: [Double](repeating: 0, count: centres.count),
            counts: [Double](repeating: 0, count: limits.count))
        var table = table
        self.table = []
        table.withUnsafeMutableBufferPointer { table in
            round.objectives.withUnsafeMutableBufferPointer { objectives in
                round.sums.withUnsafeMutableBufferPointer { sums in
                    round.counts.withUnsafeMutableBufferPointer { counts in
                        observations.withUnsafeBufferPointer { observations in
                            guard let observations = observations.baseAddress else { return }
                            withTask(observations, isShared: true, bars: bars) { task in
                                task.table = table.baseAddress
                                task.objective = objectives.baseAddress
                                task.sums = sums.baseAddress
                                task.counts = counts.baseAddress
                                set.table.jumpForward(task)
                                set.table.jumpBackward(task)
                            }
                        }
                    }
                }
            }
        }
        self.table = table
        return round
    }

    private mutating func withTask(
        _ observations: UnsafePointer<Double>, isShared: Bool, bars: Int,
        _ body: (inout JumpTask) -> Void
    ) {
        let (states, features) = (states, features)
        centres.withUnsafeBufferPointer { centres in
            limits.withUnsafeBufferPointer { limits in
                penalties.withUnsafeBufferPointer { penalties in
                    values.withUnsafeMutableBufferPointer { values in
                        guard let centres = centres.baseAddress, let limits = limits.baseAddress,
                            let penalties = penalties.baseAddress, let values = values.baseAddress
                        else { return }
                        var task = JumpTask(
                            width: JumpTile.width, states: states, features: features, bars: bars,
                            centres: centres, limits: limits, penalties: penalties,
                            observations: observations, isShared: isShared, values: values)
                        body(&task)
                    }
                }
            }
        }
    }
}
