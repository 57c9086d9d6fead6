package import Regimes

/// Follows a walk from bar to bar and explains each change of the published label.
///
/// A label is mostly taken on some bars after the one before it ceased to be the most probable, so
/// what moved the probability is asked of all of these bars: the departure. The filter as it was
/// before them is kept and run again with one indicator held where it was.
package struct ChangeExplainer: Sendable {
    /// Bars of a departure that are run again at the most, a trading month; of a longer one, the
    /// latest.
    static let longestDeparture = 21

    /// What the walk knew before a bar.
    package struct Before: Sendable {
        var filter: RegimeFilter
        var hysteresis: Hysteresis

        package init(filter: RegimeFilter, hysteresis: Hysteresis) {
            self.filter = filter
            self.hysteresis = hysteresis
        }
    }

    private let inputs: [ModelInput]
    private var shown: [ClosedRange<Double>?]
    private var latest: Observation?
    private var departure: Departure?
    /// A departure was under way when the model changed.
    private var hadLeft = false

    /// Bars in a row whose raw label is not the published one.
    private struct Departure: Sendable {
        /// Before the first of `observations`.
        var filter: RegimeFilter
        var reference: Observation?
        var observations: [Observation] = []
        let followsRefit: Bool

        mutating func append(_ observation: Observation) {
            observations.append(observation)
            guard observations.count > ChangeExplainer.longestDeparture else { return }
            let oldest = observations.removeFirst()
            _ = filter.advance(with: oldest)
            reference = oldest
        }
    }

    package init(_ specification: RegimeSpecification) {
        inputs = ModelInput.all(features: specification.observedFeatures)
        shown = inputs.map { _ in nil }
    }

    /// Another model answers from the next bar on: its states are other states, and what was
    /// gathered with the model before says nothing about them.
    package mutating func modelChanged() {
        hadLeft = departure != nil
        departure = nil
    }

    /// Takes in a bar; every one, those before the first model included.
    ///
    /// - Parameters:
    ///   - previous: the label published before the bar.
    ///   - before: asked for only where a departure begins and where the label changes.
    /// - Returns: the explanation of a change from one known label to another; `nil` otherwise.
    package mutating func advance(
        with observation: Observation, step: FilterStep?, previous: Regime, published: Regime,
        before: () -> Before?
    ) -> Explanation? {
        widen(with: observation)
        defer { latest = observation }
        guard let step else { return nil }
        defer { hadLeft = false }
        guard step.rawRegime != previous else {
            departure = nil
            return nil
        }
        let state = departure == nil || published != previous ? before() : nil
        if departure == nil, let state {
            departure = Departure(
                filter: state.filter, reference: latest, followsRefit: hadLeft)
        }
        departure?.append(observation)
        guard published != previous, let departure, let state else { return nil }
        self.departure = nil
        guard previous != .unknown else { return nil }
        let probability = step.probabilities[published]
        let (unmoved, influences) = influences(of: departure, on: published, probability)
        return Explanation(
            previous: previous, regime: published, probability: probability,
            bars: departure.observations.count, probabilityUnmoved: unmoved,
            influences: influences, counterfactuals: counterfactuals(at: observation, state),
            followsRefit: departure.followsRefit)
    }

    private mutating func widen(with observation: Observation) {
        for index in inputs.indices {
            let value = inputs[index].value(in: observation)
            guard value.isFinite else { continue }
            let range = shown[index] ?? value...value
            shown[index] = min(range.lowerBound, value)...max(range.upperBound, value)
        }
    }

    // MARK: - What moved the probability

    private func influences(
        of departure: Departure, on regime: Regime, _ probability: Double
    ) -> (unmoved: Double?, [Influence]) {
        guard let reference = departure.reference, let last = departure.observations.last else {
            return (nil, [])
        }
        let held = inputs.map { ($0, $0.value(in: reference)) }
            .filter { $0.1.isFinite && $0.0.value(in: last).isFinite }
        var again = DepartureRerun(departure.filter, departure.observations)
        let unmoved = again.probability(of: regime, holding: held)
        let influences = held.map { input, before in
            let without = again.probability(of: regime, holding: [(input, before)])
            let alone = again.probability(
                of: regime, holding: held.filter { $0.0 != input })
            return Influence(
                input: input, before: before, value: input.value(in: last),
                probabilityHeld: without, probabilityAlone: alone,
                withoutIt: probability - without, byItself: alone - unmoved)
        }
        let ordered = influences.enumerated()
            .sorted {
                (-$0.element.share.magnitude, $0.offset) < (-$1.element.share.magnitude, $1.offset)
            }
        return (unmoved, ordered.map(\.element))
    }

    // MARK: - What would have kept the label before

    private func counterfactuals(
        at observation: Observation, _ before: Before
    ) -> [Counterfactual] {
        var probe = FilterProbe(before.filter, at: observation)
        return inputs.indices.flatMap { index in
            probe.reset()
            return counterfactuals(of: index, at: observation, before.hysteresis, &probe)
        }
    }

    private func counterfactuals(
        of index: Int, at observation: Observation, _ hysteresis: Hysteresis,
        _ probe: inout FilterProbe
    ) -> [Counterfactual] {
        let input = inputs[index]
        let value = input.value(in: observation)
        guard value.isFinite, let range = shown[index] else { return [] }
        /// The raw label at a value, when it keeps the published one.
        func rawKeepingLabel(_ candidate: Double) -> Regime? {
            var after = hysteresis
            guard let probabilities = probe.probabilities(input, at: candidate) else { return nil }
            let raw = probabilities.mode
            return after.advance(probabilities, raw: raw) == hysteresis.published ? raw : nil
        }
        return Counterfactual.Direction.allCases.map { direction in
            let search = FlipSearch(input.scale, from: value, direction, within: range)
            return Counterfactual(
                input: input, value: value, direction: direction,
                flip: search.nearest(where: rawKeepingLabel),
                searchedTo: direction == .up ? range.upperBound : range.lowerBound)
        }
    }
}

/// Runs a departure again with some inputs held where they were.
private struct DepartureRerun {
    private let filter: RegimeFilter
    private let observations: [Observation]
    /// Where the filter is run, and what with: memory that every run has in common.
    private var scratch: RegimeFilter
    private var changed: Observation?
    /// What the model made of it, by the features that were held: those that the labels alone are
    /// decided by do not reach it.
    private var known: [(features: [Int], states: RegimeFilter.States?)] = []

    init(_ filter: RegimeFilter, _ observations: [Observation]) {
        self.filter = filter
        self.observations = observations
        scratch = filter
        changed = observations.first
    }

    /// The probability of a label at the end.
    ///
    /// - Parameter held: each input at the same value every time.
    mutating func probability(
        of regime: Regime, holding held: [(input: ModelInput, value: Double)]
    ) -> Double {
        guard !filter.followsRules else { return probabilityByRules(of: regime, held) }
        guard var last = observations.last, let states = states(holding: held) else { return 0 }
        DepartureRerun.hold(held, in: &last)
        return filter.probabilities(states, last.context)[regime]
    }

    private mutating func states(
        holding held: [(input: ModelInput, value: Double)]
    ) -> RegimeFilter.States? {
        let ofModel = held.filter { $0.input.featureIndex != nil }
        let features = ofModel.compactMap(\.input.featureIndex)
        if let found = known.first(where: { $0.features == features }) { return found.states }
        guard var changed else { return nil }
        self.changed = nil
        var states: RegimeFilter.States?
        scratch.goBack(to: filter)
        for observation in observations {
            changed.become(observation)
            DepartureRerun.hold(ofModel, in: &changed)
            states = scratch.advanceStates(with: changed)
        }
        self.changed = changed
        known.append((features, states))
        return states
    }

    private func probabilityByRules(
        of regime: Regime, _ held: [(input: ModelInput, value: Double)]
    ) -> Double {
        var filter = filter
        var step: FilterStep?
        for var observation in observations {
            DepartureRerun.hold(held, in: &observation)
            step = filter.advance(with: observation)
        }
        return step?.probabilities[regime] ?? 0
    }

    private static func hold(
        _ held: [(input: ModelInput, value: Double)], in observation: inout Observation
    ) {
        for (input, value) in held where input.value(in: observation).isFinite {
            input.set(value, in: &observation)
        }
    }
}

extension Observation {
    /// Another one of as many features; its own memory stays where it is.
    fileprivate mutating func become(_ other: Observation) {
        for index in features.indices { features[index] = other.features[index] }
        timestamp = other.timestamp
        context = other.context
        isComplete = other.isComplete
    }
}
