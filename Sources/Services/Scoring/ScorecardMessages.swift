import Contracts
import Evaluation
import Regimes

extension Strategy {
    /// In words.
    var rule: String {
        let held = Regime.allCases.filter(Strategy.isRiskOn).map(\.label)
        return
            "hold the market in \(held.joined(separator: ", ")), else nothing; a label is traded "
            + "\(delayBars) bars after the close that brought it, at the close; a trade costs "
            + "\(Int((costPerUnit * 10_000).rounded())) basis points of its value; cash earns "
            + "nothing"
    }
}

extension Bloasis_MarketRegime_ScorecardRow {
    /// What a path earned over some bars.
    init(_ card: Scorecard, over bars: Range<Int>, of path: LabelPath) {
        self.init()
        self.bars = Int32(clamping: bars.count)
        changes = Int32(clamping: path.changes(in: bars))
        guard card.performance.bars > 0 else { return }
        changesPerYear = card.changesPerYear
        exposure = card.exposure
        turnover = card.turnover
        maximumDrawdown = card.performance.maximumDrawdown
        setFinite(card.performance.annualisedReturn, \.annualisedReturn)
        setFinite(card.performance.sortino, \.sortino)
        setFinite(card.performance.calmar, \.calmar)
        // Of one return there is no deviation.
        guard card.performance.bars > 1 else { return }
        annualisedVolatility = card.performance.annualisedVolatility
        sharpe = Bloasis_MarketRegime_Estimate(card.performance.sharpe, card.intervals[.sharpe])
    }

    /// Says what it earned less what another path did.
    mutating func compare(_ card: Scorecard, with other: String) {
        let differences = card.differences[other] ?? [:]
        if let difference = differences[.annualisedReturn] {
            returnDifference = Bloasis_MarketRegime_Estimate(difference.estimate, difference)
        }
        if let difference = differences[.sharpe] {
            sharpeDifference = Bloasis_MarketRegime_Estimate(difference.estimate, difference)
        }
    }

    /// Says how sure its labels were said to be, and what came of it.
    mutating func addConfidence(_ path: LabelPath, in bars: Range<Int>, horizon: Int) {
        let known = bars.filter { path.published[$0] != .unknown }
        if !known.isEmpty {
            meanConfidence =
                known.reduce(0) { $0 + path.confidence(at: $1) } / Double(known.count)
        }
        let forecasts = path.persistenceForecasts(horizon: horizon, in: bars)
        guard let reliability = Reliability(forecasts) else { return }
        brierScore = reliability.brier
        if let skill = reliability.brierSkill { brierSkill = skill }
    }

    /// Leaves the figures and takes back how sure they are.
    mutating func clearIntervals() {
        for estimate in [
            \Self.sharpe, \Self.returnDifference, \Self.sharpeDifference,
        ] where self[keyPath: estimate].hasValue {
            self[keyPath: estimate].clearLower()
            self[keyPath: estimate].clearUpper()
        }
    }

    private mutating func setFinite(_ value: Double?, _ field: WritableKeyPath<Self, Double>) {
        if let value, value.isFinite { self[keyPath: field] = value }
    }
}

extension Bloasis_MarketRegime_Estimate {
    fileprivate init(_ value: Double, _ interval: BootstrapInterval?) {
        self.init()
        self.value = value
        guard let interval, interval.lower.isFinite, interval.upper.isFinite else { return }
        lower = interval.lower
        upper = interval.upper
    }
}

extension Bloasis_MarketRegime_LabelOutcome {
    /// - Parameter total: bars with any label.
    init(_ returns: LabelReturns, of total: Int) {
        self.init()
        regime = returns.regime.label
        bars = Int32(clamping: returns.bars)
        share = Double(returns.bars) / Double(max(total, 1))
        guard let performance = returns.performance else { return }
        if performance.annualisedReturn.isFinite {
            annualisedReturn = performance.annualisedReturn
        }
        // Of one return there is no deviation.
        if performance.bars > 1 { annualisedVolatility = performance.annualisedVolatility }
    }
}
