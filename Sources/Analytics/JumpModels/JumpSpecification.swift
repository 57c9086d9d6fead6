/// What kind of jump model to fit, and how hard to try.
///
/// All kinds minimise, over a path s of states and centres θ, Σ ½‖x_t − θ(s_t)‖² plus a price for
/// moving between states: Bemporad, Breschi, Piga and Boyd, "Fitting jump models" (2018), with the
/// quadratic loss of Nystrup, Lindström and Madsen, "Learning hidden Markov models with persistent
/// states by penalizing jumps" (2020).
package struct JumpSpecification: Codable, Equatable, Sendable {
    package var kind: JumpModelKind
    /// Number of states, 1 … 8.
    package var states: Int
    /// λ, the price of a jump, 0 or more, in units of the loss. A sparse model applies λ/√D with D
    /// features, since its weighted rows are shorter by that much.
    package var penalty: Double
    /// Continuous only: probabilities are multiples of 1 / `gridSteps`.
    package var gridSteps: Int
    /// Continuous only: whether every move is also charged for how many others its origin allows,
    /// so that the penalties correspond to a transition matrix.
    package var hasModeLoss: Bool
    /// Starts of the coordinate descent; the best result counts.
    package var starts: Int
    package var seed: UInt64
    /// Limit of rounds for every start.
    package var maximumIterations: Int
    /// A start has converged when a round improves the objective by no more than this.
    package var tolerance: Double
    /// Sparse only: κ, the bound on the sum of the feature weights, at least 1; its square is about
    /// the number of features that matter.
    package var kappa: Double
    /// Sparse only: how often the feature weights are chosen anew at most.
    package var maximumWeightRounds: Int
    /// Sparse only: the weights have converged when they move by less than this share.
    package var weightTolerance: Double

    package init(
        kind: JumpModelKind, states: Int, penalty: Double, gridSteps: Int = 20,
        hasModeLoss: Bool = true, starts: Int = 64, seed: UInt64 = 1,
        maximumIterations: Int = 1000, tolerance: Double = 1e-8, kappa: Double = 10,
        maximumWeightRounds: Int = 30, weightTolerance: Double = 1e-4
    ) {
        self.kind = kind
        self.states = states
        self.penalty = penalty
        self.gridSteps = gridSteps
        self.hasModeLoss = hasModeLoss
        self.starts = starts
        self.seed = seed
        self.maximumIterations = maximumIterations
        self.tolerance = tolerance
        self.kappa = kappa
        self.maximumWeightRounds = maximumWeightRounds
        self.weightTolerance = weightTolerance
    }
}

package enum JumpModelKind: String, Codable, CaseIterable, Sendable {
    /// A state at every bar.
    case discrete
    /// A vector of state probabilities at every bar, from a grid on the simplex: Aydınhan, Kolm,
    /// Mulvey and Shu, "Identifying patterns in financial markets" (2024).
    case continuous
    /// Discrete, with a weight for every feature chosen along: Nystrup, Kolm and Lindström,
    /// "Feature selection in jump models" (2021), after Witten and Tibshirani (2010).
    case sparse
}

/// Bounds of everything that can be asked for.
package enum JumpLimits {
    package static let states = 1...8
    package static let features = 1...1024
    package static let starts = 1...1000
    package static let iterations = 1...100_000
    package static let weightRounds = 1...1000
    package static let gridSteps = 1...1000
    /// Points of a grid on the simplex; a step costs its square.
    package static let gridPoints = 2048
    /// Grid points times rows that a continuous path is looked for in.
    package static let tableValues = 1 << 26
    package static let penalty = 1e100
    /// Magnitude of a feature in a training window.
    package static let magnitude = 1e100
}

extension JumpSpecification {
    /// - Throws: the first setting that is out of its range.
    package func validate() throws(JumpSpecificationError) {
        func check(
            _ name: String, _ value: some CustomStringConvertible, _ isValid: Bool, _ need: String
        ) throws(JumpSpecificationError) {
            guard isValid else {
                throw JumpSpecificationError(setting: name, value: "\(value)", need: need)
            }
        }
        func within(
            _ name: String, _ value: Int, _ range: ClosedRange<Int>
        ) throws(JumpSpecificationError) {
            let need = "\(range.lowerBound) to \(range.upperBound)"
            try check(name, value, range.contains(value), need)
        }
        try within("states", states, JumpLimits.states)
        let isPenalty = penalty >= 0 && penalty <= JumpLimits.penalty
        try check("penalty", penalty, isPenalty, "0 to \(JumpLimits.penalty)")
        try within("starts", starts, JumpLimits.starts)
        try within("maximumIterations", maximumIterations, JumpLimits.iterations)
        try check(
            "tolerance", tolerance, tolerance >= 0 && tolerance.isFinite, "a number, 0 or more")
        switch kind {
        case .discrete: break
        case .continuous:
            try within("gridSteps", gridSteps, JumpLimits.gridSteps)
            try within(
                "points of the grid", ProbabilityGrid.count(states: states, steps: gridSteps),
                1...JumpLimits.gridPoints)
        case .sparse:
            try check("kappa", kappa, kappa >= 1 && kappa.isFinite, "a number, 1 or more")
            try within("maximumWeightRounds", maximumWeightRounds, JumpLimits.weightRounds)
            let isTolerance = weightTolerance >= 0 && weightTolerance.isFinite
            try check("weightTolerance", weightTolerance, isTolerance, "a number, 0 or more")
        }
    }
}

/// A setting of a jump model that is out of its range.
package struct JumpSpecificationError: Error, Equatable, Sendable, CustomStringConvertible {
    package let setting: String
    package let value: String
    package let need: String

    package var description: String {
        "jump model: \(setting) is \(value): give \(need)"
    }
}
