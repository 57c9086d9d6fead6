package import Market
package import Regimes

package enum SignalAction: String, Sendable, CaseIterable {
    case buy = "BUY"
    case sell = "SELL"
    case hold = "HOLD"
}

/// What a strategy wants of one symbol.
package struct Signal: Equatable, Sendable {
    package let symbol: Symbol
    package let action: SignalAction
    /// Share of the capital to be held; negative when short.
    package let target: Double
    /// Units to be bought or sold; zero to hold.
    package let quantity: DecimalNumber
    /// The last close that quantities are reckoned with; `nil` without one.
    package let price: DecimalNumber?
    /// Where the position is to be given up; `nil` without a position.
    package let stop: DecimalNumber?
    /// Numbers in words.
    package let rationale: String

    package init(
        symbol: Symbol, action: SignalAction, target: Double, quantity: DecimalNumber,
        price: DecimalNumber?, stop: DecimalNumber?, rationale: String
    ) {
        self.symbol = symbol
        self.action = action
        self.target = target
        self.quantity = quantity
        self.price = price
        self.stop = stop
        self.rationale = rationale
    }
}

/// What to hold in a regime, and what to do about it.
package struct Strategy: Equatable, Sendable {
    /// In a few words.
    package let name: String
    package let regime: Regime
    package let profile: RiskProfile
    package let signals: [Signal]
    /// Share of the capital that is not invested.
    package let cash: Double
    /// Probability that what is held earns something, or, of cash, that what could have been held
    /// would not have; 0 where nothing is known.
    package let confidence: Double
    /// Numbers in words.
    package let rationale: String
    /// Who made it.
    package let model: String
    /// The latest bar that it knows.
    package let asOf: Timestamp

    package init(
        name: String, regime: Regime, profile: RiskProfile, signals: [Signal], cash: Double,
        confidence: Double, rationale: String, model: String, asOf: Timestamp
    ) {
        self.name = name
        self.regime = regime
        self.profile = profile
        self.signals = signals
        self.cash = cash
        self.confidence = confidence
        self.rationale = rationale
        self.model = model
        self.asOf = asOf
    }
}
