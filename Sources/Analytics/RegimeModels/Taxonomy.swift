package import Regimes

/// Thresholds between the latent states of a model and the labels of the vocabulary.
///
/// Volatilities are compared with the market's own, and drawdowns, trends and momentum are counted
/// in units of the market's long-run annual volatility, so that the same numbers serve an index, a
/// single share and a coin.
package struct TaxonomyParameters: Codable, Equatable, Sendable {
    /// A state is stressed when its volatility is at least this multiple of the training window's.
    package var stressedRatio: Double = 1.25
    /// A state is calm when its volatility is at most this multiple of the training window's.
    package var calmRatio: Double = 0.8
    /// Drawdown, in long-run volatilities, from which a stressed state is a crisis …
    package var crisisDrawdown: Double = 1.0
    /// … provided that the present volatility ranks at least this high in its own history.
    package var crisisRank: Double = 0.8
    /// Drawdown, in long-run volatilities, from which a falling market is a bear market.
    package var bearDrawdown: Double = 0.6
    /// Price over its 200-bar mean, in long-run volatilities, from which a rise is euphoria …
    package var euphoriaTrend: Double = 0.6
    /// … provided that the 12-1 momentum, in long-run volatilities, is at least this.
    package var euphoriaMomentum: Double = 1.5

    package init() {}

    var isFinite: Bool {
        [
            stressedRatio, calmRatio, crisisDrawdown, crisisRank, bearDrawdown, euphoriaTrend,
            euphoriaMomentum,
        ].allSatisfy(\.isFinite)
    }
}

/// How volatile a state is next to the training window it was fitted on.
package enum StateClass: String, Codable, CaseIterable, Sendable {
    case calm
    case normal
    case stressed
}

extension TaxonomyParameters {
    /// The class of a state whose volatility is `ratio` times that of the training window.
    package func stateClass(volatilityRatio ratio: Double) -> StateClass {
        if ratio >= stressedRatio { return .stressed }
        return ratio <= calmRatio ? .calm : .normal
    }

    /// The label a state stands for at a bar. The first rule that holds decides:
    ///
    /// | state | present market | label |
    /// |---|---|---|
    /// | stressed | drawdown ≥ `crisisDrawdown`, volatility rank ≥ `crisisRank` | `crisis` |
    /// | any | drawdown ≥ `bearDrawdown`, price under its 200-bar mean | `normal_bear` |
    /// | stressed | otherwise | `high_volatility` |
    /// | any | trend ≥ `euphoriaTrend`, momentum ≥ `euphoriaMomentum` | `euphoria` |
    /// | calm | otherwise | `low_volatility` |
    /// | normal | otherwise | `normal_bull` |
    ///
    /// Drawdown, trend and momentum are in units of the long-run volatility. An indicator that is
    /// not known yet fulfils no condition.
    package func label(of state: StateClass, in context: MarketContext) -> Regime {
        let unit = context.longRunVolatility
        let depth = -context.drawdown / unit
        if state == .stressed, depth >= crisisDrawdown, context.volatilityRank >= crisisRank {
            return .crisis
        }
        if depth >= bearDrawdown, context.trend < 0 { return .normalBear }
        if state == .stressed { return .highVolatility }
        if context.trend / unit >= euphoriaTrend, context.momentum / unit >= euphoriaMomentum {
            return .euphoria
        }
        return state == .calm ? .lowVolatility : .normalBull
    }
}
