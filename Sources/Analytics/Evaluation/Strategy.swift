package import Regimes

/// All in or all out, by label: what regimes are worth to somebody who acts on nothing else.
package struct Strategy: Sendable {
    /// Labels at which the market is held: those of low or medium risk.
    package static let riskOn: Set<Regime> = [.normalBull, .lowVolatility, .euphoria]

    /// Whole bars between the close that brought a label and the close at which it is acted upon. 0
    /// trades at the very close that the label was computed from, which nobody can.
    package let delayBars: Int
    /// Share of the traded value that a trade costs.
    package let costPerUnit: Double

    /// - Parameters:
    ///   - delayBars: 0 or more.
    ///   - costBasisPoints: hundredths of a percent of the value traded.
    package init(delayBars: Int = 1, costBasisPoints: Double = 10) {
        precondition(delayBars >= 0 && costBasisPoints >= 0, "a delay and a cost of 0 or more")
        self.delayBars = delayBars
        costPerUnit = costBasisPoints / 10_000
    }

    package static func isRiskOn(_ regime: Regime) -> Bool { riskOn.contains(regime) }

    /// Exposure, 0 or 1, that earns the return of each bar: with a delay of d bars the label of bar
    /// t earns from bar t + d + 1 on. A return over missing closes is earned from the close that it
    /// begins at, so by the label that was d bars old there: there was no later price to trade at.
    package func exposures(_ published: [Regime], _ history: MarketHistory) -> [Double] {
        published.indices.map { bar in
            let source = (history.bases[bar] ?? bar - 1) - delayBars
            return source >= 0 && Strategy.isRiskOn(published[source]) ? 1 : 0
        }
    }

    /// Net simple returns of the bars of a range that have a return.
    ///
    /// With exposure w, return r and traded share |Δw|: (1 + w·r)(1 − cost·|Δw|) − 1. The position
    /// that the range begins with is there already; cash earns nothing.
    package func outcome(
        _ published: [Regime], _ history: MarketHistory, in range: Range<Int>
    ) -> StrategyOutcome {
        let exposures = exposures(published, history)
        var outcome = StrategyOutcome()
        var held = range.first.map { exposures[$0] } ?? 0
        for bar in range {
            guard let value = history.returns[bar] else { continue }
            let exposure = exposures[bar]
            let traded = abs(exposure - held)
            held = exposure
            outcome.bars.append(bar)
            outcome.exposures.append(exposure)
            outcome.traded.append(traded)
            outcome.returns.append((1 + exposure * value) * (1 - costPerUnit * traded) - 1)
        }
        return outcome
    }
}

/// What a strategy did, one element per bar with a return.
package struct StrategyOutcome: Sendable {
    /// Indices into the history.
    package var bars: [Int] = []
    package var exposures: [Double] = []
    /// Share of the wealth that was bought or sold.
    package var traded: [Double] = []
    /// Net simple returns.
    package var returns: [Double] = []

    package init() {}

    /// Places of the elements whose bars lie in a range: O(log n).
    func rows(in range: Range<Int>) -> Range<Int> {
        let first = firstPlace(notBefore: range.lowerBound)
        return first..<max(first, firstPlace(notBefore: range.upperBound))
    }

    private func firstPlace(notBefore bar: Int) -> Int {
        var (low, high) = (0, bars.count)
        while low < high {
            let middle = (low + high) / 2
            if bars[middle] < bar { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
