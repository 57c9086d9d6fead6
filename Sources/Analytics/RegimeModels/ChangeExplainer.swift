import Regimes

/// Follows a walk from bar to bar and explains each change of the published label.
///
/// A label is mostly taken on some bars after the one before it ceased to be the most probable, so
/// what moved the probability is asked of all of these bars: the departure. The filter as it was
/// before them is kept and run again with one indicator held where it was.
struct ChangeExplainer: Sendable {
    /// Bars of a departure that are run again at the most, a trading month; of a longer one, the
    /// latest.
    static let longestDeparture = 21

    /// What the walk knew before a bar.
    struct Before: Sendable {
        var filter: RegimeFilter
        var hysteresis: Hysteresis
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

    init(_ specification: RegimeSpecification) {
        inputs = ModelInput.all(
            features: specification.model == .rules ? [] : specification.features)
        shown = inputs.map { _ in nil }
    }

    /// Another model answers from the next bar on: its states are other states, and what was
    /// gathered with the model before says nothing about them.
    mutating func modelChanged() {
        hadLeft = departure != nil
        departure = nil
    }

    /// Takes in a bar; every one, those before the first model included.
    ///
    /// - Returns: the explanation of a change from one known label to another; `nil` otherwise.
    mutating func advance(
        with observation: Observation, step: FilterStep?, before: Before?, published: Regime
    ) -> Explanation? {
        for (index, input) in inputs.enumerated() {
            let value = input.value(in: observation)
            guard value.isFinite else { continue }
            let range = shown[index] ?? value...value
            shown[index] = min(range.lowerBound, value)...max(range.upperBound, value)
        }
        defer { latest = observation }
        guard let step, let before else { return nil }
        let previous = before.hysteresis.published
        defer { hadLeft = false }
        guard step.rawRegime != previous else {
            departure = nil
            return nil
        }
        var departure =
            departure
            ?? Departure(filter: before.filter, reference: latest, followsRefit: hadLeft)
        departure.append(observation)
        self.departure = departure
        guard published != previous else { return nil }
        self.departure = nil
        guard previous != .unknown else { return nil }
        let probability = step.probabilities[published]
        let (unmoved, influences) = influences(of: departure, on: published, probability)
        return Explanation(
            previous: previous, regime: published, probability: probability,
            bars: departure.observations.count, probabilityUnmoved: unmoved,
            influences: influences,
            counterfactuals: inputs.indices.flatMap { index in
                counterfactuals(of: index, at: observation, before)
            }, followsRefit: departure.followsRefit)
    }

    // MARK: - What moved the probability

    /// The probability at the end of a departure run again with some inputs held at the reference.
    private func probability(
        of regime: Regime, _ departure: Departure,
        holding held: [(input: ModelInput, value: Double)]
    ) -> Double {
        var filter = departure.filter
        var step: FilterStep?
        for var observation in departure.observations {
            for (input, value) in held where input.value(in: observation).isFinite {
                input.set(value, in: &observation)
            }
            step = filter.advance(with: observation)
        }
        return step?.probabilities[regime] ?? 0
    }

    private func influences(
        of departure: Departure, on regime: Regime, _ probability: Double
    ) -> (unmoved: Double?, [Influence]) {
        guard let reference = departure.reference, let last = departure.observations.last else {
            return (nil, [])
        }
        let held = inputs.map { ($0, $0.value(in: reference)) }
            .filter { $0.1.isFinite && $0.0.value(in: last).isFinite }
        let unmoved = self.probability(of: regime, departure, holding: held)
        let influences = held.map { input, before in
            let without = self.probability(of: regime, departure, holding: [(input, before)])
            let alone = self.probability(
                of: regime, departure, holding: held.filter { $0.0 != input })
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
        of index: Int, at observation: Observation, _ before: Before
    ) -> [Counterfactual] {
        let input = inputs[index]
        let value = input.value(in: observation)
        guard value.isFinite, let range = shown[index] else { return [] }
        var changed = observation
        /// The raw label at a value, when it keeps the published one.
        func rawKeepingLabel(_ candidate: Double) -> Regime? {
            input.set(candidate, in: &changed)
            var (filter, hysteresis) = (before.filter, before.hysteresis)
            guard let step = filter.advance(with: changed),
                hysteresis.advance(step.probabilities, raw: step.rawRegime)
                    == before.hysteresis.published
            else { return nil }
            return step.rawRegime
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
