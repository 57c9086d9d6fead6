package import Regimes

/// A soft threshold: 0 at `none` and beyond, 1 at `full` and beyond, a straight line between.
/// With `full` below `none` it falls as the value rises.
package struct Ramp: Codable, Equatable, Sendable {
    package var none: Double
    package var full: Double

    package init(none: Double, full: Double) {
        self.none = none
        self.full = full
    }

    /// 0 … 1; 0 of a value that is not known.
    package func degree(of value: Double) -> Double {
        let share = (value - none) / (full - none)
        return share > 0 ? min(share, 1) : 0
    }

    var isUsable: Bool { none.isFinite && full.isFinite && none != full }
}

/// Thresholds of the rules model; drawdown, trend and momentum count in long-run volatilities.
package struct RuleParameters: Codable, Equatable, Sendable {
    /// Volatility rank at which the market is stressed.
    package var stressedRank = Ramp(none: 0.7, full: 0.9)
    /// Level of the VIX at which it is stressed, whatever its volatility so far; `nil`, as in
    /// models of before this rule: the VIX is not looked at.
    package var stressedVIX: Ramp? = Ramp(none: 25, full: 35)
    /// Volatility rank at which it is calm.
    package var calmRank = Ramp(none: 0.45, full: 0.3)
    /// Drawdown of a crisis.
    package var deepDrawdown = Ramp(none: 0.8, full: 1.1)
    /// Drawdown of a bear market.
    package var bearDrawdown = Ramp(none: 0.45, full: 0.65)
    /// Price over its 200-bar mean at which the market is falling.
    package var fallingTrend = Ramp(none: 0.05, full: -0.05)
    /// Price over its 200-bar mean, and 12-1 momentum, of euphoria.
    package var euphoriaTrend = Ramp(none: 0.5, full: 0.7)
    package var euphoriaMomentum = Ramp(none: 1.2, full: 1.6)

    package init() {}

    var isUsable: Bool {
        [
            stressedRank, calmRank, deepDrawdown, bearDrawdown, fallingTrend, euphoriaTrend,
            euphoriaMomentum,
        ].allSatisfy(\.isUsable) && stressedVIX?.isUsable ?? true
    }
}

extension RuleParameters {
    /// Label probabilities. Each rule, in this order, takes its degree of what the ones before it
    /// have left of a whole:
    ///
    /// | label | degree |
    /// |---|---|
    /// | `crisis` | stress × `deepDrawdown` of the drawdown |
    /// | `normal_bear` | `bearDrawdown` of the drawdown × `fallingTrend` of the trend |
    /// | `high_volatility` | stress |
    /// | `euphoria` | `euphoriaTrend` of the trend × `euphoriaMomentum` of the momentum |
    /// | `low_volatility` | `calmRank` of the volatility rank |
    /// | `normal_bull` | all that is left |
    ///
    /// Stress is the larger of `stressedRank` of the volatility rank and, where the VIX is known,
    /// `stressedVIX` of it: what options fear counts like what has happened.
    package func probabilities(in context: MarketContext) -> RegimeProbabilities {
        let unit = context.longRunVolatility
        let depth = unit > 0 ? -context.drawdown / unit : 0
        let trend = unit > 0 ? context.trend / unit : 0
        let momentum = unit > 0 ? context.momentum / unit : 0
        let stress = max(
            stressedRank.degree(of: context.volatilityRank),
            stressedVIX?.degree(of: context.vix) ?? 0)
        var left = 1.0
        var shares = RegimeProbabilities.none
        func take(_ regime: Regime, _ degree: Double) {
            let share = left * degree
            left -= share
            shares.add(share, to: regime)
        }
        take(.crisis, stress * deepDrawdown.degree(of: depth))
        take(.normalBear, bearDrawdown.degree(of: depth) * fallingTrend.degree(of: trend))
        take(.highVolatility, stress)
        take(
            .euphoria, euphoriaTrend.degree(of: trend) * euphoriaMomentum.degree(of: momentum))
        take(.lowVolatility, calmRank.degree(of: context.volatilityRank))
        take(.normalBull, 1)
        return shares
    }
}
