import Market
package import RegimeModels
package import Regimes

/// What a model said at every bar of a history when walked forward, before hysteresis.
///
/// Hysteresis, taxonomy and horizon work on what the walk recorded, so that variants of them need
/// no fits of their own.
package struct ModelWalk: Sendable {
    /// One bar with an answer.
    struct Answer: Sendable {
        let step: FilterStep
        /// Index into `models`.
        let model: Int
    }

    /// One per bar; `nil` during warm-up.
    let answers: [Answer?]
    /// The models in the order of their adoption.
    package let models: [ModelManifest]
    /// Bars at which a fit that was due failed, with the reason.
    package let failures: [(bar: Int, error: FitError)]

    /// Walks a specification through a history; the last bars change nothing before them.
    ///
    /// - Parameters:
    ///   - specification: valid, see `RegimeSpecification.validate()`.
    ///   - progress: called with the number of bars done, every `progressStride` bars.
    package init(
        _ specification: RegimeSpecification, over history: MarketHistory,
        progress: (Int) -> Void = { _ in }
    ) {
        var walk = WalkForward(specification: specification, barsPerYear: history.barsPerYear)
        var answers: [Answer?] = []
        answers.reserveCapacity(history.count)
        var models: [ModelManifest] = []
        var failures: [(bar: Int, error: FitError)] = []
        for index in 0..<history.count {
            let result = walk.advance(
                with: history.bars[index], sessionDate: history.dates[index])
            if let adopted = result.adopted { models.append(adopted) }
            if let failure = result.fitFailure { failures.append((index, failure)) }
            answers.append(result.step.map { Answer(step: $0, model: models.count - 1) })
            if index % ModelWalk.progressStride == 0 { progress(index) }
        }
        self.answers = answers
        self.models = models
        self.failures = failures
    }

    package static let progressStride = 256

    /// Label probabilities at every bar, `nil` during warm-up.
    ///
    /// - Parameters:
    ///   - taxonomy: `nil` for that of the walk.
    ///   - horizon: bars that the state probabilities are moved ahead by the transition matrix
    ///     before they are mapped with the present indicators; in hidden Markov models only.
    package func probabilities(
        taxonomy: TaxonomyParameters? = nil, horizon: Int = 0
    ) -> [RegimeProbabilities?] {
        answers.map { answer in
            guard let answer else { return nil }
            let manifest = models[answer.model]
            guard taxonomy != nil || horizon > 0, !manifest.classifier.states.isEmpty else {
                return answer.step.probabilities
            }
            var states = Array(answer.step.stateProbabilities)
            if case .gaussian(let parameters) = manifest.parameters {
                for _ in 0..<horizon {
                    states = ModelWalk.moved(states, by: parameters.transition)
                }
            }
            let regimes = manifest.classifier.states.map { statistics in
                let rules = taxonomy ?? manifest.classifier.taxonomy
                return rules.label(
                    of: rules.stateClass(volatilityRatio: statistics.volatilityRatio),
                    in: answer.step.context)
            }
            return RegimeProbabilities(summing: zip(regimes, states))
        }
    }

    private static func moved(_ states: [Double], by transition: [[Double]]) -> [Double] {
        states.indices.map { to in
            states.indices.reduce(0) { $0 + states[$1] * transition[$1][to] }
        }
    }
}
