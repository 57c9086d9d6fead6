package import Regimes

/// Thresholds between the latent states of a model and the labels of the vocabulary.
///
/// Volatilities are compared with the market's own, and drawdowns, trends and momentum are counted
/// in units of the market's long-run annual volatility, so that the same numbers serve an index, a
/// single share and a coin.
package struct TaxonomyParameters: Codable, Equatable, Sendable {
    /// A state is stressed when its volatility is at least this multiple of the training window's.
    package var stressedRatio: Double = 1.2
    /// A state is calm when its volatility is at most this multiple of the training window's.
    package var calmRatio: Double = 0.8
    /// Drawdown from which a stressed state is a crisis …
    package var crisisDrawdown: Double = 1.0
    /// … provided that the present volatility ranks at least this high in its own history.
    package var crisisRank: Double = 0.8
    /// Drawdown from which a market under its 200-bar mean is a bear market.
    package var bearDrawdown: Double = 0.6
    /// Volatility rank from which any state but a calm one is highly volatile.
    package var highRank: Double = 0.8
    /// Volatility rank below which not even a stressed state is highly volatile.
    package var ordinaryRank: Double = 0.5
    /// Volatility rank above which not even a calm state has low volatility.
    package var lowRank: Double = 0.4
    /// Price over its 200-bar mean from which a rise is euphoria …
    package var euphoriaTrend: Double = 0.6
    /// … provided that the 12-1 momentum is at least this.
    package var euphoriaMomentum: Double = 1.5

    package init() {}

    var isFinite: Bool {
        [
            stressedRatio, calmRatio, crisisDrawdown, crisisRank, bearDrawdown, highRank,
            ordinaryRank, lowRank, euphoriaTrend, euphoriaMomentum,
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
    /// | stressed | drawdown ≥ `crisisDrawdown` and volatility rank ≥ `crisisRank` | `crisis` |
    /// | any | drawdown ≥ `bearDrawdown` and price under its 200-bar mean | `normal_bear` |
    /// | not calm | volatility rank ≥ `highRank` | `high_volatility` |
    /// | stressed | volatility rank not under `ordinaryRank` | `high_volatility` |
    /// | any | trend ≥ `euphoriaTrend` and momentum ≥ `euphoriaMomentum` | `euphoria` |
    /// | calm | volatility rank not over `lowRank` | `low_volatility` |
    /// | any | otherwise | `normal_bull` |
    ///
    /// Drawdown, trend and momentum are in units of the long-run volatility. An indicator that is
    /// not known yet neither fulfils a condition nor breaks one that says «not».
    package func label(of state: StateClass, in context: MarketContext) -> Regime {
        let unit = context.longRunVolatility
        let depth = -context.drawdown / unit
        let rank = context.volatilityRank
        if state == .stressed, depth >= crisisDrawdown, rank >= crisisRank { return .crisis }
        if depth >= bearDrawdown, context.trend < 0 { return .normalBear }
        if state != .calm, rank >= highRank { return .highVolatility }
        if state == .stressed, !(rank < ordinaryRank) { return .highVolatility }
        if context.trend / unit >= euphoriaTrend, context.momentum / unit >= euphoriaMomentum {
            return .euphoria
        }
        return state == .calm && !(rank > lowRank) ? .lowVolatility : .normalBull
    }
}
