/// A jump model over a stream: each bar's answer depends on no later one.
///
/// The state of a bar is the end of the best path over the bars so far, found by the forward half
/// of the dynamic programme (Nystrup, Lindström and Madsen 2020, section 3.3). It allocates when
/// it is made and never again. Two filters that saw the same rows hold the same bits.
package struct JumpModelFilter: Sendable {
    /// What a filter must remember to be resumed.
    package struct Memory: Codable, Equatable, Sendable {
        package var hasStarted: Bool
        /// See `JumpModelFilter.values`.
        package var values: [Double]

        package init(hasStarted: Bool, values: [Double]) {
            self.hasStarted = hasStarted
            self.values = values
        }
    }

    private let costs: JumpCosts
    private var losses: [Double]
    private var scratch: [Double]

    /// Whether a row has been seen. Before, all states are alike.
    package private(set) var hasStarted = false
    /// For each state, or each point of a continuous model's grid, what the best path that ends
    /// there costs more than the best of all. One at least is 0; all are finite.
    package private(set) var values: [Double]
    /// The state of the present bar.
    package private(set) var state = 0
    /// K probabilities of the present bar, summing to 1.
    ///
    /// Continuous: the point of the grid where the best path ends. Otherwise the share of state k
    /// is e^(−V(k)), with V its value. Half the squared distance and the price of a jump are, up to
    /// constants, negative logarithms of the densities of a hidden Markov model with unit
    /// covariances and transition odds of e^(−λ), so this is the posterior of that model when of
    /// all paths into a state only the most probable is counted. The largest one is `state`'s.
    package private(set) var probabilities: [Double]

    /// - Parameter parameters: valid ones; see `JumpModelParameters.validate`.
    package init(_ parameters: JumpModelParameters) {
        costs = JumpCosts(parameters)
        losses = [Double](repeating: 0, count: costs.states)
        values = [Double](repeating: 0, count: costs.width)
        scratch = [Double](repeating: 0, count: costs.grid == nil ? 0 : costs.width)
        probabilities = [Double](repeating: 1 / Double(costs.states), count: costs.states)
    }

    /// Goes on where another filter of the same parameters stood.
    ///
    /// - Returns: nil when the memory does not fit the parameters.
    package init?(_ parameters: JumpModelParameters, resuming memory: Memory) {
        self.init(parameters)
        guard memory.values.count == values.count, memory.values.contains(0),
            memory.values.allSatisfy({ $0 >= 0 && $0.isFinite })
        else { return nil }
        hasStarted = memory.hasStarted
        values = memory.values
        if hasStarted { publish() }
    }

    package var memory: Memory { Memory(hasStarted: hasStarted, values: values) }

    /// Takes in one bar.
    ///
    /// - Parameter row: D finite numbers; with nil, or with any that is not finite, the bar is
    ///   predicted and no more. Nothing happens before the first row that is there.
    package mutating func advance(with row: [Double]?) {
        if let row, row.count == costs.features, row.allSatisfy(\.isFinite) {
            let isScaled = !costs.scales.isEmpty
            _ = costs.losses(of: row, at: 0, scaled: isScaled, into: &losses)
        } else if hasStarted {
            costs.missingLosses(into: &losses)
        } else {
            return
        }
        if let grid = costs.grid {
            _ = grid.advance(&values, losses: losses, isFirst: !hasStarted, scratch: &scratch)
        } else {
            _ = costs.advanceDiscrete(&values, losses)
        }
        hasStarted = true
        publish()
    }

    /// Sets the state and the probabilities from the values.
    private mutating func publish() {
        let best = values.firstIndex(of: 0) ?? 0
        if let grid = costs.grid {
            state = grid.labels[best]
            let row = best * costs.states
            for k in 0..<costs.states { probabilities[k] = grid.vectors[row + k] }
            return
        }
        state = best
        JumpCosts.shares(of: values, into: &probabilities)
    }
}
