import Kernels

/// The numbers of a jump model laid out for its recursions, and one step of them.
///
/// The recursions carry, for each state (discrete) or point of the grid (continuous), what the best
/// path that ends there costs more than the best of all. So the smallest value is 0, the largest
/// is bounded by the price of a jump and one row's loss, and no stream is too long.
struct JumpCosts: Sendable {
    /// What a row can cost in a state at most. A row that is this far from all centres says
    /// nothing about which is nearest, and neither does one that is not there.
    static let lossLimit = 0x1p1000
    /// What a row costs in a state that is empty: more than in any other.
    static let emptyLoss = 0x1p1020

    /// So far below 1 that a quotient keeps them apart.
    private static let belowOne = 1 - 0x1p-50

    let states: Int
    let features: Int
    let penalty: Double
    let grid: ProbabilityGrid?
    /// √w of each feature; empty when all weigh alike.
    let scales: [Double]
    /// K·D, scaled; infinite for an empty state.
    private(set) var centres: [Double]
    private(set) var limits: [Double]

    /// States or points of the grid.
    var width: Int { grid?.count ?? states }

    init(_ parameters: JumpModelParameters) {
        let scales = (parameters.featureWeights ?? []).map { $0.squareRoot() }
        let centres = parameters.centres.indices.flatMap { state in
            parameters.centres[state].indices.map { d in
                if parameters.emptyStates.contains(state) { return Double.infinity }
                let centre = parameters.centres[state][d]
                return scales.isEmpty ? centre : centre * scales[d]
            }
        }
        self.init(
            states: parameters.stateCount, features: parameters.featureCount,
            penalty: parameters.appliedPenalty,
            grid: parameters.gridSteps.map {
                ProbabilityGrid(
                    states: parameters.stateCount, steps: $0, penalty: parameters.appliedPenalty,
                    hasModeLoss: parameters.hasModeLoss ?? false)
            }, scales: scales, centres: centres)
    }

    init(
        states: Int, features: Int, penalty: Double, grid: ProbabilityGrid?, scales: [Double],
        centres: [Double]
    ) {
        self.states = states
        self.features = features
        self.penalty = penalty
        self.grid = grid
        self.scales = scales
        self.centres = centres
        limits = []
        limits = limits(of: centres)
    }

    /// Replaces the centres: K·D, scaled; infinite for an empty state.
    mutating func move(to centres: [Double]) {
        self.centres = centres
        limits = limits(of: centres)
    }

    private func limits(of centres: [Double]) -> [Double] {
        (0..<states).map { state in
            centres[state * features].isFinite ? JumpCosts.lossLimit : JumpCosts.emptyLoss
        }
    }

    /// ½‖x − θ‖² for each state, less the smallest of them, which is returned.
    ///
    /// - Parameter scaled: whether `rows` are in the units of the features, still to be scaled.
    @inline(__always)
    func losses(
        of rows: [Double], at offset: Int, scaled: Bool, into losses: inout [Double]
    ) -> Double {
        var least = JumpCosts.emptyLoss
        for state in 0..<states {
            var sum = 0.0
            for d in 0..<features {
                let value = scaled ? rows[offset + d] * scales[d] : rows[offset + d]
                let difference = value - centres[state * features + d]
                sum += difference * difference
            }
            let half = 0.5 * sum
            let loss = half < limits[state] ? half : limits[state]
            losses[state] = loss
            least = loss < least ? loss : least
        }
        for state in 0..<states { losses[state] -= least }
        return least
    }

    /// e^(−V) of each value, in shares of their sum. Values that are not 0 get less than those that
    /// are, however small they be: rounding must not make a tie of them.
    static func shares(of values: [Double], into shares: inout [Double]) {
        var sum = 0.0
        for k in values.indices {
            let share = VectorMath.exp(-values[k])
            shares[k] = values[k] > 0 && share > belowOne ? belowOne : share
            sum += shares[k]
        }
        for k in shares.indices { shares[k] /= sum }
    }

    /// What `losses` gives for a row that is not there: nothing, but for empty states.
    func missingLosses(into losses: inout [Double]) {
        for state in 0..<states { losses[state] = limits[state] - JumpCosts.lossLimit }
    }

    /// One step of the discrete recursion: V(k) ← L(k) + min(V(k), λ), then the smallest V is taken
    /// off all and returned. Since the smallest V was 0, min(V(k), λ) is min over j of
    /// V(j) + λ·[j ≠ k] (Nystrup, Lindström and Madsen 2020, algorithm 1).
    @inline(__always)
    func advanceDiscrete(_ values: inout [Double], _ losses: [Double]) -> Double {
        var least = Double.infinity
        for k in 0..<states {
            let stayed = values[k] < penalty ? values[k] : penalty
            let value = losses[k] + stayed
            values[k] = value
            least = value < least ? value : least
        }
        for k in 0..<states { values[k] -= least }
        return least
    }
}

extension ProbabilityGrid {
    /// V(q) ← Σ_k q_k·L(k) + min over p of V(p) + price(p, q), then the smallest V is taken off all
    /// and returned.
    ///
    /// - Parameters:
    ///   - values: one per point; with `isFirst` only written.
    ///   - losses: one per state.
    func advance(
        _ values: inout [Double], losses: [Double], isFirst: Bool, scratch: inout [Double]
    ) -> Double {
        if isFirst {
            for q in 0..<count { values[q] = 0 }
        } else {
            GridStep.predict(values, prices: prices, into: &scratch)
            swap(&values, &scratch)
        }
        for q in 0..<count {
            var loss = 0.0
            for k in 0..<states { loss += vectors[q * states + k] * losses[k] }
            values[q] += loss
        }
        var least = values[0]
        for q in 1..<max(count, 1) { least = values[q] < least ? values[q] : least }
        for q in 0..<count { values[q] -= least }
        return least
    }
}
