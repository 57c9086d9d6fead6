import Contracts
import Evaluation
import Regimes

extension Strategy {
    /// In words.
    var rule: String {
        let held = Regime.allCases.filter(Strategy.isRiskOn).map(\.label).joined(separator: ", ")
        let delay = "\(delayBars) \(delayBars == 1 ? "bar" : "bars")"
        let points = Int((costPerUnit * 10_000).rounded())
        return
            "Hold the market in \(held), else nothing; a label is traded \(delay) after the close "
            + "that brought it, at the close; a trade costs \(points) basis points of its value; "
            + "cash earns nothing"
    }
}

extension Bloasis_MarketRegime_ScorecardRow {
    /// How many bars are summed up, and how often a path changed.
    ///
    /// - Parameter said: bars of the labels, which may be others than those that they earn.
    init(over bars: Range<Int>, said: Range<Int>, of path: LabelPath, _ history: MarketHistory) {
        self.init()
        self.bars = Int32(clamping: bars.count)
        let changes = path.changes(in: said)
        self.changes = Int32(clamping: changes)
        guard !said.isEmpty else { return }
        changesPerYear = Double(changes) / Double(said.count) * history.barsPerYear
    }

    /// Says what was earned.
    mutating func addEarnings(_ card: Scorecard) {
        guard card.performance.bars > 0 else { return }
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

    /// Says what it earned less what another path did over the same bars.
    mutating func compare(_ card: Scorecard, with other: Scorecard) {
        guard card.performance.bars > 1, other.performance.bars > 1 else { return }
        func difference(_ metric: Metric) -> Bloasis_MarketRegime_Estimate? {
            guard let mine = card.value(metric), let theirs = other.value(metric),
                (mine - theirs).isFinite
            else { return nil }
            return Bloasis_MarketRegime_Estimate(
                mine - theirs, card.differences[other.candidate]?[metric])
        }
        if let earned = difference(.annualisedReturn) { returnDifference = earned }
        if let ratio = difference(.sharpe) { sharpeDifference = ratio }
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
