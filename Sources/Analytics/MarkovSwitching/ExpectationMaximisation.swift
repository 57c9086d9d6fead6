import Kernels

/// Closed-form steps of the EM algorithm (Hamilton 1990) for switching regressions: order 0 and
/// constant transition probabilities.
///
/// The first bar's share in the transition probabilities is left out, as usual: the likelihood may
/// fall by a trifle, which a quasi-Newton run then makes good.
struct ExpectationMaximisation: Sendable {
    /// A regime with less than this many observations' weight is empty, and starts anew as wide as
    /// the data.
    static let emptyRegimeWeight = 1e-3
    /// Of a diagonal entry: what a factor of the normal equations is not let below.
    static let pivotShare = 1e-10
    /// Added to each expected number of moves, so that none becomes impossible for good.
    static let moveCount = 1e-3

    let specification: MarkovSwitchingSpecification
    let varianceFloor: Double

    /// One iteration; the log-likelihood is that before it.
    func step(
        _ parameters: MarkovSwitchingParameters, _ pass: inout SmoothingPass
    ) -> (logLikelihood: Double, parameters: MarkovSwitchingParameters) {
        let model = MarkovSwitchingModel(checked: specification, parameters)
        pass.filter(model)
        let reached = pass.logLikelihood
        pass.smooth(model)
        let next = maximised(
            rows: pass.rows, weights: pass.beliefs, moves: pass.moveCounts,
            variances: parameters.variances)
        return (reached, next)
    }

    /// - Parameters:
    ///   - weights: T·K, of bars whose regime is not known too.
    ///   - moves: K·K expected numbers.
    ///   - variances: K, by which regimes with common coefficients are weighted against each other.
    func maximised(
        rows: [[Double]?], weights: [Double], moves: [Double], variances: [Double]
    ) -> MarkovSwitchingParameters {
        let regimes = specification.regimes
        let observed = rows.indices.filter { bar in
            rows[bar].map { $0.prefix(1 + regressors).allSatisfy(\.isFinite) } ?? false
        }
        let coefficients = coefficients(rows, observed, weights, variances)
        var sums = [Double](repeating: 0, count: regimes)
        var squares = sums
        for bar in observed {
            guard let row = rows[bar] else { continue }
            for regime in 0..<regimes {
                var residual = row[0]
                for column in 0..<specification.coefficientCount {
                    residual -= coefficients[regime][column] * regressor(column, row)
                }
                let weight = weights[bar * regimes + regime]
                sums[regime] += weight
                squares[regime] += weight * residual * residual
            }
        }
        if !specification.switchesVariance {
            let total = (sums.reduce(0, +), squares.reduce(0, +))
            for regime in 0..<regimes { (sums[regime], squares[regime]) = total }
        }
        let next = (0..<regimes).map { regime in
            sums[regime] < Self.emptyRegimeWeight
                ? 1 : max(squares[regime] / sums[regime], 2 * varianceFloor)
        }
        let transition = (0..<regimes).map { from in
            let row = (0..<regimes).map { moves[from * regimes + $0] + Self.moveCount }
            let sum = row.reduce(0, +)
            return row.map { $0 / sum }
        }
        return MarkovSwitchingParameters(
            transition: transition, coefficients: coefficients,
            autoregression: [[Double]](repeating: [], count: regimes), variances: next)
    }

    private var regressors: Int { specification.switchesExogenous.count }

    private func regressor(_ column: Int, _ row: [Double]) -> Double {
        if specification.trend == .constant { return column == 0 ? 1 : row[column] }
        return row[1 + column]
    }

    /// Weighted least squares of all regimes at once, since some coefficients may be common.
    private func coefficients(
        _ rows: [[Double]?], _ observed: [Int], _ weights: [Double], _ variances: [Double]
    ) -> [[Double]] {
        let (regimes, width) = (specification.regimes, specification.coefficientCount)
        var slots = [[Int]](repeating: [], count: regimes)
        var size = 0
        for switching in specification.switchesCoefficient {
            for regime in 0..<regimes { slots[regime].append(size + (switching ? regime : 0)) }
            size += switching ? regimes : 1
        }
        var matrix = [Double](repeating: 0, count: size * size)
        var right = [Double](repeating: 0, count: size)
        var values = [Double](repeating: 0, count: width)
        for bar in observed {
            guard let row = rows[bar] else { continue }
            for column in 0..<width { values[column] = regressor(column, row) }
            for regime in 0..<regimes {
                let weight = weights[bar * regimes + regime] / variances[regime]
                for column in 0..<width {
                    let weighted = weight * values[column]
                    let slot = slots[regime][column]
                    right[slot] += weighted * row[0]
                    for other in 0..<width {
                        matrix[slot * size + slots[regime][other]] += weighted * values[other]
                    }
                }
            }
        }
        let solved = solution(matrix, right)
        return (0..<regimes).map { regime in slots[regime].map { solved[$0] } }
    }

    /// Of normal equations, by Cholesky's factor; columns that others make up come out small.
    private func solution(_ matrix: [Double], _ right: [Double]) -> [Double] {
        let size = right.count
        let floors = (0..<size).map { max(matrix[$0 * size + $0] * Self.pivotShare, 1e-12) }
        let lower = Cholesky.factor(matrix, floors: floors).lower
        var values = right
        for row in 0..<size {
            for column in 0..<row { values[row] -= lower[row * size + column] * values[column] }
            values[row] /= lower[row * size + row]
        }
        for row in stride(from: size - 1, through: 0, by: -1) {
            for below in (row + 1)..<max(size, row + 1) {
                values[row] -= lower[below * size + row] * values[below]
            }
            values[row] /= lower[row * size + row]
        }
        return values
    }
}
