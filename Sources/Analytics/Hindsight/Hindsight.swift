import JumpModels
import Kernels
import MarkovSwitching
package import RegimeModels

// What is in this module looks ahead: an answer for a bar depends on later ones. No service may
// import it, so no live path can call it; the manifest's table of modules refuses it.

extension ModelManifest {
    /// Smoothed answers, one per observation, from all of them: **looks ahead**. `nil` before the
    /// chain starts. Rules have no chain: theirs are the filtered ones.
    ///
    /// - Throws: an error that says why, when the model's tables would not fit into memory.
    package func smooth(_ observations: [Observation]) throws -> [FilterStep?] {
        try labelled(observations) { parameters, rows in
            switch parameters {
            case .gaussian(let gaussian):
                gaussian.chain.smoothedProbabilities(of: rows).map { StateVector($0) }
            case .markov(let model):
                try model.smoothedProbabilities(of: rows).map { $0.map { StateVector($0) } }
            case .jump(let jump): try jump.smooth(rows).map { StateVector($0) }
            }
        }
    }

    /// The most probable path of states (Viterbi; of a jump model, the path of least cost), one per
    /// observation: **looks ahead**. The path's state has probability 1. `nil` before the chain
    /// starts; rules as in `smooth`.
    ///
    /// - Throws: as `smooth`.
    package func decode(_ observations: [Observation]) throws -> [FilterStep?] {
        try labelled(observations) { parameters, rows in
            let path: [Int?] =
                switch parameters {
                case .gaussian(let gaussian): gaussian.chain.mostProbablePath(of: rows)
                case .markov(let model): try model.mostProbablePath(of: rows)
                case .jump(let jump): try jump.decode(rows).states
                }
            return path.map { $0.map { StateVector(state: $0, of: parameters.stateCount) } }
        }
    }

    /// Natural logarithm of the likelihood of the complete observations; `nil` for rules and jump
    /// models, which have none.
    package func logLikelihood(_ observations: [Observation]) -> Double? {
        let rows = chainInput(observations).rows
        switch parameters {
        case .gaussian(let gaussian): return gaussian.chain.logLikelihood(of: rows)
        case .markov(let model):
            var filter = MarkovSwitchingFilter(model)
            for row in rows { filter.advance(with: row) }
            return filter.logLikelihood
        case .jump, nil: return nil
        }
    }

    private func labelled(
        _ observations: [Observation],
        _ answers: (ModelParameters, [[Double]?]) throws -> [StateVector?]
    ) throws -> [FilterStep?] {
        guard let parameters else {
            var filter = makeFilter()
            return observations.map { filter.advance(with: $0) }
        }
        let (start, rows) = chainInput(observations)
        let labeller = Labeller(classifier)
        let probabilities = try answers(parameters, rows)
        let steps = zip(observations.dropFirst(start), zip(rows, probabilities)).map {
            observation, answer in
            answer.1.map {
                labeller.step(
                    stateProbabilities: $0, observation.context, isMissing: answer.0 == nil)
            }
        }
        return [FilterStep?](repeating: nil, count: start) + steps
    }

    /// Where the chain starts, and from there scaled features, `nil` where one is missing.
    private func chainInput(_ observations: [Observation]) -> (start: Int, rows: [[Double]?]) {
        let rows = observations.map(classifier.scaling.row)
        let start = rows.firstIndex { $0 != nil } ?? rows.count
        return (start, Array(rows[start...]))
    }
}
