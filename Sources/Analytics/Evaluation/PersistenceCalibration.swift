import Kernels
package import Market
import Regimes

/// Turns the probability of a published label into the probability that the label still holds some
/// bars later: a logistic regression (Platt 1999), fitted on what came of earlier statements.
///
/// Two things are looked at: the logit of the label's probability, which a filter with well
/// separated states drives too far out, and how much of the minimum dwell is still ahead, during
/// which no label can be left.
package struct PersistenceCalibration: Sendable, Equatable {
    /// Of 1, the logit, and the share of the minimum dwell that is ahead.
    package let coefficients: [Double]

    /// Probabilities nearer to 0 or 1 than this say no more than it does.
    static let probabilityFloor = 0.005
    /// Weight of the prior that draws the slopes to 0, in squared units: a few forecasts' worth.
    static let ridge = 1.0
    static let iterationLimit = 30
    static let tolerance = 1e-10
    /// Forecasts, and of each outcome, that a fit needs.
    static let minimumForecasts = 250
    static let minimumOutcomes = 5

    /// A forecast with what it was made from.
    struct Example: Sendable {
        let inputs: [Double]
        let happened: Bool
    }

    static func inputs(probability: Double, dwell: Int, minimumDwell: Int) -> [Double] {
        let bounded = min(max(probability, probabilityFloor), 1 - probabilityFloor)
        let ahead = max(minimumDwell - dwell, 0)
        return [
            1, VectorMath.log(bounded / (1 - bounded)),
            minimumDwell > 0 ? Double(ahead) / Double(minimumDwell) : 0,
        ]
    }

    func probability(_ inputs: [Double]) -> Double {
        let score = zip(coefficients, inputs).reduce(0) { $0 + $1.0 * $1.1 }
        return PersistenceCalibration.logistic(score)
    }

    private static func logistic(_ score: Double) -> Double {
        1 / (1 + VectorMath.exp(-min(max(score, -30), 30)))
    }

    /// Maximum penalised likelihood by Newton's method; `nil` with too few forecasts of either
    /// outcome, or when the iteration does not settle.
    init?(_ examples: [Example]) {
        let held = examples.count(where: \.happened)
        guard examples.count >= PersistenceCalibration.minimumForecasts,
            min(held, examples.count - held) >= PersistenceCalibration.minimumOutcomes
        else { return nil }
        let size = examples[0].inputs.count
        var beta = [Double](repeating: 0, count: size)
        for _ in 0..<PersistenceCalibration.iterationLimit {
            var gradient = [Double](repeating: 0, count: size)
            var hessian = [Double](repeating: 0, count: size * size)
            for k in 1..<size {
                gradient[k] -= PersistenceCalibration.ridge * beta[k]
                hessian[k * size + k] += PersistenceCalibration.ridge
            }
            for example in examples {
                let score = zip(beta, example.inputs).reduce(0) { $0 + $1.0 * $1.1 }
                let stated = PersistenceCalibration.logistic(score)
                let error = (example.happened ? 1 : 0) - stated
                for row in 0..<size {
                    gradient[row] += error * example.inputs[row]
                    for column in 0..<size {
                        hessian[row * size + column] +=
                            stated * (1 - stated) * example.inputs[row] * example.inputs[column]
                    }
                }
            }
            guard let step = PersistenceCalibration.solve(hessian, gradient) else { return nil }
            for k in 0..<size { beta[k] += step[k] }
            if step.allSatisfy({ abs($0) < PersistenceCalibration.tolerance }) {
                coefficients = beta
                return
            }
        }
        return nil
    }

    /// Solves a small symmetric positive definite system by elimination.
    private static func solve(_ matrix: [Double], _ right: [Double]) -> [Double]? {
        let size = right.count
        var (matrix, result) = (matrix, right)
        for pivot in 0..<size {
            guard matrix[pivot * size + pivot] > 1e-12 else { return nil }
            for row in (pivot + 1)..<size {
                let factor = matrix[row * size + pivot] / matrix[pivot * size + pivot]
                for column in pivot..<size {
                    matrix[row * size + column] -= factor * matrix[pivot * size + column]
                }
                result[row] -= factor * result[pivot]
            }
        }
        for row in stride(from: size - 1, through: 0, by: -1) {
            for column in (row + 1)..<size {
                result[row] -= matrix[row * size + column] * result[column]
            }
            result[row] /= matrix[row * size + row]
        }
        return result
    }
}

extension LabelPath {
    /// The probability, stated at each bar, that the published label still holds `horizon` bars
    /// later, calibrated anew at the first bar of each half-year on all that was known by then;
    /// the probability of the published label until that is enough. Nothing at a bar depends on a
    /// later one.
    package func calibratedConfidence(
        horizon: Int, dates: [CivilDate]
    ) -> [Double] {
        var examples: [PersistenceCalibration.Example] = []
        var calibration: PersistenceCalibration?
        return published.indices.map { bar in
            let resolved = bar - horizon - 1
            if resolved >= 0, published[resolved] != .unknown {
                examples.append(
                    .init(
                        inputs: inputs(at: resolved),
                        happened: published[resolved + horizon] == published[resolved]))
            }
            if bar > 0, LabelPath.half(of: dates[bar]) != LabelPath.half(of: dates[bar - 1]) {
                calibration = PersistenceCalibration(examples) ?? calibration
            }
            guard published[bar] != .unknown else { return 0 }
            return calibration?.probability(inputs(at: bar)) ?? confidence(at: bar)
        }
    }

    private func inputs(at bar: Int) -> [Double] {
        PersistenceCalibration.inputs(
            probability: confidence(at: bar), dwell: dwell[bar], minimumDwell: minimumDwell)
    }

    private static func half(of date: CivilDate) -> Int {
        let (year, month, _) = date.parts
        return year * 2 + (month > 6 ? 1 : 0)
    }
}
