package import RegimeModels
package import Regimes

/// The label probabilities of a candidate over one market, before hysteresis.
package struct RawLabels: Sendable {
    package let history: MarketHistory
    package let probabilities: [RegimeProbabilities?]
    /// One per candidate of the evaluation: they say where its periods begin.
    package let paths: [LabelPath]

    package init(
        history: MarketHistory, probabilities: [RegimeProbabilities?], paths: [LabelPath]
    ) {
        self.history = history
        self.probabilities = probabilities
        self.paths = paths
    }
}

extension Candidate {
    /// What its models say before hysteresis, and the hysteresis that it has; `nil` when it has no
    /// models.
    ///
    /// - Parameter walks: as for `path(over:walks:)`.
    package func rawLabels(
        walks: [String: ModelWalk]
    ) -> (probabilities: [RegimeProbabilities?], hysteresis: HysteresisParameters)? {
        guard case .models(let members) = kind else { return nil }
        return (
            LabelPath.mean(members.map { $0.probabilities(walks) }),
            members[0].specification.hysteresis
        )
    }
}

/// What is counted of one setting on one market in one period.
private struct HysteresisCounts {
    var changes: LabelChanges
    var delays: [Int]
    var missedRuns: Int

    init(_ path: LabelPath, raw: [Regime], in range: Range<Int>, window: Int) {
        changes = LabelChanges(path.published, in: range, window: window)
        delays = []
        missedRuns = 0
        var start = range.lowerBound
        while start > 0, raw[start - 1] == raw[range.lowerBound] { start -= 1 }
        for bar in range {
            if bar > 0, raw[bar] != raw[bar - 1] { start = bar }
            let (label, before) = (
                path.published[bar], bar > 0 ? path.published[bar - 1] : .unknown
            )
            if before != .unknown, label != before { delays.append(bar - start) }
            let ends = bar + 1 == range.upperBound || raw[bar + 1] != raw[bar]
            let run = max(start, range.lowerBound)...bar
            if ends, run.count >= window, !run.contains(where: { path.published[$0] == raw[bar] }) {
                missedRuns += 1
            }
        }
    }

    init(merging counts: [HysteresisCounts]) {
        changes = LabelChanges(merging: counts.map(\.changes))
        delays = counts.flatMap(\.delays)
        missedRuns = counts.reduce(0) { $0 + $1.missedRuns }
    }
}

extension Evaluator {
    /// The cost of hysteresis in every period, in the order of `evaluate(_:_:)` for one market and
    /// of `evaluatePool(_:)` for several.
    ///
    /// - Parameters:
    ///   - inForce: the candidate's own setting.
    ///   - markets: of one timeframe.
    package func hysteresisCosts(
        of candidate: String, inForce: HysteresisParameters, over markets: [RawLabels],
        grid: HysteresisGrid
    ) -> [(period: EvaluationPeriod, cost: HysteresisCost)] {
        let settings = [nil, inForce] + grid.settings(inForce)
        let names =
            ["raw", Evaluator.inForceName]
            + settings.dropFirst(2).map { Evaluator.name(of: $0) }
        var samples: [EvaluationSamples] = []
        var counts: [(period: EvaluationPeriod, counts: [HysteresisCounts])] = []
        for market in markets {
            let raw = market.probabilities.map { $0?.mode ?? .unknown }
            let paths = zip(names, settings).map { name, parameters in
                Evaluator.path(name, raw, market.probabilities, parameters)
            }
            let ranges = ranges(market.history, market.paths).filter { !$0.bars.isEmpty }
            samples += self.samples(market.history, paths, in: ranges, .strategies)
            counts += ranges.map { period, bars in
                (
                    period,
                    paths.map {
                        HysteresisCounts($0, raw: raw, in: bars, window: grid.flipBars)
                    }
                )
            }
        }
        return EvaluationPeriod.allCases.compactMap { period in
            guard
                let pooled = EvaluationSamples.pooled(
                    samples.filter { $0.period == period }, market: "")
            else { return nil }
            let cards = summary(of: pooled, names: names, comparedWith: [1]).cards
            let present = counts.filter { $0.period == period }.map(\.counts)
            let outcomes = settings.indices.map { index in
                let merged = HysteresisCounts(merging: present.map { $0[index] })
                return HysteresisOutcome(
                    parameters: settings[index], card: cards[index], changes: merged.changes,
                    delays: merged.delays, missedRuns: merged.missedRuns)
            }
            return (
                period,
                HysteresisCost(
                    candidate: candidate, grid: grid, barsPerYear: pooled.barsPerYear,
                    bars: pooled.bars, outcomes: outcomes)
            )
        }
    }

    /// The name of the setting in force among the others.
    package static let inForceName = "in force"

    private static func name(of parameters: HysteresisParameters?) -> String {
        parameters.map { "\($0.minimumDwellBars)/\($0.confirmationBars)" } ?? ""
    }

    private static func path(
        _ name: String, _ raw: [Regime], _ probabilities: [RegimeProbabilities?],
        _ parameters: HysteresisParameters?
    ) -> LabelPath {
        guard let parameters else {
            return LabelPath(
                name: name, published: raw, probabilities: probabilities.map { $0 ?? .unknown },
                hasProbabilities: true)
        }
        return LabelPath(name: name, probabilities, parameters)
    }
}
