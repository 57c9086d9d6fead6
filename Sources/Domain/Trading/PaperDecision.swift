package import Market
package import Regimes

/// What a paper portfolio made of a change of its series' regime.
package struct PaperDecision: Equatable, Sendable {
    package let key: PaperKey
    /// Of the change.
    package let sequence: Int64
    /// Of the change's event; `nil` of the regime that it was opened in.
    package let eventID: EventID?
    package let regime: Regime
    /// The close of the bar at which it changed.
    package let asOf: Timestamp
    /// What the portfolio was worth then; `nil` when nobody knew.
    package let equity: DecimalNumber?
    /// In a few words.
    package let strategy: String
    package let rationale: String
    /// Why nothing was ordered; `nil` when something was, or nothing had to be.
    package var refusal: String?
    package var orders: [PaperOrder]

    package init(
        key: PaperKey, sequence: Int64, eventID: EventID?, regime: Regime, asOf: Timestamp,
        equity: DecimalNumber?, strategy: String, rationale: String, refusal: String? = nil,
        orders: [PaperOrder] = []
    ) {
        self.key = key
        self.sequence = sequence
        self.eventID = eventID
        self.regime = regime
        self.asOf = asOf
        self.equity = equity
        self.strategy = strategy
        self.rationale = rationale
        self.refusal = refusal
        self.orders = orders
    }
}
