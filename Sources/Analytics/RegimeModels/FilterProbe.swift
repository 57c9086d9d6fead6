import Regimes

/// What a filter would say of a bar if one of its inputs had been another value: asked many times
/// about the same bar, so one question allocates nothing.
struct FilterProbe {
    private let filter: RegimeFilter
    private let asObserved: Observation
    private var scratch: RegimeFilter
    private var changed: Observation
    /// What a model's states are, whatever the labels are decided by.
    private let states: RegimeFilter.States?

    /// - Parameter filter: as it was before the bar.
    init(_ filter: RegimeFilter, at observation: Observation) {
        self.filter = filter
        asObserved = observation
        changed = observation
        scratch = filter
        states = scratch.advanceStates(with: observation)
        scratch.goBack(to: filter)
    }

    /// Every input is as it was observed again.
    mutating func reset() { changed = asObserved }

    /// The labels with an input at a value; `nil` before the first complete observation.
    mutating func probabilities(_ input: ModelInput, at value: Double) -> RegimeProbabilities? {
        input.set(value, in: &changed)
        // The model does not see what only the labels are decided by.
        if input.featureIndex == nil, let states {
            return filter.probabilities(states, changed.context)
        }
        if let states = scratch.states(after: changed) {
            return filter.probabilities(states, changed.context)
        }
        defer { scratch.goBack(to: filter) }
        if filter.followsRules { return scratch.advance(with: changed)?.probabilities }
        return scratch.advanceStates(with: changed)
            .map { filter.probabilities($0, changed.context) }
    }
}
