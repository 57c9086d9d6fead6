import Kernels

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
    /// A score beyond this, either way, says no more than it does: probabilities stay off 0 and 1.
    static let scoreLimit = 30.0
    /// Weight of the prior that draws the slopes to 0, in squared units: a few forecasts' worth.
    static let ridge = 1.0
    static let iterationLimit = 30
    static let tolerance = 1e-10
    /// Outcomes, and of each kind, that a fit needs.
    package static let minimumOutcomes = 250
    package static let minimumOfEachKind = 5
    /// Likelihoods that a fit without an end tells, at the most.
    static let likelihoodsTold = 3

    /// What a statement is made from.
    package struct Inputs: Sendable, Equatable {
        /// ln(p / (1 − p)) of the published label's probability, bounded.
        let logit: Double
        /// Share of the minimum dwell that is still ahead, 0 … 1.
        let dwellAhead: Double

        static let count = 3

        /// - Parameters:
        ///   - probability: of the published label.
        ///   - dwell: bars for which it has stood, the one that brought it included.
        ///   - minimumDwell: bars for which no label can be left; 0 without such a rule.
        package init(probability: Double, dwell: Int, minimumDwell: Int) {
            let floor = PersistenceCalibration.probabilityFloor
            let bounded = min(max(probability, floor), 1 - floor)
            let ahead = max(minimumDwell - dwell, 0)
            logit = VectorMath.log(bounded / (1 - bounded))
            dwellAhead = minimumDwell > 0 ? Double(ahead) / Double(minimumDwell) : 0
        }

        /// With the constant before them; the last lane is unused.
        fileprivate var lanes: SIMD4<Double> { SIMD4(1, logit, dwellAhead, 0) }
    }

    /// A statement's inputs and what came of it.
    package struct Outcome: Sendable, Equatable {
        let inputs: Inputs
        let held: Bool

        package init(inputs: Inputs, held: Bool) {
            self.inputs = inputs
            self.held = held
        }
    }

    /// Between 0 and 1, neither of them reached.
    package func probability(_ inputs: Inputs) -> Double {
        PersistenceCalibration.probability(
            inputs.lanes, SIMD4(coefficients[0], coefficients[1], coefficients[2], 0))
    }

    private static func probability(_ inputs: SIMD4<Double>, _ beta: SIMD4<Double>) -> Double {
        let terms = beta * inputs
        let score = terms[0] + terms[1] + terms[2]
        return 1 / (1 + VectorMath.exp(-min(max(score, -scoreLimit), scoreLimit)))
    }

    /// Maximum penalised likelihood by Newton's method. Equal outcomes in equal order give equal
    /// bits.
    ///
    /// - Throws: `CalibrationError`.
    package init(_ outcomes: some Collection<Outcome>) throws(CalibrationError) {
        try self.init(outcomes, iterationLimit: PersistenceCalibration.iterationLimit)
    }

    init(
        _ outcomes: some Collection<Outcome>, iterationLimit: Int
    ) throws(CalibrationError) {
        guard outcomes.count >= PersistenceCalibration.minimumOutcomes else {
            throw .tooFewOutcomes(
                have: outcomes.count, need: PersistenceCalibration.minimumOutcomes)
        }
        let held = outcomes.count(where: \.held)
        guard
            min(held, outcomes.count - held) >= PersistenceCalibration.minimumOfEachKind
        else {
            throw .oneSided(
                held: held, lost: outcomes.count - held,
                need: PersistenceCalibration.minimumOfEachKind)
        }
        var path = [SIMD4<Double>.zero]
        for iteration in 1...iterationLimit {
            guard let step = PersistenceCalibration.step(from: path[iteration - 1], outcomes)
            else { break }
            path.append(path[iteration - 1] + SIMD4(step[0], step[1], step[2], 0))
            if step.allSatisfy({ abs($0) < PersistenceCalibration.tolerance }) {
                coefficients = (0..<Inputs.count).map { path[iteration][$0] }
                return
            }
        }
        throw .notConverged(
            iterations: path.count - 1,
            lastLogLikelihoods: path.suffix(PersistenceCalibration.likelihoodsTold).map {
                PersistenceCalibration.logLikelihood(of: $0, outcomes)
            })
    }

    /// Newton's step; `nil` where the curvature is none.
    private static func step(
        from beta: SIMD4<Double>, _ outcomes: some Collection<Outcome>
    ) -> [Double]? {
        let prior = SIMD4(0, ridge, ridge, 0)
        var gradient = -(prior * beta)
        var rows = (SIMD4<Double>.zero, SIMD4(0, ridge, 0, 0), SIMD4(0, 0, ridge, 0))
        for outcome in outcomes {
            let inputs = outcome.inputs.lanes
            let stated = probability(inputs, beta)
            gradient += ((outcome.held ? 1 : 0) - stated) * inputs
            let weighted = stated * (1 - stated) * inputs
            rows.0 += weighted[0] * inputs
            rows.1 += weighted[1] * inputs
            rows.2 += weighted[2] * inputs
        }
        func values(_ lanes: SIMD4<Double>) -> [Double] { (0..<Inputs.count).map { lanes[$0] } }
        return solve(values(rows.0) + values(rows.1) + values(rows.2), values(gradient))
    }

    private static func logLikelihood(
        of beta: SIMD4<Double>, _ outcomes: some Collection<Outcome>
    ) -> Double {
        outcomes.reduce(0) { sum, outcome in
            let stated = probability(outcome.inputs.lanes, beta)
            return sum + VectorMath.log(outcome.held ? stated : 1 - stated)
        }
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

/// Why outcomes make no calibration.
package enum CalibrationError: Error, Equatable, Sendable {
    case tooFewOutcomes(have: Int, need: Int)
    /// Labels nearly always held, or nearly never.
    case oneSided(held: Int, lost: Int, need: Int)
    /// The likelihoods are those of the last iterations, oldest first.
    case notConverged(iterations: Int, lastLogLikelihoods: [Double])
}

extension CalibrationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooFewOutcomes(let have, let need):
            "a calibration needs \(need) outcomes and has \(have): it comes with more bars"
        case .oneSided(let held, let lost, let need):
            "a calibration needs \(need) labels that held and \(need) that did not, and has "
                + "\(held) and \(lost): it comes with more bars"
        case .notConverged(let iterations, let likelihoods):
            "the calibration did not settle in \(iterations) iterations, the last log-likelihoods "
                + "are \(likelihoods): check the bars"
        }
    }
}
