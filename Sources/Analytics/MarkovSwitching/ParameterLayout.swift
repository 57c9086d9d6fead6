import Kernels

/// Free parameters as a vector without constraints, which a quasi-Newton iteration moves in:
/// logits of the transitions against the last regime, coefficients, autoregression, and ln of what
/// the variances are above their floor.
struct ParameterLayout: Sendable {
    /// Least probability that a starting point's logits are taken of.
    static let leastProbability = 1e-12

    let specification: MarkovSwitchingSpecification
    let varianceFloor: Double

    private var regimes: Int { specification.regimes }

    var count: Int { specification.parameterCount }

    func vector(of parameters: MarkovSwitchingParameters) -> [Double] {
        var vector: [Double] = []
        for from in 0..<regimes {
            if specification.hasVaryingTransitions {
                vector += parameters.transitionCoefficients[from].flatMap { $0 }
            } else {
                let logs = parameters.transition[from].map {
                    VectorMath.log(max($0, Self.leastProbability))
                }
                vector += logs.dropLast().map { $0 - logs[regimes - 1] }
            }
        }
        append(parameters.coefficients, specification.switchesCoefficient, to: &vector)
        append(parameters.autoregression, specification.switchesAutoregression, to: &vector)
        let excess = parameters.variances.map { [max($0 - varianceFloor, 0.01 * varianceFloor)] }
        append(
            excess.map { [VectorMath.log($0[0])] }, [specification.switchesVariance], to: &vector)
        return vector
    }

    private func append(_ rows: [[Double]], _ switches: [Bool], to vector: inout [Double]) {
        for (index, switching) in switches.enumerated() {
            vector += switching ? rows.map { $0[index] } : [rows[0][index]]
        }
    }

    func parameters(from vector: [Double]) -> MarkovSwitchingParameters {
        var rest = vector[...]
        func take(_ count: Int) -> [Double] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        func rows(_ switches: [Bool]) -> [[Double]] {
            var rows = [[Double]](repeating: [], count: regimes)
            for switching in switches {
                let values = take(switching ? regimes : 1)
                for regime in 0..<regimes { rows[regime].append(values[switching ? regime : 0]) }
            }
            return rows
        }
        var transition: [[Double]] = []
        var varying: [[[Double]]] = []
        for _ in 0..<regimes {
            if specification.hasVaryingTransitions {
                varying.append(
                    (1..<max(regimes, 1)).map { _ in take(1 + specification.transitionColumns) })
            } else {
                transition.append(Self.softmax(take(regimes - 1) + [0]))
            }
        }
        let coefficients = rows(specification.switchesCoefficient)
        let autoregression = rows(specification.switchesAutoregression)
        let variances = rows([specification.switchesVariance]).map {
            varianceFloor + VectorMath.exp($0[0])
        }
        return MarkovSwitchingParameters(
            transition: transition, transitionCoefficients: varying, coefficients: coefficients,
            autoregression: autoregression, variances: variances)
    }

    static func softmax(_ logits: [Double]) -> [Double] {
        let largest = logits.reduce(-.infinity) { max($0, $1) }
        let weights = logits.map { VectorMath.exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// From derivatives by every regime's values to those by the vector.
    func vector(of score: Score, at parameters: MarkovSwitchingParameters) -> [Double] {
        var vector = score.logits
        append(summed: score.coefficients, specification.switchesCoefficient, to: &vector)
        append(summed: score.autoregression, specification.switchesAutoregression, to: &vector)
        let variances = (0..<regimes).map { regime in
            let share = 1 - varianceFloor / parameters.variances[regime]
            return score.logVariances[regime] * (score.isSquared ? share * share : share)
        }
        append(summed: variances, [specification.switchesVariance], to: &vector)
        return vector
    }

    /// - Parameter values: K rows, one after the other.
    private func append(summed values: [Double], _ switches: [Bool], to vector: inout [Double]) {
        let width = switches.count
        for (index, switching) in switches.enumerated() {
            let column = (0..<regimes).map { values[$0 * width + index] }
            vector += switching ? column : [column.reduce(0, +)]
        }
    }
}

/// Derivatives of the log-likelihood, or the diagonal of the complete data's information.
struct Score: Sendable {
    /// K·(K − 1) of the logits, each with its 1 + covariates coefficients.
    var logits: [Double]
    /// K rows of the means' coefficients, of the autoregression, and of ln σ².
    var coefficients: [Double]
    var autoregression: [Double]
    var logVariances: [Double]
    /// Whether the entries are second derivatives.
    let isSquared: Bool

    init(_ specification: MarkovSwitchingSpecification, isSquared: Bool) {
        let regimes = specification.regimes
        logits = [Double](
            repeating: 0, count: regimes * (regimes - 1) * (1 + specification.transitionColumns))
        coefficients = [Double](repeating: 0, count: regimes * specification.coefficientCount)
        autoregression = [Double](repeating: 0, count: regimes * specification.order)
        logVariances = [Double](repeating: 0, count: regimes)
        self.isSquared = isSquared
    }
}
