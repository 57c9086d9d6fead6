import LaneTasks

/// Eight discrete jump models side by side, and the memory that their recursions work in.
///
/// Rows are eight values, one per lane; K states, D features. No lane looks at another.
package struct JumpTile: Sendable {
    package static let width = 8

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
    ///   - observations: T·D rows. A bar with a NaN among its features is predicted and no more.
    ///   - states: T rows at least, for the state of the least value after each bar.
    ///   - set: for comparing sets.
    package mutating func filter(
        _ observations: [Double], states path: inout [Double], set: KernelSet = .current
    ) {
        let bars = observations.count / (features * JumpTile.width)
        precondition(path.count >= bars * JumpTile.width, "a row per bar")
        path.withUnsafeMutableBufferPointer { path in
            withTask(observations, isShared: false, bars: bars) { task in
                task.path = path.baseAddress
                set.table.jumpForward(task)
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
        self.table = table
        return round
    }

    private mutating func withTask(
        _ observations: [Double], isShared: Bool, bars: Int, _ body: (inout JumpTask) -> Void
    ) {
        let (states, features) = (states, features)
        centres.withUnsafeBufferPointer { centres in
            limits.withUnsafeBufferPointer { limits in
                penalties.withUnsafeBufferPointer { penalties in
                    observations.withUnsafeBufferPointer { observations in
                        values.withUnsafeMutableBufferPointer { values in
                            guard let centres = centres.baseAddress,
                                let limits = limits.baseAddress,
                                let penalties = penalties.baseAddress,
                                let observations = observations.baseAddress,
                                let values = values.baseAddress
                            else { return }
                            var task = JumpTask(
                                width: JumpTile.width, states: states, features: features,
                                bars: bars, centres: centres, limits: limits,
                                penalties: penalties, observations: observations,
                                isShared: isShared, values: values)
                            body(&task)
                        }
                    }
                }
            }
        }
    }
}
