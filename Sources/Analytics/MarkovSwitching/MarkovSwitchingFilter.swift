package import Kernels

/// The Hamilton filter (Hamilton 1989), one bar at a time and without allocating.
///
/// A row holds y, the regressors and the transition covariates. A bar without an observation
/// (`nil`, or a value of y or of a regressor that is not finite) predicts only, and so do the p
/// bars after it, which lack a lag. A bar whose transition covariates are missing moves by the
/// probabilities of the bar before. The chain starts at the first bar that is observed; at order p
/// it believes in the steady state until the p + 1st, whose likelihood is the first to count, as
/// Hamilton conditions on the first p observations.
package struct MarkovSwitchingFilter: Sendable {
    package let model: MarkovSwitchingModel
    /// What a filter that goes on later needs.
    package private(set) var state: State

    /// K filtered probabilities Pr(sₜ | y₁ … yₜ), summing to 1; empty before the chain starts.
    package var probabilities: [Double] {
        if let chain = model.chain { return state.chain.map(chain.probabilities) ?? [] }
        return state.probabilities
    }

    /// ln of the likelihood of all observations so far that had their lags.
    package var logLikelihood: Double {
        model.chain == nil ? state.likelihood.value : state.chain?.logLikelihood ?? 0
    }

    // Working space: no part of the state.
    /// After a step, `total` times the filtered probabilities of the bar's regime and its past.
    private(set) var predicted: [Double]
    private(set) var total = 1.0
    private var residuals: [Double]

    package struct State: Codable, Sendable, Equatable {
        /// Of a model that is a hidden Markov chain: what tiles go on with too.
        package fileprivate(set) var chain: HiddenMarkovChain.Belief?
        // Of any other:
        /// Probabilities of the latest max(memory, 1) regimes together.
        fileprivate(set) var belief: [Double]
        fileprivate(set) var probabilities: [Double]
        fileprivate(set) var transition: [Double]
        fileprivate(set) var window: ResidualWindow
        fileprivate(set) var likelihood = LogLikelihoodSum()
        /// Bars since the chain started.
        package fileprivate(set) var bars = 0
        /// Bars whose likelihood counts.
        package fileprivate(set) var observations = 0
    }

    package init(_ model: MarkovSwitchingModel) {
        self.model = model
        let histories = model.chain == nil ? model.histories : 0
        state = State(
            belief: [Double](repeating: 0, count: histories), probabilities: [],
            transition: model.chain == nil ? model.initialTransition : [],
            window: ResidualWindow(order: model.order, regimes: model.regimes))
        let cells = model.regimes * histories
        predicted = [Double](repeating: 0, count: cells)
        residuals = [Double](
            repeating: 0, count: model.chain == nil ? model.regimes * model.pasts : 0)
    }

    /// Goes on where a saved filter stopped, with the same bits.
    ///
    /// - Throws: `MarkovSwitchingError.state` for a state that cannot be this model's.
    package init(
        _ model: MarkovSwitchingModel, resuming state: State
    ) throws(MarkovSwitchingError) {
        self.init(model)
        func areProbabilities(_ values: [Double]) -> Bool {
            values.allSatisfy { (0...1).contains($0) }
                && (values.reduce(0, +) - 1).magnitude <= MarkovSwitchingParameters.sumTolerance
        }
        let hasStarted = state.bars > 0
        let isGeneral = model.chain == nil
        let regimes = isGeneral ? model.regimes : 0
        guard state.belief.count == (isGeneral ? model.histories : 0),
            state.window.belongs(to: model), state.transition.count == regimes * regimes,
            state.transition.allSatisfy({ $0 > 0 && $0 < 2 }), state.likelihood.isValid,
            state.observations >= 0, state.observations <= state.bars,
            state.probabilities.count == (hasStarted ? regimes : 0),
            !hasStarted || !isGeneral
                || areProbabilities(state.belief) && areProbabilities(state.probabilities),
            (state.chain != nil) == (hasStarted && !isGeneral),
            model.chain.map({ state.chain?.belongs(to: $0) ?? true }) ?? true
        else { throw .state("it is not one that this model can be in; start from the anchor") }
        self.state = state
    }

    /// One step of the filter.
    ///
    /// - Parameter row: y, the regressors, the transition covariates; `nil` for a bar without any.
    package mutating func advance(with row: [Double]?) {
        let isObserved = row.map(model.isObserved) ?? false
        guard isObserved || state.bars > 0 else { return }
        if let chain = model.chain {
            chain.advance(&state.chain, with: isObserved ? row : nil)
            state.bars += 1
            if isObserved { state.observations += 1 }
            return
        }
        if let row { model.updateTransition(&state.transition, row) }
        predict()
        state.bars += 1
        if let row, isObserved {
            if state.window.fill(&residuals, with: row, model) { weigh() }
            state.window.push(row, model)
        } else {
            state.window.skip()
        }
        settle()
    }

    /// Sets `predicted`: of the bar's own regime and its past together, or without a memory of its
    /// own regime alone.
    private mutating func predict() {
        let (regimes, histories) = (model.regimes, model.histories)
        guard state.bars > 0 else {
            start()
            return
        }
        guard model.memory > 0 else {
            for to in 0..<regimes {
                var sum = 0.0
                for from in 0..<regimes {
                    sum += state.belief[from] * state.transition[from * regimes + to]
                }
                predicted[to] = sum
            }
            return
        }
        let block = histories / regimes
        for to in 0..<regimes {
            for from in 0..<regimes {
                let probability = state.transition[from * regimes + to]
                for slot in (from * block)..<((from + 1) * block) {
                    predicted[to * histories + slot] = probability * state.belief[slot]
                }
            }
        }
    }

    /// The steady state. Regimes before the first bar have no bearing: by the first bar that has
    /// all its lags they have left the memory.
    private mutating func start() {
        let steady = SteadyState.probabilities(state.transition, regimes: model.regimes)
        for slot in predicted.indices { predicted[slot] = 0 }
        let stride = model.memory > 0 ? model.histories : 1
        for regime in 0..<model.regimes { predicted[regime * stride] = steady[regime] }
    }

    /// Multiplies `predicted` by the densities over their largest one.
    private mutating func weigh() {
        let (pasts, cells) = (model.pasts, model.regimes * model.pasts)
        // Below, a cell is impossible; above, it is far enough from 0 to divide by.
        let possible = 0x1p-960
        var largest = -Double.infinity
        for cell in 0..<cells {
            let regime = cell / pasts
            let residual = residuals[cell]
            let distance = residual * residual * model.precisions[regime]
            let limit = MarkovSwitchingModel.squaredDistanceLimit
            let log = model.logNormalisers[regime] - 0.5 * (distance < limit ? distance : limit)
            residuals[cell] = log
            if predicted[cell] >= possible, log > largest { largest = log }
        }
        var total = 0.0
        for cell in 0..<cells {
            let isPossible = predicted[cell] >= possible
            residuals[cell] = isPossible ? residuals[cell] - largest : -.infinity
        }
        VectorMath.exp(inPlace: &residuals)
        for cell in 0..<cells {
            predicted[cell] *= residuals[cell]
            total += predicted[cell]
        }
        state.likelihood.add(log: largest, scale: total)
        state.observations += 1
    }

    /// Turns `predicted` into the belief: sums over what leaves the memory, and to a sum of 1.
    private mutating func settle() {
        let regimes = model.regimes
        let leaving = model.memory > 0 ? regimes : 1
        var total = 0.0
        for slot in 0..<model.histories {
            var sum = 0.0
            for cell in (slot * leaving)..<((slot + 1) * leaving) { sum += predicted[cell] }
            state.belief[slot] = sum
            total += sum
        }
        self.total = total
        for slot in 0..<model.histories { state.belief[slot] /= total }
        if state.probabilities.isEmpty {
            state.probabilities = [Double](repeating: 0, count: regimes)
        }
        let block = model.histories / regimes
        for regime in 0..<regimes {
            var sum = 0.0
            for slot in (regime * block)..<((regime + 1) * block) { sum += state.belief[slot] }
            state.probabilities[regime] = sum
        }
    }
}

extension MarkovSwitchingModel {
    /// Filtered probabilities, row by row; `nil` before the chain starts.
    package func filteredProbabilities(of rows: [[Double]?]) -> [[Double]?] {
        var filter = MarkovSwitchingFilter(self)
        return rows.map { row in
            filter.advance(with: row)
            return filter.probabilities.isEmpty ? nil : filter.probabilities
        }
    }

    /// ln of the likelihood of the rows given the first p observations.
    package func logLikelihood(of rows: [[Double]?]) -> Double {
        var filter = MarkovSwitchingFilter(self)
        for row in rows { filter.advance(with: row) }
        return filter.logLikelihood
    }
}
