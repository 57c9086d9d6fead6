import Kernels
import Market
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
        _ step: FilterStep, before: StateVector?, published: Regime, lasting: Lasting? = nil,
        _ explanation: Explanation?
    ) -> String {
        var bytes: [UInt8] = []
        append(
            step, before: before, published: published, lasting: lasting, explanation, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same line as UTF-8, behind what is there: bulk loads write one a bar.
    ///
    /// - Parameter before: the state probabilities of the bar before; `nil` for another model's.
    package static func append(
        _ step: FilterStep, before: StateVector?, published: Regime, lasting: Lasting? = nil,
        _ explanation: Explanation?, to line: inout [UInt8]
    ) {
        // Of no bound that is known beforehand, and at changes only.
        let change = explanation.map { "; \(moved($0)); \(kept($0))" }
        let room = longestLine + (change?.utf8.count ?? 0)
        line.append(addingCapacity: room) { line in
            append(published, step.probabilities[published], to: &line)
            if let lasting {
                line.append(utf8: "; still so \(lasting.bars) bars later ")
                append(percent: lasting.probability, to: &line)
            }
            if step.rawRegime != published {
                line.append(utf8: "; raw ")
                append(step.rawRegime, step.probabilities[step.rawRegime], to: &line)
            }
            append(stateOf: step, before: before, to: &line)
            if let change {
                line.append(utf8: change)
            } else {
                append(indicatorsOf: step.context, to: &line)
            }
            if step.inputMissing {
                line.append(
                    utf8: step.confidenceKind == .ruleScore
                        ? "; input missing: the answer before stands"
                        : "; input missing: predicted, not observed")
            }
        }
    }

    /// Bytes that a line takes at the most without what explains a change: some 600 of words, and
    /// 13 numbers.
    private static let longestLine = 1_024

    private static func append(
        _ regime: Regime, _ probability: Double, to line: inout OutputSpan<UInt8>
    ) {
        line.append(utf8: regime.label)
        line.append(utf8: " ")
        append(percent: probability, to: &line)
    }

    private static func append(
        stateOf step: FilterStep, before: StateVector?, to line: inout OutputSpan<UInt8>
    ) {
        guard let state = step.state else { return }
        line.append(utf8: "; ")
        append(placeOf: state, among: step.knownStates, to: &line)
        line.append(utf8: " at ")
        append(percent: step.stateProbabilities[state], to: &line)
        guard let before, before.count > state else { return }
        line.append(utf8: " (bar before: ")
        append(percent: before[state], to: &line)
        line.append(utf8: ")")
    }

    /// A state's place in the canonical order, calmest first.
    private static func append(
        placeOf state: Int, among count: Int, to line: inout OutputSpan<UInt8>
    ) {
        if count <= 1 { return line.append(utf8: "the only state") }
        let isInside = state > 0 && state < count - 1
        if isInside, count > 3 {
            return line.append(utf8: "state \(state + 1) of \(count) from calm")
        }
        line.append(utf8: state == 0 ? "calmest of " : isInside ? "middle one of " : "wildest of ")
        FixedPoint.append(Double(count), decimals: 0, to: &line)
        line.append(utf8: " states")
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

    private static func append(
        indicatorsOf context: MarketContext, to line: inout OutputSpan<UInt8>
    ) {
        line.append(utf8: "; volatility ")
        append(percent: context.volatility, to: &line)
        line.append(utf8: " (rank ")
        append(percent: context.volatilityRank, to: &line)
        line.append(utf8: "); drawdown ")
        append(percent: context.drawdown, to: &line)
        line.append(utf8: " (")
        FixedPoint.append(context.drawdown / context.longRunVolatility, decimals: 2, to: &line)
        line.append(utf8: " long-run volatilities); price ")
        append(percent: context.trend, signed: true, to: &line)
        line.append(utf8: " from its 200-bar mean; 12-1 momentum ")
        append(percent: context.momentum, signed: true, to: &line)
        guard context.vix.isFinite else { return }
        line.append(utf8: "; VIX ")
        FixedPoint.append(context.vix, decimals: 2, to: &line)
    }

    private static func percent(_ value: Double) -> String {
        let bytes = [UInt8](capacity: FixedPoint.longest + 3) { append(percent: value, to: &$0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// At most `FixedPoint.longest` bytes and three more.
    private static func append(
        percent value: Double, signed: Bool = false, to line: inout OutputSpan<UInt8>
    ) {
        if signed, value > 0 { line.append(UInt8(ascii: "+")) }
        FixedPoint.append(value * 100, decimals: 1, to: &line)
        if value.isFinite { line.append(utf8: " %") }
    }
}

extension Influence {
    /// Whether holding it back changes more than it does alone.
    fileprivate var isNeeded: Bool { withoutIt.magnitude >= byItself.magnitude }

    /// What it did to the label's probability.
    fileprivate var effect: Double { isNeeded ? withoutIt : byItself }
}
