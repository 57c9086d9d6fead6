import Market
import Regimes

/// Sums up candidates, market by market and over all markets.
package struct Evaluator: Sendable {
    package let settings: EvaluationSettings
    /// Configurations that were looked at before the present ones were chosen; for the deflated
    /// Sharpe ratio. At least as many as there are candidates.
    package let trials: Int

    package init(_ settings: EvaluationSettings, trials: Int = 1) {
        self.settings = settings
        self.trials = trials
    }

    /// One market: every period that holds a bar after each candidate has answered.
    ///
    /// - Parameter paths: one per candidate, over the whole history.
    package func evaluate(
        _ history: MarketHistory, _ paths: [LabelPath]
    ) -> [PeriodEvaluation] {
        samples(history, paths).map { summary(of: $0, names: paths.map(\.name)) }
    }

    /// All markets together; bars of equal instants are averaged. One that has nothing to sum up
    /// is none of them.
    ///
    /// - Parameter markets: of one timeframe, each with the same candidates in the same order.
    package func evaluatePool(
        _ markets: [(history: MarketHistory, paths: [LabelPath])]
    ) -> [PeriodEvaluation] {
        let each = markets.map { samples($0.history, $0.paths) }.filter { !$0.isEmpty }
        guard let paths = markets.first?.paths else { return [] }
        return EvaluationPeriod.allCases.compactMap { period in
            EvaluationSamples.pooled(
                each.joined().filter { $0.period == period }, market: "all \(each.count) markets")
        }
        .map { summary(of: $0, names: paths.map(\.name)) }
    }

    private func samples(
        _ history: MarketHistory, _ paths: [LabelPath]
    ) -> [EvaluationSamples] {
        samples(history, paths, in: ranges(history, paths), .everything)
    }

    /// The bars of each period, from the first one at which every candidate's position is set.
    func ranges(
        _ history: MarketHistory, _ paths: [LabelPath]
    ) -> [(period: EvaluationPeriod, bars: Range<Int>)] {
        let known = paths.map(\.firstKnown).max() ?? 0
        let wanted = settings.from.map { from in
            history.bars.timestamps.firstIndex { $0 >= from } ?? history.count
        }
        let start = min(max(known + settings.strategy.delayBars + 1, wanted ?? 0), history.count)
        guard let cut = settings.cut else { return [(.whole, start..<history.count)] }
        let split = history.dates.firstIndex { $0 > cut } ?? history.count
        return [
            (.tuned, start..<max(start, split)), (.heldOut, max(start, split)..<history.count),
        ]
    }

    /// What of the candidates is looked at.
    enum Detail {
        case everything
        /// What they earn, how often they change and how soon they show the market's turns; not
        /// what their probabilities are worth.
        case strategies
        /// What they earn and how often they change alone: takes time by the bars of the ranges,
        /// not by those before them.
        case earnings
    }

    func samples(
        _ history: MarketHistory, _ paths: [LabelPath],
        in ranges: [(period: EvaluationPeriod, bars: Range<Int>)], _ detail: Detail
    ) -> [EvaluationSamples] {
        let ranges = ranges.filter { !$0.bars.isEmpty }
        guard let start = ranges.first?.bars.lowerBound else { return [] }
        let outcomes = paths.map {
            settings.strategy.outcome($0.published, history, in: start..<history.count)
        }
        var all = ranges.map { period, bars in
            let phases = detail == .earnings ? [] : phases(of: history, before: bars.upperBound)
            var samples = EvaluationSamples(
                market: history.name, period: period, from: history.dates[bars.lowerBound],
                through: history.dates[bars.upperBound - 1], barsPerYear: history.barsPerYear,
                bars: bars.count, returns: .init(candidates: paths.count),
                exposures: .init(candidates: paths.count), traded: .init(candidates: paths.count),
                logScores: .init(candidates: paths.count),
                changed: .init(candidates: paths.count),
                falls: paths.map { DetectionLag($0, phases, .falling, in: bars) },
                recoveries: paths.map { DetectionLag($0, phases, .rising, in: bars) },
                turns: phases.filter { bars.contains($0.start) }
                    .map { MarketTurn($0, history, paths) },
                labels: [], forecasts: paths.map { _ in ForecastColumn() })
            samples.take(outcomes, history, in: bars)
            samples.take(labelsOf: paths, outcomes[0], history, in: bars)
            return samples
        }
        if detail == .everything { addScores(to: &all, history, paths, ranges.map(\.bars)) }
        return all
    }

    /// Dating looks ahead: what is said of a period rests on no bar after it.
    private func phases(of history: MarketHistory, before end: Int) -> [MarketPhase] {
        MarketPhase.phases(
            closes: Array(history.bars.close.prefix(end)), fall: settings.phaseMove,
            rise: settings.phaseMove)
    }

    private func addScores(
        to samples: inout [EvaluationSamples], _ history: MarketHistory, _ paths: [LabelPath],
        _ ranges: [Range<Int>]
    ) {
        let densities = paths.map { PredictiveScore.logDensities($0.probabilities, history) }
        let calibrated = paths.map {
            $0.calibratedConfidence(horizon: settings.horizon, dates: history.dates)
        }
        for (index, bars) in ranges.enumerated() {
            samples[index].take(logDensities: densities, history, in: bars)
            samples[index].forecasts = zip(paths, calibrated).map {
                ForecastColumn(
                    $0, history, horizon: settings.horizon, in: bars, calibrated: $1)
            }
        }
    }
}

extension EvaluationSamples {
    fileprivate mutating func take(
        _ outcomes: [StrategyOutcome], _ history: MarketHistory, in bars: Range<Int>
    ) {
        for (candidate, outcome) in outcomes.enumerated() {
            let rows = outcome.rows(in: bars)
            if candidate == 0 {
                returns.instants = outcome.bars[rows].map { history.bars.timestamps[$0] }
            }
            returns.columns[candidate] = Array(outcome.returns[rows])
            exposures.columns[candidate] = Array(outcome.exposures[rows])
            traded.columns[candidate] = Array(outcome.traded[rows])
        }
        returns.weights = returns.instants.map { _ in 1 }
        for table in [\EvaluationSamples.exposures, \.traded] {
            self[keyPath: table].instants = returns.instants
            self[keyPath: table].weights = returns.weights
        }
    }

    fileprivate mutating func take(
        labelsOf paths: [LabelPath], _ outcome: StrategyOutcome, _ history: MarketHistory,
        in bars: Range<Int>
    ) {
        let withReturn = outcome.bars[outcome.rows(in: bars)]
        labels = paths.map { path in withReturn.map { path.published[$0] } }
        changed.instants = Array(history.bars.timestamps[bars])
        changed.weights = bars.map { _ in 1 }
        changed.columns = paths.map { path in
            bars.map { Double(path.changes(in: $0..<($0 + 1))) }
        }
    }

    fileprivate mutating func take(
        logDensities: [[Double?]], _ history: MarketHistory, in bars: Range<Int>
    ) {
        for bar in bars {
            let row = logDensities.compactMap { $0[bar] }
            guard row.count == logDensities.count else { continue }
            logScores.instants.append(history.bars.timestamps[bar])
            logScores.weights.append(1)
            for (candidate, value) in row.enumerated() {
                logScores.columns[candidate].append(value)
            }
        }
    }
}
