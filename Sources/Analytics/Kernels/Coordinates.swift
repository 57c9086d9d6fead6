/// Parameters as a vector without constraints but those of probabilities: transitions, means,
/// logarithms of the conditional variances, and with full covariances the regressions of each
/// feature on those before it.
///
/// The start's probabilities are not in it: an M-step sets them from all else.
struct Coordinates {
    let states: Int
    let features: Int
    let isDiagonal: Bool
    let floors: [Double]
    /// What each coordinate is multiplied by to be without a unit.
    let units: [Double]
    /// Diagonal of the expected counts' information, one value per coordinate.
    let metric: [Double]

    /// - Parameters:
    ///   - weights: K expected numbers of observations.
    ///   - parameters: where units and metric are taken.
    init(_ fit: BaumWelch, weights: [Double], at parameters: BaumWelch.Candidate.Parameters) {
        states = fit.stateCount
        features = fit.featureCount
        isDiagonal = fit.isDiagonal
        floors = fit.floors
        let size = features * features
        var units = parameters.transition.map {
            1 / max($0, Acceleration.leastProbability).squareRoot()
        }
        var metric = units.indices.map { units[$0] * units[$0] * weights[$0 / fit.stateCount] }
        func add(_ unit: Double, _ information: Double) {
            units.append(unit)
            metric.append(unit * unit * information)
        }
        func variance(_ state: Int, _ d: Int) -> Double {
            parameters.covariances[state * size + d * fit.featureCount + d]
        }
        for state in 0..<states {
            for d in 0..<features { add(1 / variance(state, d).squareRoot(), weights[state]) }
        }
        for state in 0..<states {
            for _ in 0..<features { add(1, weights[state] / 2) }
            for row in 0..<(isDiagonal ? 0 : features) {
                for column in 0..<row {
                    let ratio = variance(state, column) / variance(state, row)
                    add(ratio.squareRoot(), weights[state])
                }
            }
        }
        self.units = units
        self.metric = metric
    }

    func vector(of parameters: BaumWelch.Candidate.Parameters) -> [Double] {
        let size = features * features
        let least = [Double](repeating: .leastNormalMagnitude, count: features)
        var vector = parameters.transition + parameters.means
        for state in 0..<states {
            let matrix = parameters.covariances[(state * size)..<((state + 1) * size)]
            let lower = Cholesky.factor(Array(matrix), floors: least).lower
            for d in 0..<features { vector.append(2 * VectorMath.log(lower[d * features + d])) }
            for row in 0..<(isDiagonal ? 0 : features) {
                for column in 0..<row {
                    let pivot = lower[column * features + column]
                    vector.append(lower[row * features + column] / pivot)
                }
            }
        }
        return vector
    }

    /// Parameters of a vector, moved no further from an M-step's than `Acceleration.reach`.
    ///
    /// - Parameters:
    ///   - plain: what the M-step gives, the start's probabilities among them.
    ///   - target: its vector.
    /// - Returns: `nil` when the vector is not one of numbers, or puts a variance below its floor.
    func parameters(
        _ leap: [Double], near plain: BaumWelch.Candidate.Parameters, _ target: [Double]
    ) -> BaumWelch.Candidate.Parameters? {
        guard leap.allSatisfy(\.isFinite) else { return nil }
        let furthest = (states * states..<leap.count).reduce(0) {
            max($0, (leap[$1] - target[$1]).magnitude * units[$1])
        }
        let share = furthest > Acceleration.reach ? Acceleration.reach / furthest : 1
        let vector = zip(leap, target).map { $1 + share * ($0 - $1) }
        var result = plain
        for row in 0..<states {
            let range = (row * states)..<((row + 1) * states)
            for k in range {
                let least = plain.transition[k] * Acceleration.leastShare
                result.transition[k] = max(vector[k], least)
            }
            let sum = result.transition[range].reduce(0, +)
            for k in range { result.transition[k] /= sum }
        }
        let means = vector.dropFirst(states * states).prefix(states * features)
        result.means = Array(means)
        var rest = vector[means.endIndex...]
        result.covariances.removeAll(keepingCapacity: true)
        for _ in 0..<states {
            guard let matrix = covariance(&rest) else { return nil }
            result.covariances += matrix
        }
        return result
    }

    /// Takes one state's covariance off the front.
    private func covariance(_ rest: inout ArraySlice<Double>) -> [Double]? {
        var lower = [Double](repeating: 0, count: features * features)
        for d in 0..<features {
            let variance = VectorMath.exp(rest.removeFirst())
            guard variance > floors[d], variance.isFinite else { return nil }
            lower[d * features + d] = variance.squareRoot()
        }
        for row in 0..<(isDiagonal ? 0 : features) {
            for column in 0..<row {
                let pivot = lower[column * features + column]
                lower[row * features + column] = rest.removeFirst() * pivot
            }
        }
        return Cholesky.product(ofLower: lower, size: features)
    }
}
