package import Regimes

extension Evaluator {
    /// The bars that are summed up: from the first one at which every candidate's position is set.
    ///
    /// - Parameter paths: one per candidate, over the whole history.
    package func bars(of history: MarketHistory, _ paths: [LabelPath]) -> Range<Int> {
        let first = ranges(history, paths).first?.bars.lowerBound
        return (first ?? history.count)..<history.count
    }

    /// Stretches of one market, each summed up by itself as a period of its own: what candidates
    /// earned and how often they changed; nothing of the market's phases, nor of what probabilities
    /// are worth. Many stretches take no longer than one of as many bars.
    ///
    /// - Parameters:
    ///   - paths: one per candidate, over the whole history.
    ///   - stretches: of the bars that are summed up; in order, none empty.
    ///   - drawable: bars below which a stretch has no intervals, and nothing is drawn for it.
    package func evaluate(
        _ history: MarketHistory, _ paths: [LabelPath], over stretches: [Range<Int>],
        drawingFrom drawable: Int = 0
    ) -> [PeriodEvaluation] {
        var settings = settings
        settings.bootstrap = nil
        let plain = Evaluator(settings, trials: trials)
        return samples(history, paths, in: stretches.map { (.whole, $0) }, .earnings).map {
            ($0.bars < drawable ? plain : self).summary(of: $0, names: paths.map(\.name))
        }
    }
}

/// What a market did after a label was published: every return belongs to the label of the close
/// that it is counted from.
package struct LabelReturns: Sendable {
    package let regime: Regime
    /// Bars with the label.
    package let bars: Int
    /// Of the returns after them; `nil` without one.
    package let performance: Performance?

    /// Of each label that a path published over a range of bars, in wire order.
    package static func all(
        of path: LabelPath, _ history: MarketHistory, in range: Range<Int>
    ) -> [LabelReturns] {
        var bars: [Regime: Int] = [:]
        for bar in range { bars[path.published[bar], default: 0] += 1 }
        var returns: [Regime: [Double]] = [:]
        for bar in range {
            guard let value = history.returns[bar], let base = history.bases[bar],
                range.contains(base)
            else { continue }
            returns[path.published[base], default: []].append(value)
        }
        return Regime.allCases.compactMap { regime in
            bars[regime].map { count in
                LabelReturns(
                    regime: regime, bars: count,
                    performance: returns[regime].map {
                        Performance(returns: $0, barsPerYear: history.barsPerYear)
                    })
            }
        }
    }
}
