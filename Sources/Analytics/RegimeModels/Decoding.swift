import Kernels

// What is here looks ahead: an answer for a bar depends on later ones. No live path may call it.

extension ModelManifest {
    /// Smoothed answers, one per observation, from all of them: **looks ahead**. `nil` before the
    /// chain starts. Rules have no chain: theirs are the filtered ones.
    package func smooth(_ observations: [Observation]) -> [FilterStep?] {
        guard let chain else { return filtered(observations) }
        return labelled(observations) { chain.smoothedProbabilities(of: $0) }
    }

    /// The most probable path of states (Viterbi), one per observation: **looks ahead**. The
    /// path's state has probability 1. `nil` before the chain starts; rules as in `smooth`.
    package func decode(_ observations: [Observation]) -> [FilterStep?] {
        guard let chain else { return filtered(observations) }
        return labelled(observations) { features in
            chain.mostProbablePath(of: features).map { state in
                (0..<chain.stateCount).map { $0 == state ? 1 : 0 }
            }
        }
    }

    /// Natural logarithm of the likelihood of the complete observations; `nil` for rules.
    package func logLikelihood(_ observations: [Observation]) -> Double? {
        guard let chain else { return nil }
        return chain.logLikelihood(of: chainInput(observations).features)
    }

    private func filtered(_ observations: [Observation]) -> [FilterStep?] {
        var filter = makeFilter()
        return observations.map { filter.advance(with: $0) }
    }

    private func labelled(
        _ observations: [Observation], _ probabilities: ([[Double]?]) -> [[Double]]
    ) -> [FilterStep?] {
        let (start, features) = chainInput(observations)
        let labeller = Labeller(classifier)
        let steps = zip(observations.dropFirst(start), probabilities(features)).map {
            labeller.step(stateProbabilities: $1, $0, isMissing: !$0.isComplete)
        }
        return [FilterStep?](repeating: nil, count: start) + steps
    }

    /// Where the chain starts, and from there scaled features, `nil` where one is missing.
    private func chainInput(_ observations: [Observation]) -> (start: Int, features: [[Double]?]) {
        let start = observations.firstIndex(where: \.isComplete) ?? observations.count
        let features = observations[start...].map {
            $0.isComplete ? classifier.scaling.apply($0.features) : nil
        }
        return (start, features)
    }
}
