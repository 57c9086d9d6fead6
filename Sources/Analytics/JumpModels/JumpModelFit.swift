/// A fitted jump model and how it came about.
package struct JumpModelFit: Sendable {
    package var parameters: JumpModelParameters
    /// The least Σ ½‖x − θ‖² plus the price of all moves that was found, at `parameters`. Sparse:
    /// with weighted distances.
    package var objective: Double
    /// The best path through the training window: **in sample**, it looks ahead.
    package var path: JumpPath
    /// Rounds of the best start after its first.
    package var iterations: Int
    package var converged: Bool
    /// The objective of the best start's last rounds, oldest first.
    package var lastObjectives: [Double]
    package var starts: Int
    /// Starts that ended within 10⁻⁹ of the best objective.
    package var startsAtBest: Int
    /// Sparse only: times the feature weights were chosen, and whether they came to rest.
    package var weightRounds: Int?
    package var weightsConverged: Bool?
    /// What to do when it did not converge.
    package var advice: String?
}

/// The best path through some rows.
package struct JumpPath: Equatable, Sendable {
    /// The state of every row. A row that is not there keeps the state of the row before it; those
    /// before the first that is there have that one's.
    package var states: [Int]
    /// Continuous only: the probabilities of every row. In other models the state's is 1.
    package var probabilities: [[Double]]?
    /// What the path costs: all rows' losses and all moves.
    package var objective: Double

    package init(states: [Int], probabilities: [[Double]]?, objective: Double) {
        self.states = states
        self.probabilities = probabilities
        self.objective = objective
    }

    /// Rows whose state is not that of the row before.
    package var jumps: Int { zip(states, states.dropFirst()).count { $0 != $1 } }
}
