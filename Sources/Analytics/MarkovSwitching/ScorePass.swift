import Kernels

/// The gradient of the log-likelihood by Fisher's identity: the expectation, given all
/// observations, of the gradient that the complete data would have (Fisher 1925; Hamilton 1990).
///
/// Runs over what a `SmoothingPass` has smoothed, with the same model. The diagonal of the complete
/// data's information comes along: it says how far a first step may go.
struct ScorePass {
    private let model: MarkovSwitchingModel
    private(set) var score: Score
    private(set) var information: Score
    private var residuals: [Double]
    /// Per regime, Σ w, Σ w·e and Σ w·e² of a bar.
    private var weights: [Double]
    private var firsts: [Double]
    private var seconds: [Double]
    /// K·p·K: of a bar's regime, a lag, and the lag's regime, Σ w·e; and Σ w.
    private var lagFirsts: [Double]
    private var lagWeights: [Double]

    init(_ model: MarkovSwitchingModel) {
        self.model = model
        score = Score(model.specification, isSquared: false)
        information = Score(model.specification, isSquared: true)
        residuals = [Double](repeating: 0, count: model.regimes * model.pasts)
        weights = [Double](repeating: 0, count: model.regimes)
        firsts = weights
        seconds = weights
        lagFirsts = [Double](repeating: 0, count: model.regimes * model.regimes * model.order)
        lagWeights = lagFirsts
    }

    mutating func run(_ pass: SmoothingPass) {
        var window = ResidualWindow(order: model.order, regimes: model.regimes)
        for (bar, row) in pass.rows.enumerated() {
            guard let row, model.isObserved(row) else {
                window.skip()
                continue
            }
            if window.fill(&residuals, with: row, model) {
                gather(bar, pass)
                addVariances()
                addCoefficients(bar, pass)
                addAutoregression(window)
            }
            window.push(row, model)
        }
        if model.specification.hasVaryingTransitions {
            addVaryingTransitions(pass)
        } else {
            let first = pass.rows.isEmpty ? [] : pass.marginals(0, model)
            addTransitions(pass.moveCounts, first)
        }
    }

    /// The same from what is expected of a model that is a hidden Markov chain.
    mutating func run(_ moments: ChainMoments.Moments) {
        weights = moments.weights
        firsts = moments.first
        seconds = moments.second
        addVariances()
        for regime in 0..<model.regimes where model.specification.trend == .constant {
            score.coefficients[regime] = model.precisions[regime] * firsts[regime]
            information.coefficients[regime] = model.precisions[regime] * weights[regime]
        }
        let total = moments.start.reduce(0, +)
        addTransitions(moments.transitions, moments.start.map { $0 / total })
    }

    private mutating func gather(_ bar: Int, _ pass: SmoothingPass) {
        let (regimes, pasts) = (model.regimes, model.pasts)
        for regime in 0..<regimes {
            var (weight, first, second) = (0.0, 0.0, 0.0)
            for past in 0..<pasts {
                let cell = regime * pasts + past
                let cellWeight =
                    model.memory > 0
                    ? pass.joints[bar * regimes * pasts + cell] : pass.beliefs[bar * regimes + cell]
                let product = cellWeight * residuals[cell]
                weight += cellWeight
                first += product
                second += product * residuals[cell]
                if model.memory > 0 { gatherLags(regime, past, cellWeight, product) }
            }
            weights[regime] = weight
            firsts[regime] = first
            seconds[regime] = second
        }
    }

    private mutating func gatherLags(
        _ regime: Int, _ past: Int, _ weight: Double, _ product: Double
    ) {
        let (regimes, order) = (model.regimes, model.order)
        if past == 0 {
            let first = regime * order * regimes
            for slot in first..<(first + order * regimes) {
                lagFirsts[slot] = 0
                lagWeights[slot] = 0
            }
        }
        var digits = past
        for lag in stride(from: order - 1, through: 0, by: -1) {
            let slot = (regime * order + lag) * regimes + digits % regimes
            digits /= regimes
            lagFirsts[slot] += product
            lagWeights[slot] += weight
        }
    }

    private mutating func addVariances() {
        for regime in 0..<model.regimes {
            score.logVariances[regime] +=
                0.5 * (seconds[regime] * model.precisions[regime] - weights[regime])
            information.logVariances[regime] += 0.5 * weights[regime]
        }
    }

    private mutating func addCoefficients(_ bar: Int, _ pass: SmoothingPass) {
        let (regimes, order) = (model.regimes, model.order)
        let width = model.specification.coefficientCount
        for column in 0..<width {
            let value = regressor(column, pass.rows[bar])
            for regime in 0..<regimes {
                let precision = model.precisions[regime]
                score.coefficients[regime * width + column] += precision * firsts[regime] * value
                information.coefficients[regime * width + column] +=
                    precision * weights[regime] * value * value
            }
            for lag in 0..<order {
                let before = regressor(column, pass.rows[bar - 1 - lag])
                for regime in 0..<regimes {
                    let factor =
                        before * model.precisions[regime]
                        * model.autoregression[regime * order + lag]
                    guard model.memory > 0 else {
                        score.coefficients[regime * width + column] -= factor * firsts[regime]
                        continue
                    }
                    let slot = (regime * order + lag) * regimes
                    for state in 0..<regimes {
                        score.coefficients[state * width + column] -=
                            factor * lagFirsts[slot + state]
                    }
                }
            }
        }
    }

    private func regressor(_ column: Int, _ row: [Double]?) -> Double {
        guard let row else { return 0 }
        if model.specification.trend == .constant { return column == 0 ? 1 : row[column] }
        return row[1 + column]
    }

    private mutating func addAutoregression(_ window: ResidualWindow) {
        let (regimes, order) = (model.regimes, model.order)
        for regime in 0..<regimes {
            let precision = model.precisions[regime]
            for lag in 0..<order {
                var (first, second) = (0.0, 0.0)
                for state in 0..<(model.memory > 0 ? regimes : 1) {
                    let deviation = window.deviations[lag * regimes + state]
                    let slot = (regime * order + lag) * regimes + state
                    first += deviation * (model.memory > 0 ? lagFirsts[slot] : firsts[regime])
                    second +=
                        deviation * deviation
                        * (model.memory > 0 ? lagWeights[slot] : weights[regime])
                }
                score.autoregression[regime * order + lag] += precision * first
                information.autoregression[regime * order + lag] += precision * second
            }
        }
    }
}

// MARK: - Transitions

extension ScorePass {
    /// - Parameters:
    ///   - moves: K·K expected numbers.
    ///   - first: K smoothed probabilities of the first bar; empty without one.
    private mutating func addTransitions(_ moves: [Double], _ first: [Double]) {
        let regimes = model.regimes
        let start = startDerivatives(first, model.transition)
        for from in 0..<regimes {
            let row = (from * regimes)..<((from + 1) * regimes)
            let leaving = moves[row].reduce(0, +)
            for to in 0..<(regimes - 1) {
                let probability = model.transition[from * regimes + to]
                let slot = from * (regimes - 1) + to
                score.logits[slot] =
                    moves[from * regimes + to] - leaving * probability
                    + start[from * regimes + to]
                information.logits[slot] = leaving * probability * (1 - probability)
            }
        }
    }

    private mutating func addVaryingTransitions(_ pass: SmoothingPass) {
        let (regimes, size) = (model.regimes, model.regimes * model.regimes)
        let first = 1 + model.specification.switchesExogenous.count
        let width = 1 + model.specification.transitionColumns
        var start: [Double]?
        var covariates: [Double]?
        for (bar, row) in pass.rows.enumerated() {
            if let row, row[first...].allSatisfy(\.isFinite) { covariates = [1] + row[first...] }
            guard let covariates else { continue }
            if bar == 0 {
                start = startDerivatives(
                    pass.marginals(0, model), Array(pass.transitions[0..<size]))
            }
            for from in 0..<regimes {
                let offset = bar * size + from * regimes
                var leaving = 0.0
                for to in 0..<regimes where bar > 0 { leaving += pass.moves[offset + to] }
                for to in 0..<(regimes - 1) {
                    let probability = pass.transitions[offset + to]
                    let change =
                        bar > 0
                        ? pass.moves[offset + to] - leaving * probability
                        : start?[from * regimes + to] ?? 0
                    let spread = leaving * probability * (1 - probability)
                    let slot = (from * (regimes - 1) + to) * width
                    for column in 0..<width {
                        score.logits[slot + column] += change * covariates[column]
                        information.logits[slot + column] +=
                            spread * covariates[column] * covariates[column]
                    }
                }
            }
        }
    }

    /// K·K derivatives, by the logits of the first transition matrix, of what the steady state
    /// gives to the first bar: dπ = π·dP·(I − P + 1π)⁻¹ (Schweitzer 1968).
    private func startDerivatives(
        _ marginals: [Double], _ transition: [Double]
    ) -> [Double] {
        let regimes = model.regimes
        let none = [Double](repeating: 0, count: regimes * regimes)
        guard !marginals.isEmpty else { return none }
        let steady = SteadyState.probabilities(transition, regimes: regimes)
        var matrix = none
        for row in 0..<regimes {
            for column in 0..<regimes {
                let entry = row * regimes + column
                matrix[entry] = (row == column ? 1 : 0) - transition[entry] + steady[column]
            }
        }
        let ratios = (0..<regimes).map { marginals[$0] / steady[$0] }
        guard let values = LinearSystem.solution(of: matrix, ratios) else { return none }
        var derivatives = none
        for from in 0..<regimes {
            var mean = 0.0
            for to in 0..<regimes { mean += transition[from * regimes + to] * values[to] }
            for to in 0..<regimes {
                let entry = from * regimes + to
                derivatives[entry] = transition[entry] * steady[from] * (values[to] - mean)
            }
        }
        return derivatives
    }
}

/// Systems of a few linear equations.
enum LinearSystem {
    /// Gaussian elimination with row pivoting; `nil` if the matrix is singular.
    ///
    /// - Parameters:
    ///   - matrix: n·n, row by row.
    ///   - right: n values.
    static func solution(of matrix: [Double], _ right: [Double]) -> [Double]? {
        let size = right.count
        var (rows, values) = (matrix, right)
        for pivot in 0..<size {
            var best = pivot
            for row in pivot..<size
            where rows[row * size + pivot].magnitude > rows[best * size + pivot].magnitude {
                best = row
            }
            let divisor = rows[best * size + pivot]
            guard divisor.isFinite, divisor != 0 else { return nil }
            for column in 0..<size where best != pivot {
                rows.swapAt(best * size + column, pivot * size + column)
            }
            values.swapAt(best, pivot)
            for row in (pivot + 1)..<max(size, pivot + 1) {
                let factor = rows[row * size + pivot] / divisor
                for column in pivot..<size {
                    rows[row * size + column] -= factor * rows[pivot * size + column]
                }
                values[row] -= factor * values[pivot]
            }
        }
        for row in stride(from: size - 1, through: 0, by: -1) {
            for column in (row + 1)..<max(size, row + 1) {
                values[row] -= rows[row * size + column] * values[column]
            }
            values[row] /= rows[row * size + row]
        }
        return values.allSatisfy(\.isFinite) ? values : nil
    }
}
