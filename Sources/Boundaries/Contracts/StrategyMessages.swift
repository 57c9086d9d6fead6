import Market
import Regimes
package import Trading

extension Bloasis_AiAnalysis_StrategyResponse {
    /// - Parameters:
    ///   - expectedReturn: of a year; `nil` where nothing was judged.
    ///   - volatility: of a year.
    package init(
        _ strategy: Strategy, to question: StrategyQuestion, expectedReturn: Double?,
        volatility: Double?
    ) {
        self.init()
        self.strategy = strategy.name
        confidence = strategy.confidence
        signals = strategy.signals.map {
            Bloasis_AiAnalysis_Signal($0, within: strategy.profile.limits)
        }
        rationale = strategy.rationale
        model = strategy.model
        timestamp = strategy.asOf.rfc3339
        regime = strategy.regime.label
        riskProfile = strategy.profile.rawValue
        market = question.series.market.text
        timeframe = question.series.timeframe.description
        cash = strategy.cash
        if let expectedReturn { self.expectedReturn = expectedReturn }
        if let volatility { self.volatility = volatility }
        capital = "\(question.capital)"
    }
}

extension Bloasis_AiAnalysis_Signal {
    init(_ signal: Signal, within limits: RiskLimits) {
        self.init()
        symbol = signal.symbol.text
        action = signal.action.rawValue
        let most = signal.target < 0 ? limits.shortest : limits.longest
        strength = most > 0 ? min(abs(signal.target) / most, 1) : 0
        rationale = signal.rationale
        target = signal.target
        quantity = "\(signal.quantity)"
        if let price = signal.price { self.price = "\(price)" }
        if let stop = signal.stop { self.stop = "\(stop)" }
    }
}
