import Kernels
package import Regimes

/// What a model says about one bar.
package struct FilterStep: Sendable {
    /// One probability per state in canonical order, summing to 1; empty for rules.
    package var stateProbabilities: [Double]
    /// The label that each state stands for at this bar; empty for rules.
    package var stateRegimes: [Regime]
    package var probabilities: RegimeProbabilities
    /// The most probable label, before hysteresis.
    package var rawRegime: Regime
    /// An input was missing: the state is a prediction, not an update.
    package var inputMissing: Bool
    package var confidenceKind: ConfidenceKind
    /// What the labels were decided by, besides the state.
    package var context: MarketContext

    /// Index of the most probable state, the calmer one of a tie; `nil` for rules.
    package var state: Int? {
        guard var best = stateProbabilities.indices.first else { return nil }
        for state in stateProbabilities.indices
        where stateProbabilities[state] > stateProbabilities[best] { best = state }
        return best
    }
}

/// Filtered answers, bar by bar. It holds no later bar, so it cannot look ahead.
package struct RegimeFilter: Sendable {
    private let labeller: Labeller
    private let chain: HiddenMarkovChain?
    private let scaling: FeatureScaling
    private var belief: HiddenMarkovChain.Belief?
    private var latestRules: RegimeProbabilities?

    fileprivate init(_ manifest: ModelManifest) {
        labeller = Labeller(manifest.classifier)
        chain = manifest.chain
        scaling = manifest.classifier.scaling
    }

    /// The next bar's answer; `nil` before the first complete observation.
    ///
    /// A bar with a missing input advances the chain by prediction alone and is marked. Rules know
    /// no dynamics: their prediction is the answer before.
    package mutating func advance(with observation: Observation) -> FilterStep? {
        guard let chain else { return advanceRules(with: observation) }
        guard advanceBelief(chain, with: observation), let belief else { return nil }
        return labeller.step(
            stateProbabilities: chain.probabilities(of: belief), observation,
            isMissing: !observation.isComplete)
    }

    /// Advances without an answer: what warming up on the training window needs.
    mutating func warmUp(with observation: Observation) {
        if let chain {
            _ = advanceBelief(chain, with: observation)
        } else {
            _ = advanceRules(with: observation)
        }
    }

    private mutating func advanceBelief(
        _ chain: HiddenMarkovChain, with observation: Observation
    ) -> Bool {
        guard belief != nil || observation.isComplete else { return false }
        let features = observation.isComplete ? scaling.apply(observation.features) : nil
        var next = belief
        chain.advance(&next, with: features)
        belief = next
        return true
    }

    private mutating func advanceRules(with observation: Observation) -> FilterStep? {
        guard latestRules != nil || observation.isComplete else { return nil }
        if observation.isComplete { latestRules = labeller.ruleProbabilities(observation) }
        return latestRules.map { labeller.ruleStep($0, observation) }
    }
}

extension ModelManifest {
    /// A filter at the beginning of its chain.
    package func makeFilter() -> RegimeFilter { RegimeFilter(self) }

    /// The model as the kernels compute with it; `nil` for rules.
    var chain: HiddenMarkovChain? { classifier.parameters?.chain }
}

/// From state probabilities to labels.
struct Labeller: Sendable {
    let classifier: Classifier

    init(_ classifier: Classifier) {
        self.classifier = classifier
    }

    func step(
        stateProbabilities: [Double], _ observation: Observation, isMissing: Bool
    ) -> FilterStep {
        let regimes = classifier.states.map {
            classifier.taxonomy.label(of: $0.stateClass, in: observation.context)
        }
        let probabilities = Labeller.sums(regimes, stateProbabilities)
        return FilterStep(
            stateProbabilities: stateProbabilities, stateRegimes: regimes,
            probabilities: probabilities, rawRegime: probabilities.mode, inputMissing: isMissing,
            confidenceKind: .mappedPosterior, context: observation.context)
    }

    /// The probability of each label, kept from rounding to just above 1.
    private static func sums(_ regimes: [Regime], _ masses: [Double]) -> RegimeProbabilities {
        let sums = RegimeProbabilities(summing: zip(regimes, masses))
        return RegimeProbabilities(summing: Regime.allCases.map { ($0, min(sums[$0], 1)) })
    }

    func ruleProbabilities(_ observation: Observation) -> RegimeProbabilities {
        classifier.rules.probabilities(in: observation.context)
    }

    func ruleStep(_ probabilities: RegimeProbabilities, _ observation: Observation) -> FilterStep {
        FilterStep(
            stateProbabilities: [], stateRegimes: [], probabilities: probabilities,
            rawRegime: probabilities.mode, inputMissing: !observation.isComplete,
            confidenceKind: .ruleScore, context: observation.context)
    }
}
