package import Market

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
    /// Interval of `performance.sharpe`.
    package var sharpe: BootstrapInterval?
    /// Difference of annualised Sharpe ratios: this candidate less the other, by its name.
    package var sharpeAdvantages: [String: BootstrapInterval] = [:]
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
    /// Per bar, in thousandths of a nat: mean log score less that of buy-and-hold.
    package var logScoreGain: BootstrapInterval?
    /// `nil` when the candidate states no probabilities.
    package let reliability: Reliability?
    /// The same of the confidence after `LabelPath.calibratedConfidence`.
    package let calibratedReliability: Reliability?
}

/// All candidates on one market, or on all together, in one period.
package struct PeriodEvaluation: Sendable {
    package let market: String
    package let period: EvaluationPeriod
    package let from: CivilDate
    package let through: CivilDate
    package let bars: Int
    /// In the order of the candidates.
    package let cards: [Scorecard]
    /// Probability that the best candidate's advantage over buy-and-hold is luck among as many.
    package let realityCheck: Double?
    /// Deflated Sharpe ratio of the best candidate, with the candidates as trials.
    package let deflatedSharpe: Double?
    package let bestCandidate: String?
}
