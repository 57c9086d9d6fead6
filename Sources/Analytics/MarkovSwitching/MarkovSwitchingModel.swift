package import Kernels

/// A specification with its parameters, checked, in the form that the recursions compute with.
///
/// The chain starts in the steady state of its transition matrix (of the first row's, when the
/// probabilities vary). Any finite input gives probabilities:
/// - a transition probability below `probabilityFloor` counts as that, and a steady-state
///   probability below `steadyStateFloor` as that, so that no observation is impossible;
/// - an observation so far out that every density is past computing says nothing.
package struct MarkovSwitchingModel: Sendable, Equatable {
    static let probabilityFloor = 0x1p-900
    static let steadyStateFloor = 1e-20
    /// Squared residuals, in variances, count as this at the most.
    static let squaredDistanceLimit = 1e300

    package let specification: MarkovSwitchingSpecification
    package let parameters: MarkovSwitchingParameters

    let regimes: Int
    let order: Int
    let memory: Int
    /// K^memory: the pasts that a bar's density tells apart, for each of its K regimes.
    let pasts: Int
    /// K^max(memory, 1): what a belief holds, the latest regime the most significant digit.
    let histories: Int
    /// K·K from row to column, floored; of varying ones, those of covariates 0.
    let transition: [Double]
    /// K·(K − 1)·(1 + covariates) of varying ones.
    let transitionCoefficients: [Double]
    /// K·`coefficientCount`.
    let coefficients: [Double]
    /// K·p.
    let autoregression: [Double]
    /// K values of −½·ln(2πσ²) and of 1/σ².
    let logNormalisers: [Double]
    let precisions: [Double]
    /// The same model as a hidden Markov chain that starts in its steady state, if it has neither
    /// lags, regressors nor varying transitions: what tiles of markets are computed with.
    package let chain: HiddenMarkovChain?

    /// - Throws: `MarkovSwitchingError.specification` or `.parameters`.
    package init(
        _ specification: MarkovSwitchingSpecification, _ parameters: MarkovSwitchingParameters
    ) throws(MarkovSwitchingError) {
        try parameters.validate(for: specification)
        self.init(checked: specification, parameters)
    }

    init(
        checked specification: MarkovSwitchingSpecification,
        _ parameters: MarkovSwitchingParameters
    ) {
        self.specification = specification
        self.parameters = parameters
        regimes = specification.regimes
        order = specification.order
        memory = specification.memory
        pasts = (0..<specification.memory).reduce(1) { power, _ in power * specification.regimes }
        histories = max(pasts, specification.regimes)
        transition = parameters.transition.flatMap { row in
            row.map { max($0, MarkovSwitchingModel.probabilityFloor) }
        }
        transitionCoefficients = parameters.transitionCoefficients.flatMap { $0.flatMap { $0 } }
        coefficients = parameters.coefficients.flatMap { $0 }
        autoregression = parameters.autoregression.flatMap { $0 }
        logNormalisers = parameters.variances.map {
            -0.918_938_533_204_672_7 - 0.5 * VectorMath.log($0)
        }
        precisions = parameters.variances.map { 1 / $0 }
        guard specification.order == 0, specification.rowCount == 1 else {
            chain = nil
            return
        }
        chain = HiddenMarkovChain(
            start: SteadyState.probabilities(transition, regimes: regimes),
            transition: transition, means: parameters.coefficients.map { $0.first ?? 0 },
            covariances: parameters.variances, featureCount: 1)
    }

    package static func == (one: MarkovSwitchingModel, other: MarkovSwitchingModel) -> Bool {
        one.specification == other.specification && one.parameters == other.parameters
    }

    /// The value, or the largest finite one in place of what an overflow left.
    static func finite(_ value: Double) -> Double {
        let limit = Double.greatestFiniteMagnitude
        return value.magnitude <= limit ? value : (value < 0 ? -limit : limit)
    }

    /// Whether y and the regressors of a row are all there.
    func isObserved(_ row: [Double]) -> Bool {
        precondition(row.count == specification.rowCount, "one value per column")
        for column in 0...specification.switchesExogenous.count where !row[column].isFinite {
            return false
        }
        return true
    }

    /// m(s, t) of a row that is observed.
    func mean(_ regime: Int, _ row: [Double]) -> Double {
        let columns = specification.switchesExogenous.count
        var slot = regime * specification.coefficientCount
        var mean = 0.0
        if specification.trend == .constant {
            mean = coefficients[slot]
            slot += 1
        }
        guard columns > 0 else { return mean }
        for column in 0..<columns { mean += coefficients[slot + column] * row[1 + column] }
        return MarkovSwitchingModel.finite(mean)
    }

    /// Sets a K·K matrix to the probabilities of moving into a row's bar; leaves it as it is when
    /// they are constant or a covariate is missing.
    func updateTransition(_ matrix: inout [Double], _ row: [Double]) {
        let first = 1 + specification.switchesExogenous.count
        guard first < row.count else { return }
        for column in first..<row.count where !row[column].isFinite { return }
        for from in 0..<regimes {
            var largest = 0.0
            for to in 0..<(regimes - 1) {
                let slot = (from * (regimes - 1) + to) * (1 + row.count - first)
                var logit = transitionCoefficients[slot]
                for column in first..<row.count {
                    logit += transitionCoefficients[slot + 1 + column - first] * row[column]
                }
                logit = MarkovSwitchingModel.finite(logit)
                matrix[from * regimes + to] = logit
                if logit > largest { largest = logit }
            }
            matrix[from * regimes + regimes - 1] = 0
            var sum = 0.0
            for to in 0..<regimes {
                let weight = VectorMath.exp(matrix[from * regimes + to] - largest)
                matrix[from * regimes + to] = weight
                sum += weight
            }
            for to in 0..<regimes {
                let probability = matrix[from * regimes + to] / sum
                matrix[from * regimes + to] = max(
                    probability, MarkovSwitchingModel.probabilityFloor)
            }
        }
    }

    /// The matrix that a chain's first row sets, or starts from.
    var initialTransition: [Double] {
        transition.isEmpty
            ? [Double](repeating: 1 / Double(regimes), count: regimes * regimes) : transition
    }
}

/// The distribution π = πP that a chain settles in.
enum SteadyState {
    /// State reduction without subtractions (Grassmann, Taksar and Heyman 1985), so that no digit
    /// is lost however rare the moves.
    ///
    /// - Parameter transition: K·K from row to column; entries below `steadyStateFloor` count as
    ///   that.
    /// - Returns: K probabilities, none below the floor but for the last division.
    static func probabilities(_ transition: [Double], regimes: Int) -> [Double] {
        let floor = MarkovSwitchingModel.steadyStateFloor
        var rest = transition.map { max($0, floor) }
        for state in stride(from: regimes - 1, to: 0, by: -1) {
            var leaving = 0.0
            for to in 0..<state { leaving += rest[state * regimes + to] }
            for from in 0..<state {
                rest[from * regimes + state] /= leaving
                let weight = rest[from * regimes + state]
                for to in 0..<state {
                    rest[from * regimes + to] += weight * rest[state * regimes + to]
                }
            }
        }
        var steady = [Double](repeating: 1, count: regimes)
        var sum = 1.0
        for state in 1..<max(regimes, 1) {
            steady[state] = 0
            for from in 0..<state {
                steady[state] += steady[from] * rest[from * regimes + state]
            }
            sum += steady[state]
            for other in 0...state { steady[other] /= sum }
            sum = 1
        }
        steady = steady.map { max($0, floor) }
        let total = steady.reduce(0, +)
        return steady.map { $0 / total }
    }
}
