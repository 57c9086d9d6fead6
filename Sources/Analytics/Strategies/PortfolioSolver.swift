import Kernels
import Trading

/// Finds the shares w that are the most of
///
///     μ·w − γ/2 · w′Σw − κ · Σ|w − w₀|
///
/// with each within the limits of one symbol and all within those of all, and no more risk than the
/// target: Markowitz (1952) with proportional costs.
///
/// Share by share (coordinate ascent): what is left of the sum for one of them is a concave
/// function of pieces whose top is known. The bound on all shares is a price on each, found by
/// halving; the risk target a larger γ, and at last a scaling.
struct PortfolioSolver: Sendable {
    /// Over all shares, in one pass at least this much changes, or they are found.
    static let tolerance = 1e-10
    static let sweepLimit = 2_000
    /// Halvings of the price of the bound on all shares.
    static let halvingLimit = 40
    static let riskStepLimit = 24
    /// How far the risk may be from its target, as a share of it.
    static let riskTolerance = 1e-7

    /// Of one bar.
    let means: [Double]
    let covariance: ShrunkCovariance
    /// γ.
    let aversion: Double
    /// κ, of one bar.
    let turnoverCost: Double
    /// w₀.
    let held: [Double]
    let limits: RiskLimits
    /// What the symbols may have of `limits.gross`.
    let gross: Double
    /// Standard deviation of one bar, at the most.
    let riskLimit: Double

    struct Solution: Sendable {
        var shares: [Double]
        var isAtRiskLimit = false
        var isAtGrossLimit = false
        /// Whether the last pass still changed something.
        var isConverged = true
    }

    func solve() -> Solution {
        var state = State(self)
        var solution = bounded(aversion, &state)
        var risk = state.risk(self)
        guard risk > riskLimit else { return solution }
        // Risk falls about as γ rises, less where limits hold; the two last steps tell how much
        // less: a secant in logarithms.
        var (place, slope) = (VectorMath.log(aversion), -1.0)
        var distance = VectorMath.logRatio(risk, over: riskLimit)
        for _ in 0..<PortfolioSolver.riskStepLimit
        where abs(distance) > PortfolioSolver.riskTolerance {
            let step = -distance / slope
            place += step
            solution = bounded(VectorMath.exp(place), &state)
            risk = state.risk(self)
            guard risk > 0 else { break }
            let next = VectorMath.logRatio(risk, over: riskLimit)
            // What holds back from trading may keep the risk whatever it is worth.
            slope = min((next - distance) / step, -0.02)
            distance = next
        }
        solution.isAtRiskLimit = true
        if risk > riskLimit {
            for symbol in solution.shares.indices { solution.shares[symbol] *= riskLimit / risk }
        }
        return solution
    }

    /// Within the bound on all shares.
    private func bounded(_ aversion: Double, _ state: inout State) -> Solution {
        var isConverged = state.settle(self, aversion, price: 0)
        guard state.gross > gross else {
            return Solution(shares: state.shares, isConverged: isConverged)
        }
        var (low, high) = (0.0, max(turnoverCost, means.reduce(1e-9) { max($0, abs($1)) }))
        isConverged = state.settle(self, aversion, price: high)
        while state.gross > gross, high < 1e9 {
            (low, high) = (high, high * 4)
            isConverged = state.settle(self, aversion, price: high)
        }
        var best = state
        for _ in 0..<PortfolioSolver.halvingLimit where high - low > 1e-12 * high {
            let price = (low + high) / 2
            isConverged = state.settle(self, aversion, price: price)
            if state.gross > gross {
                low = price
            } else {
                (high, best) = (price, state)
            }
        }
        state = best
        return Solution(
            shares: state.shares, isAtGrossLimit: true, isConverged: isConverged)
    }

    /// The shares as they are, and what they come to.
    private struct State {
        private(set) var shares: [Double]
        private var exposure: ShrunkCovariance.Exposure

        init(_ solver: PortfolioSolver) {
            exposure = ShrunkCovariance.Exposure(solver.covariance)
            shares = solver.held.map { solver.limits.clamped($0) }
            for (symbol, share) in shares.enumerated() where share != 0 {
                exposure.add(share, of: symbol, solver.covariance)
            }
        }

        var gross: Double { shares.reduce(0) { $0 + abs($1) } }

        func risk(_ solver: PortfolioSolver) -> Double {
            max(exposure.variance(solver.covariance, shares), 0).squareRoot()
        }

        /// Goes over all shares until none changes; whether that was reached.
        mutating func settle(
            _ solver: PortfolioSolver, _ aversion: Double, price: Double
        ) -> Bool {
            for _ in 0..<PortfolioSolver.sweepLimit {
                var largest = 0.0
                for symbol in shares.indices {
                    let change = step(symbol, solver, aversion, price)
                    largest = max(largest, abs(change))
                }
                if largest <= PortfolioSolver.tolerance { return true }
            }
            return false
        }

        private mutating func step(
            _ symbol: Int, _ solver: PortfolioSolver, _ aversion: Double, _ price: Double
        ) -> Double {
            let share = shares[symbol]
            let deviation = solver.covariance.volatilities[symbol]
            let curvature = aversion * deviation * deviation
            let slope =
                solver.means[symbol]
                - aversion
                * exposure.covariance(with: symbol, holding: share, solver.covariance)
            let best = solver.limits.clamped(
                ConcavePieces(
                    slope: slope + curvature * share, curvature: curvature,
                    kinks: (
                        .init(place: 0, cost: price),
                        .init(place: solver.held[symbol], cost: solver.turnoverCost)
                    )
                ).top)
            guard best != share else { return 0 }
            exposure.add(best - share, of: symbol, solver.covariance)
            shares[symbol] = best
            return best - share
        }
    }
}

/// b·x − a/2·x² − Σ cᵢ|x − kᵢ| of two kinks, with a > 0.
struct ConcavePieces {
    let slope: Double
    let curvature: Double
    let lower: Kink
    let upper: Kink

    struct Kink {
        let place: Double
        let cost: Double
    }

    /// - Parameter kinks: in any order.
    init(slope: Double, curvature: Double, kinks: (Kink, Kink)) {
        self.slope = slope
        self.curvature = curvature
        (lower, upper) =
            kinks.0.place <= kinks.1.place ? (kinks.0, kinks.1) : (kinks.1, kinks.0)
    }

    /// Where it is the most: the slope falls all the way, and at a kink by twice its cost.
    var top: Double {
        var rest = slope + lower.cost + upper.cost
        if rest / curvature < lower.place { return rest / curvature }
        rest -= 2 * lower.cost
        if rest / curvature < lower.place { return lower.place }
        if rest / curvature < upper.place { return rest / curvature }
        rest -= 2 * upper.cost
        return max(rest / curvature, upper.place)
    }
}
