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

    /// The answer with an input at a value; `nil` before the first complete observation.
    mutating func step(_ input: ModelInput, at value: Double) -> FilterStep? {
        input.set(value, in: &changed)
        // The model does not see what only the labels are decided by.
        if input.featureIndex == nil, let states {
            return filter.labelled(states, changed.context)
        }
        defer { scratch.goBack(to: filter) }
        return scratch.advance(with: changed)
    }
}
