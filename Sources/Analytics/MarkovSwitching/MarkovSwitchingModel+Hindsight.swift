import Kernels

// What looks ahead: never for a live path.

extension MarkovSwitchingModel {
    /// Smoothed probabilities Pr(sₜ | y₁ … y_T), row by row; `nil` before the chain starts.
    ///
    /// - Throws: `MarkovSwitchingError.row`, or `.tooLarge` when the joint probabilities of all
    ///   bars are more than is held in memory.
    package func smoothedProbabilities(
        of rows: [[Double]?]
    ) throws(MarkovSwitchingError) -> [[Double]?] {
        var pass = try SmoothingPass(rows, specification)
        pass.filter(self)
        pass.smooth(self)
        let leading = rows.count - pass.rows.count
        return [[Double]?](repeating: nil, count: leading)
            + pass.rows.indices.map { bar in
                let marginals = pass.marginals(bar, self)
                let sum = marginals.reduce(0, +)
                return marginals.map { $0 / sum }
            }
    }

    /// The most probable path of regimes given all rows (Viterbi 1967), the lower regime of a tie;
    /// `nil` before the chain starts.
    ///
    /// - Throws: as `smoothedProbabilities`.
    package func mostProbablePath(of rows: [[Double]?]) throws(MarkovSwitchingError) -> [Int?] {
        let pass = try SmoothingPass(rows, specification)
        let leading = rows.count - pass.rows.count
        let path = ViterbiPass(self).path(of: pass.rows)
        return [Int?](repeating: nil, count: leading) + path
    }
}

/// Viterbi's recursion over the regimes that a density depends on, taken together.
private struct ViterbiPass {
    let model: MarkovSwitchingModel
    private var transition: [Double]
    private var logs: [Double]
    private var scores: [Double]
    private var next: [Double]
    private var residuals: [Double]
    private var origins: [UInt8] = []

    init(_ model: MarkovSwitchingModel) {
        self.model = model
        transition = model.initialTransition
        logs = []
        scores = [Double](repeating: -.infinity, count: model.histories)
        next = scores
        residuals = [Double](repeating: 0, count: model.regimes * model.histories)
    }

    consuming func path(of rows: [[Double]?]) -> [Int] {
        guard !rows.isEmpty else { return [] }
        origins.reserveCapacity(rows.count * model.histories)
        var window = ResidualWindow(order: model.order, regimes: model.regimes)
        logs = transition.map { VectorMath.log($0) }
        for (bar, row) in rows.enumerated() {
            if let row, model.specification.hasVaryingTransitions {
                model.updateTransition(&transition, row)
                logs = transition.map { VectorMath.log($0) }
            }
            var isComplete = false
            if let row, model.isObserved(row) {
                isComplete = window.fill(&residuals, with: row, model)
                window.push(row, model)
            } else {
                window.skip()
            }
            // Less the largest, so that a bar far out does not round away what the others say.
            let largest =
                isComplete
                ? (0..<(model.regimes * model.pasts)).reduce(-.infinity) { max($0, density($1)) }
                : 0
            if bar == 0 { start() } else { step(isComplete, largest) }
            if bar == 0, isComplete {
                for regime in 0..<model.regimes { scores[regime] += density(regime) - largest }
            }
        }
        return traced(rows.count)
    }

    /// ln of the density of a cell of K·pasts.
    private func density(_ cell: Int) -> Double {
        let regime = cell / model.pasts
        let distance = residuals[cell] * residuals[cell] * model.precisions[regime]
        let limit = MarkovSwitchingModel.squaredDistanceLimit
        return model.logNormalisers[regime] - 0.5 * (distance < limit ? distance : limit)
    }

    private mutating func start() {
        let steady = SteadyState.probabilities(transition, regimes: model.regimes)
        let block = model.histories / model.regimes
        for regime in 0..<model.regimes {
            scores[regime * block] = VectorMath.log(steady[regime])
        }
        origins += [UInt8](repeating: 0, count: model.histories)
    }

    /// Of the histories that a new one may follow on, differing in the regime that leaves the
    /// memory (all of it, without one), the best.
    private mutating func step(_ isComplete: Bool, _ largest: Double) {
        let (regimes, histories) = (model.regimes, model.histories)
        let block = histories / regimes
        for slot in 0..<histories {
            let to = slot / block
            var best = -Double.infinity
            var origin = 0
            for leaving in 0..<regimes {
                let before = slot % block * regimes + leaving
                let move = logs[before / block * regimes + to]
                var score = scores[before] + move
                if isComplete {
                    score += density(model.memory > 0 ? to * histories + before : to) - largest
                }
                if score > best {
                    best = score
                    origin = leaving
                }
            }
            next[slot] = best
            origins.append(UInt8(origin))
        }
        swap(&scores, &next)
    }

    private func traced(_ bars: Int) -> [Int] {
        let (regimes, histories) = (model.regimes, model.histories)
        let block = histories / regimes
        var slot = 0
        for candidate in 1..<max(histories, 1) where scores[candidate] > scores[slot] {
            slot = candidate
        }
        var path = [Int](repeating: 0, count: bars)
        for bar in stride(from: bars - 1, through: 0, by: -1) {
            path[bar] = slot / block
            slot = slot % block * regimes + Int(origins[bar * histories + slot])
        }
        return path
    }
}
