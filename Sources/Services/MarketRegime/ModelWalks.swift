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
        /// What runs beside it says.
        var shadow: ShadowStep?
    }

    struct ShadowStep: Sendable {
        let walked: WalkForwardStep
        let specification: RegimeSpecification
        /// The model that says it; `nil` as long as there is none.
        let manifest: ModelManifest?
    }

    private struct Walk {
        var walk: WalkForward
        let indicators: IndicatorLayout
        let specification: RegimeSpecification
        /// Bars later than this one are nothing to it; `nil`: it answers about what comes.
        let end: Timestamp?
    }

    private let eras: [SpecificationTimeline.Era]
    private let shadows: [SpecificationTimeline.Shadow]
    private var walks: [Walk]
    /// Of the bar before, in `eras`.
    private var era = 0

    init(
        _ timeline: SpecificationTimeline, barsPerYear: Double,
        knownModels: [String: ModelManifest], threads: Int
    ) {
        (eras, shadows) = (timeline.eras, timeline.shadows)
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
        let beside = shadows.last { $0.contains(bar.timestamp) }?.specification
        var answer: Step?
        var former: Regime?
        var shadow: ShadowStep?
        for place in walks.indices {
            let walk = walks[place]
            let answers = walk.specification == current
            let isFormer = isSwitch && walk.specification == before
            let runsBeside = walk.specification == beside
            let isUsed = walk.end.map { bar.timestamp <= $0 } ?? true
            guard answers || isFormer || runsBeside || isUsed else { continue }
            let step = walks[place].walk.advance(with: bar, sessionDate: sessionDate)
            if isFormer { former = step.published }
            if runsBeside {
                shadow = ShadowStep(
                    walked: step, specification: walk.specification,
                    manifest: walks[place].walk.manifest)
            }
            if answers {
                answer = Step(
                    walked: step, indicators: walk.indicators,
                    adopted: isSwitch ? walks[place].walk.manifest : step.adopted,
                    promoted: isSwitch ? current : nil)
            }
        }
        era = now
        guard var answer else { preconditionFailure("an era without a walk") }
        (answer.former, answer.shadow) = (former, shadow)
        return answer
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
