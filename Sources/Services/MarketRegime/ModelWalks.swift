import Market
import RegimeModels
import Regimes

/// The walks of a series' specifications over its bars, of which one answers at a time.
///
/// A specification that answers later walks along from the first bar on, so that it has seen what
/// it would have seen had it always answered; one that answers no more walks no further.
struct ModelWalks: Sendable {
    /// What the walk that answers says at a bar.
    struct Step: Sendable {
        var walked: WalkForwardStep
        let indicators: IndicatorLayout
        /// The model that answers from this bar on.
        var adopted: ModelManifest?
        /// Another specification answers than at the bar before: what that one would have published
        /// here.
        var former: Regime?
        /// What answers now, where it did not before.
        var promoted: RegimeSpecification?
    }

    private struct Walk {
        var walk: WalkForward
        let indicators: IndicatorLayout
        let specification: RegimeSpecification
        /// Bars later than this one are nothing to it; `nil`: it answers about what comes.
        let end: Timestamp?
    }

    private let eras: [SpecificationTimeline.Era]
    private var walks: [Walk]
    /// Of the bar before, in `eras`.
    private var era = 0

    init(
        _ timeline: SpecificationTimeline, barsPerYear: Double,
        knownModels: [String: ModelManifest], threads: Int
    ) {
        eras = timeline.eras
        walks = timeline.specifications.map { specification in
            Walk(
                walk: WalkForward(
                    specification: specification, barsPerYear: barsPerYear,
                    knownModels: knownModels, threads: threads),
                indicators: IndicatorLayout(features: specification.observedFeatures),
                specification: specification, end: timeline.end(of: specification))
        }
    }

    /// - Parameter bar: later than the one before.
    mutating func advance(with bar: Bar, sessionDate: CivilDate) -> Step {
        let now = eras.lastIndex { $0.contains(bar.timestamp) } ?? 0
        let (before, current) = (eras[era].specification, eras[now].specification)
        let isSwitch = before != current
        var answer: Step?
        var former: Regime?
        for place in walks.indices {
            let walk = walks[place]
            let answers = walk.specification == current
            let isFormer = isSwitch && walk.specification == before
            guard answers || isFormer || walk.end.map({ bar.timestamp <= $0 }) ?? true else {
                continue
            }
            let step = walks[place].walk.advance(with: bar, sessionDate: sessionDate)
            if isFormer { former = step.published }
            if answers {
                answer = Step(
                    walked: step, indicators: walk.indicators,
                    adopted: isSwitch ? walks[place].walk.manifest : step.adopted,
                    promoted: isSwitch ? current : nil)
            }
        }
        era = now
        guard var answer else { preconditionFailure("an era without a walk") }
        answer.former = former
        return answer
    }
}

extension SpecificationTimeline {
    /// The last bar that a specification answers about; `nil`: it answers about what comes.
    fileprivate func end(of specification: RegimeSpecification) -> Timestamp? {
        guard specification != current else { return nil }
        let last = eras.lastIndex { $0.specification == specification }
        return last.flatMap { eras[$0 + 1].after }
    }
}

extension ModelWalks.Step {
    /// A change to another specification says so itself: what it says of the change between labels
    /// is of its own labels.
    var reasoning: String {
        guard let promoted else { return walked.reasoning }
        return "From this bar on \(promoted.model.rawValue) answers, which was promoted. "
            + walked.reasoning
    }
}
