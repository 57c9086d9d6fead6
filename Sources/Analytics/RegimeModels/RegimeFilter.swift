import Kernels
package import Regimes

/// What a model says about one bar.
package struct FilterStep: Sendable {
    /// One probability per state in canonical order, summing to 1; none for rules.
    package var stateProbabilities: StateVector
    /// How many of them the training window knew: empty ones come last and are none.
    package var knownStates: Int
    package var probabilities: RegimeProbabilities
    /// The most probable label, before hysteresis.
    package var rawRegime: Regime
    /// An input was missing: the state is a prediction, not an update.
    package var inputMissing: Bool
    package var confidenceKind: ConfidenceKind
    /// What the labels were decided by, besides the state.
    package var context: MarketContext

    /// Index of the most probable state, the calmer one of a tie; `nil` for rules.
    package var state: Int? { stateProbabilities.mode }
}

/// Filtered answers, bar by bar. It holds no later bar, so it cannot look ahead.
package struct RegimeFilter: Sendable {
    private let labeller: Labeller
    private let scaling: FeatureScaling
    /// `nil` for rules.
    private var engine: StateEngine?
    private var hasStarted = false
    private var scaled: [Double]
    private var latestRules: RegimeProbabilities?

    fileprivate init(_ manifest: ModelManifest) {
        labeller = Labeller(manifest.classifier)
        scaling = manifest.classifier.scaling
        engine = manifest.parameters.map(StateEngine.init)
        scaled = [Double](repeating: 0, count: manifest.classifier.features.count)
    }

    /// The next bar's answer; `nil` before the first complete observation.
    ///
    /// A bar with a missing input advances the chain by prediction alone and is marked. Rules know
    /// no dynamics: their prediction is the answer before.
    package mutating func advance(with observation: Observation) -> FilterStep? {
        guard engine != nil else { return advanceRules(with: observation) }
        return advanceStates(with: observation).map { labelled($0, observation.context) }
    }

    /// What a model makes of a bar, before labels.
    struct States: Sendable {
        let probabilities: StateVector
        let isMissing: Bool
    }

    /// Advances without labels; `nil` for rules, and before the first complete observation.
    mutating func advanceStates(with observation: Observation) -> States? {
        guard engine != nil else { return nil }
        let isMissing = !advanceEngine(with: observation)
        guard hasStarted, let engine else { return nil }
        return States(probabilities: engine.probabilities, isMissing: isMissing)
    }

    /// What `advanceStates` would make of a complete observation, without going there; `nil` where
    /// only going there says so. Its own memory is written to.
    mutating func states(after observation: Observation) -> States? {
        guard scale(observation) else { return nil }
        return engine?.probabilities(after: scaled)
            .map { States(probabilities: $0, isMissing: false) }
    }

    /// The labels alone of what `labelled` gives.
    func probabilities(_ states: States, _ context: MarketContext) -> RegimeProbabilities {
        labeller.probabilities(of: states.probabilities, in: context)
    }

    func labelled(_ states: States, _ context: MarketContext) -> FilterStep {
        labeller.step(
            stateProbabilities: states.probabilities, context, isMissing: states.isMissing)
    }

    /// Forgets what came after; its own memory stays where it is.
    ///
    /// - Parameter earlier: this filter, before.
    mutating func goBack(to earlier: RegimeFilter) {
        engine = earlier.engine
        hasStarted = earlier.hasStarted
        latestRules = earlier.latestRules
    }

    /// Whether labels are decided by rules alone.
    var followsRules: Bool { engine == nil }

    /// Advances without an answer: what warming up on the training window needs.
    package mutating func warmUp(with observation: Observation) {
        if engine != nil {
            _ = advanceEngine(with: observation)
        } else {
            _ = advanceRules(with: observation)
        }
    }

    /// A filter of the same model, if that is a hidden Markov one, that goes on from what was
    /// believed after a bar.
    ///
    /// - Parameter forward: the chain's forward variables, up to a factor that all share.
    package func goingOn(from forward: StateVector) -> RegimeFilter? {
        guard case .chain(let chain, _)? = engine else { return nil }
        var filter = self
        filter.hasStarted = true
        filter.engine = .chain(chain, HiddenMarkovChain.Belief(forward: Array(forward)))
        return filter
    }

    /// Whether the observation is one, not a bar to predict: what the model sees of it is scaled
    /// then. The scaling of a model from outside can take a number beyond what is finite: the
    /// chain must not start there.
    private mutating func scale(_ observation: Observation) -> Bool {
        guard observation.isComplete else { return false }
        scaling.apply(observation.features, into: &scaled)
        return scaled.allSatisfy(\.isFinite)
    }

    /// As `scale` says it.
    private mutating func advanceEngine(with observation: Observation) -> Bool {
        let isPresent = scale(observation)
        hasStarted = hasStarted || isPresent
        if hasStarted { engine?.advance(with: isPresent ? scaled : nil) }
        return isPresent
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

}

/// From state probabilities to labels.
package struct Labeller: Sendable {
    let classifier: Classifier
    private let knownStates: Int
    private let taxonomy: TaxonomyParameters
    /// Of each state.
    private let classes: [StateClass]

    package init(_ classifier: Classifier) {
        self.classifier = classifier
        knownStates = classifier.states.count { $0.occupancy > 0 }
        taxonomy = classifier.taxonomy
        classes = classifier.states.map(\.stateClass)
    }

    func probabilities(
        of states: StateVector, in context: MarketContext
    ) -> RegimeProbabilities {
        var probabilities = RegimeProbabilities.none
        for state in 0..<min(classes.count, states.count) {
            probabilities.add(states[state], to: taxonomy.label(of: classes[state], in: context))
        }
        return probabilities
    }

    package func step(
        stateProbabilities: StateVector, _ context: MarketContext, isMissing: Bool
    ) -> FilterStep {
        let probabilities = probabilities(of: stateProbabilities, in: context)
        return FilterStep(
            stateProbabilities: stateProbabilities, knownStates: knownStates,
            probabilities: probabilities,
            rawRegime: probabilities.mode, inputMissing: isMissing,
            confidenceKind: classifier.model.isJump ? .mappedScore : .mappedPosterior,
            context: context)
    }

    func ruleProbabilities(_ observation: Observation) -> RegimeProbabilities {
        classifier.rules.probabilities(in: observation.context)
    }

    func ruleStep(_ probabilities: RegimeProbabilities, _ observation: Observation) -> FilterStep {
        FilterStep(
            stateProbabilities: .none, knownStates: 0, probabilities: probabilities,
            rawRegime: probabilities.mode, inputMissing: !observation.isComplete,
            confidenceKind: .ruleScore, context: observation.context)
    }
}
