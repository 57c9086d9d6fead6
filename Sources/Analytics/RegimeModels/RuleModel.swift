package import Regimes

/// Thresholds of the rules model; drawdown, trend and momentum count in long-run volatilities.
package struct RuleParameters: Codable, Equatable, Sendable {
    /// Volatility ranks that are very high, high and low.
    package var extremeRank: Double = 0.9
    package var highRank: Double = 0.7
    package var lowRank: Double = 0.35
    /// Drawdowns that are deep and noticeable.
    package var deepDrawdown: Double = 1.0
    package var noticeableDrawdown: Double = 0.5
    /// Price over its 200-bar mean that is very high.
    package var strongTrend: Double = 0.6
    /// 12-1 momentum that is very high.
    package var strongMomentum: Double = 1.5

    package init() {}

    var isFinite: Bool {
        [
            extremeRank, highRank, lowRank, deepDrawdown, noticeableDrawdown, strongTrend,
            strongMomentum,
        ].allSatisfy(\.isFinite)
    }
}

extension RuleParameters {
    /// Points per label; a label's probability is its share of all points.
    ///
    /// | indicator | condition | points |
    /// |---|---|---|
    /// | volatility rank | ≥ `extremeRank` | crisis 2, high_volatility 2 |
    /// | | ≥ `highRank` | high_volatility 2, normal_bear 1 |
    /// | | ≤ `lowRank` | low_volatility 3 |
    /// | | between | normal_bull 1, normal_bear 1 |
    /// | drawdown | ≥ `deepDrawdown` | normal_bear 1, and 3 to *under stress* |
    /// | | ≥ `noticeableDrawdown` | normal_bear 2, high_volatility 1 |
    /// | | less | normal_bull 2, and 1 to low_volatility at rank ≤ `lowRank`, else normal_bull |
    /// | trend | below the 200-bar mean | 1 to *under stress* |
    /// | | not below it | normal_bull 1 |
    /// | trend and momentum | ≥ `strongTrend` and ≥ `strongMomentum` | euphoria 6 |
    ///
    /// *Under stress* is crisis at a volatility rank ≥ `highRank`, else normal_bear.
    package func points(in context: MarketContext) -> [(Regime, Double)] {
        let unit = context.longRunVolatility
        let depth = -context.drawdown / unit
        let rank = context.volatilityRank
        var points: [(Regime, Double)] = []
        if rank >= extremeRank {
            points += [(.crisis, 2), (.highVolatility, 2)]
        } else if rank >= highRank {
            points += [(.highVolatility, 2), (.normalBear, 1)]
        } else if rank <= lowRank {
            points += [(.lowVolatility, 3)]
        } else {
            points += [(.normalBull, 1), (.normalBear, 1)]
        }
        if depth >= deepDrawdown {
            points += [(rank >= highRank ? .crisis : .normalBear, 3), (.normalBear, 1)]
        } else if depth >= noticeableDrawdown {
            points += [(.normalBear, 2), (.highVolatility, 1)]
        } else {
            points += [(.normalBull, 2), (rank <= lowRank ? .lowVolatility : .normalBull, 1)]
        }
        if context.trend < 0 {
            points += [(rank >= highRank ? .crisis : .normalBear, 1)]
        } else {
            points += [(.normalBull, 1)]
        }
        if context.trend / unit >= strongTrend, context.momentum / unit >= strongMomentum {
            points += [(.euphoria, 6)]
        }
        return points
    }

    /// Shares of the points.
    package func probabilities(in context: MarketContext) -> RegimeProbabilities {
        let points = points(in: context)
        let total = points.reduce(0) { $0 + $1.1 }
        return RegimeProbabilities(summing: points.map { ($0.0, $0.1 / total) })
    }
}
