/// A figure of a scorecard.
package enum Metric: String, Sendable, CaseIterable {
    case annualisedReturn, annualisedVolatility, sharpe, sortino, calmar, maximumDrawdown
    /// Share of the bars that the market was held.
    case exposure
    /// Traded shares of the wealth a year.
    case turnover
    /// Of the published label.
    case changesPerYear
    /// Mean ln density of the next log return, in nats a bar.
    case logScore
    /// Of all label probabilities against the label some bars later, see `PosteriorScore`.
    case posteriorBrier, posteriorSkill
    /// Of `confidence` as the probability that the label lasts, see `Reliability`.
    case persistenceBrier, persistenceSkill
    /// The same after calibration on earlier outcomes.
    case calibratedBrier, calibratedSkill

    package enum Direction: Sendable {
        case higher, lower
    }

    /// Which way is better; `nil`: neither.
    package var better: Direction? {
        switch self {
        case .annualisedReturn, .sharpe, .sortino, .calmar, .logScore, .posteriorSkill,
            .persistenceSkill, .calibratedSkill:
            .higher
        case .annualisedVolatility, .maximumDrawdown, .turnover, .changesPerYear,
            .posteriorBrier, .persistenceBrier, .calibratedBrier:
            .lower
        case .exposure: nil
        }
    }
}
