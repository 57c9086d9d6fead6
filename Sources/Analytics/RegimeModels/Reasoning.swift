package import Regimes

/// The numbers behind a label, in words: never prose without them.
package enum Reasoning {
    /// Influences and counterfactuals named at a change, at the most.
    static let namedAtMost = 2
    /// Shares of a movement smaller than this are not worth a word.
    static let smallestShare = 0.01

    /// How likely the published label is to hold for some bars more.
    package struct Lasting: Sendable {
        let bars: Int
        let probability: Double
    }

    /// One line: the published label with its probability and, where that is known, how likely it
    /// is to last, the raw one when it differs, the state, and then at a change what explains it,
    /// at any other bar the indicators that the labels were decided by.
    package static func text(
        _ step: FilterStep, before: FilterStep?, published: Regime, lasting: Lasting? = nil,
        _ explanation: Explanation?
    ) -> String {
        var parts = ["\(published) \(percent(step.probabilities[published]))"]
        if let lasting {
            parts.append(
                "still so \(lasting.bars) bars later \(percent(lasting.probability))")
        }
        if step.rawRegime != published {
            parts.append("raw \(step.rawRegime) \(percent(step.probabilities[step.rawRegime]))")
        }
        if let state = step.state {
            var text = "\(place(of: state, among: step.knownStates)) at "
            text += percent(step.stateProbabilities[state])
            if let earlier = before?.stateProbabilities, earlier.count > state {
                text += " (bar before: \(percent(earlier[state])))"
            }
            parts.append(text)
        }
        if let explanation {
            parts += [moved(explanation), kept(explanation)]
        } else {
            parts += indicators(step.context)
        }
        if step.inputMissing {
            parts.append(
                step.confidenceKind == .ruleScore
                    ? "input missing: the answer before stands"
                    : "input missing: predicted, not observed")
        }
        return parts.joined(separator: "; ")
    }

    /// A state's place in the canonical order, calmest first.
    private static func place(of state: Int, among count: Int) -> String {
        if count <= 1 { return "the only state" }
        if state == 0 { return "calmest of \(count) states" }
        if state == count - 1 { return "wildest of \(count) states" }
        return count == 3 ? "middle one of 3 states" : "state \(state + 1) of \(count) from calm"
    }

    /// What moved the probability, and over how many bars.
    private static func moved(_ explanation: Explanation) -> String {
        if explanation.isByRefitAlone {
            return "by the refit alone: the model before would have kept \(explanation.previous)"
        }
        let count = explanation.bars
        let bars =
            (count == 1 ? "1 bar" : "\(count) bars")
            + (explanation.followsRefit ? " since the refit" : "")
        guard let unmoved = explanation.probabilityUnmoved else { return "after \(bars)" }
        let weighty = explanation.influences.filter { $0.share.magnitude >= smallestShare }
        // What spoke for the label first, then what spoke against it.
        let named = (weighty.filter { $0.effect > 0 } + weighty.filter { $0.effect <= 0 })
            .prefix(namedAtMost)
        let byTime = "by time alone, \(bars): \(percent(unmoved)) had nothing moved"
        guard let first = named.first else { return byTime }
        guard first.effect > 0 else {
            return "\(byTime), in spite of \(text(first, unmoved: unmoved))"
        }
        let texts = named.map { influence in
            text(influence, unmoved: unmoved, note: influence.effect > 0 ? "" : ", against it")
        }
        return "moved in \(bars) by \(texts.joined(separator: " and "))"
    }

    private static func text(
        _ influence: Influence, unmoved: Double, note: String = ""
    ) -> String {
        let scale = influence.input.scale
        let effect =
            influence.isNeeded
            ? "\(percent(influence.probabilityHeld)) had it stayed"
            : "alone from \(percent(unmoved)) to \(percent(influence.probabilityAlone))"
        let (before, now) = scale.texts(influence.before, influence.value)
        return "\(scale.label) from \(before) to \(now) (\(effect)\(note))"
    }

    /// What would have kept the label before: one value per indicator, the most telling first.
    private static func kept(_ explanation: Explanation) -> String {
        var nearest: [String: (rank: Int, effort: Double, place: Int, text: String)] = [:]
        for (place, entry) in explanation.counterfactuals.enumerated() {
            guard let flip = entry.flip else { continue }
            let rank = rank(of: flip, for: entry, in: explanation)
            let name = entry.input.name
            if let known = nearest[name], (known.rank, known.effort) <= (rank, flip.effort) {
                continue
            }
            nearest[name] = (rank, flip.effort, place, text(flip, of: entry, rank: rank))
        }
        let texts = nearest.values
            .sorted { ($0.rank, $0.effort, $0.place) < ($1.rank, $1.effort, $1.place) }
            .prefix(namedAtMost).map(\.text)
        return texts.isEmpty
            ? "no value yet seen of any one indicator would have kept \(explanation.previous)"
            : "still \(explanation.previous) with \(texts.joined(separator: " or "))"
    }

    /// The way back comes first, then what lies further on, then what would only have brought a
    /// third label, not yet confirmed.
    private static func rank(
        of flip: Counterfactual.Flip, for entry: Counterfactual, in explanation: Explanation
    ) -> Int {
        if flip.rawRegime == explanation.previous { return 0 }
        guard flip.rawRegime == explanation.regime else { return 2 }
        let influence = explanation.influences.first { $0.input == entry.input }
        let back = (influence?.before ?? flip.value) - entry.value
        return back * (flip.value - entry.value) > 0 ? 0 : 1
    }

    private static func text(
        _ flip: Counterfactual.Flip, of entry: Counterfactual, rank: Int
    ) -> String {
        let scale = entry.input.scale
        let note =
            switch rank {
            case 0: ""
            case 1: " (raw \(flip.rawRegime), too unsure)"
            default: " (raw \(flip.rawRegime), not confirmed)"
            }
        return "\(scale.label) \(scale.text(flip.value, decimals: flip.decimals)) in place of "
            + scale.text(entry.value, decimals: flip.decimals) + note
    }

    private static func indicators(_ context: MarketContext) -> [String] {
        let unit = context.longRunVolatility
        let vix = context.vix.isFinite ? ["VIX \(decimal(context.vix))"] : []
        return [
            "volatility \(percent(context.volatility)) (rank \(percent(context.volatilityRank)))",
            "drawdown \(percent(context.drawdown)) (\(decimal(context.drawdown / unit)) long-run "
                + "volatilities)",
            "price \(percent(context.trend, signed: true)) from its 200-bar mean",
            "12-1 momentum \(percent(context.momentum, signed: true))",
        ] + vix
    }

    private static func percent(_ value: Double, signed: Bool = false) -> String {
        let text = FixedPoint.text(value * 100, decimals: 1)
        return (signed && value > 0 ? "+" : "") + text + (value.isFinite ? " %" : "")
    }

    private static func decimal(_ value: Double) -> String { FixedPoint.text(value, decimals: 2) }
}

/// Decimal texts with a fixed number of places, the same on every machine.
enum FixedPoint {
    /// Rounded half away from zero; «n/a» for what is not a number, or too large to be one of use.
    static func text(_ value: Double, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
        let scaled = (value * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled.isFinite, scaled.magnitude < 1e15 else { return "n/a" }
        let units = Int(scaled.magnitude)
        let whole = units / Int(scale)
        let digits = String(units % Int(scale))
        let fraction = String(repeating: "0", count: max(decimals - digits.count, 0)) + digits
        let sign = scaled < 0 ? "-" : ""
        return decimals == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
    }
}

extension Influence {
    /// Whether holding it back changes more than it does alone.
    fileprivate var isNeeded: Bool { withoutIt.magnitude >= byItself.magnitude }

    /// What it did to the label's probability.
    fileprivate var effect: Double { isNeeded ? withoutIt : byItself }
}
