package import Market
package import Regimes

/// How an evaluation is made.
package struct EvaluationSettings: Sendable {
    package var strategy = Strategy()
    /// Bars ahead at which a label must still hold for a confidence to have been right.
    package var horizon = 5
    /// Fall and rise, as shares, that make a phase of the market.
    package var phaseMove = 0.2
    /// `nil`: no intervals.
    package var bootstrap: StationaryBootstrap? = StationaryBootstrap()
    /// The last day of the data that choices were made on; what follows was held out.
    package var cut: CivilDate?
    /// Whom the reality check and the deflated Sharpe ratio compare the others with.
    package var reference = Candidate.buyAndHold.name
    /// Bars before it are walked through but not summed up.
    package var from: Timestamp?

    package init() {}
}

/// Which part of the data a scorecard is about.
package enum EvaluationPeriod: String, Sendable, CaseIterable {
    /// Without a cut.
    case whole
    /// Up to the cut: what choices were made on, so what it says flatters them.
    case tuned
    /// After it.
    case heldOut = "held_out"
}

/// One candidate on one market, or on all of them together, in one period.
package struct Scorecard: Sendable {
    package let candidate: String
    package let performance: Performance
    /// Share of the bars that the market was held.
    package let exposure: Double
    /// Traded shares of the wealth a year; in and out again is 2.
    package let turnover: Double
    /// Changes of the published label a year.
    package let changesPerYear: Double
    package let falls: DetectionLag?
    package let recoveries: DetectionLag?
    /// Mean ln density of the next log return, see `PredictiveScore`; `nil` without a return.
    package let logScore: Double?
    /// `nil` when the candidate states no probabilities.
    package let posterior: PosteriorScore?
    /// `nil` when the candidate states no probabilities.
    package internal(set) var reliability: Reliability?
    /// The same of the confidence after `LabelPath.calibratedConfidence`.
    package internal(set) var calibratedReliability: Reliability?
    /// Of the figures themselves.
    package internal(set) var intervals: [Metric: BootstrapInterval] = [:]
    /// This candidate's figures less those of another one, by its name: what both did on the same
    /// drawn bars.
    package internal(set) var differences: [String: [Metric: BootstrapInterval]] = [:]

    /// `nil` where the figure has no value.
    package func value(_ metric: Metric) -> Double? {
        switch metric {
        case .annualisedReturn, .annualisedVolatility, .sharpe, .sortino, .calmar,
            .maximumDrawdown:
            performance.value(metric)
        case .exposure: exposure
        case .turnover: turnover
        case .changesPerYear: changesPerYear
        case .logScore: logScore
        case .posteriorBrier: posterior?.brier
        case .posteriorSkill: posterior?.skill
        case .persistenceBrier: reliability?.brier
        case .persistenceSkill: reliability?.brierSkill
        case .calibratedBrier: calibratedReliability?.brier
        case .calibratedSkill: calibratedReliability?.brierSkill
        }
    }
}

/// All candidates on one market, or on all together, in one period.
package struct PeriodEvaluation: Sendable {
    package let market: String
    package let period: EvaluationPeriod
    package let from: CivilDate
    package let through: CivilDate
    /// Of all markets together.
    package let bars: Int
    /// Markets that the bars are of.
    package let markets: Int
    /// In the order of the candidates.
    package let cards: [Scorecard]
    /// Turning points that lie in the period.
    package let turns: [MarketTurn]
    package let curves: PeriodCurves
    /// Probability that the best candidate's advantage over `reference` is luck among as many.
    package let realityCheck: Double?
    /// Whom the reality check compares with; `nil` when that is no candidate.
    package let reference: String?
    /// Deflated Sharpe ratio of the best candidate, with the candidates as trials; `nil` when more
    /// was tried than one candidate, of which the spread is not known.
    package let deflatedSharpe: Double?
    package let bestCandidate: String?
    /// What hysteresis costs one of the candidates, when that was asked for.
    package var hysteresis: HysteresisCost?
}

/// What a period looked like, bar by bar, for drawing.
package struct PeriodCurves: Sendable {
    /// UTC day of each row.
    package let days: [CivilDate]
    /// Net simple returns: candidates · rows.
    package let returns: [[Double]]
    /// Published labels: candidates · rows; none of several markets together.
    package let labels: [[Regime]]
}
