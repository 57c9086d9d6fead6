/// What a paper portfolio has, by its fills: exact.
package struct PaperAccount: Equatable, Sendable {
    package private(set) var cash: DecimalNumber
    /// Of each symbol ever traded; negative when short, zero once closed.
    package private(set) var holdings: [Symbol: DecimalNumber] = [:]

    /// - Parameters:
    ///   - capital: what it began with.
    ///   - reports: of its orders, in the order of their sequence.
    /// - Throws: `DecimalError` when a sum does not fit.
    package init(
        capital: DecimalNumber, reports: some Sequence<RecordedFill>
    ) throws(DecimalError) {
        cash = capital
        for fill in Portfolio.executions(reports, asOf: nil) { try take(fill) }
    }

    package mutating func take(_ fill: Fill) throws(DecimalError) {
        let amount = try fill.quantity.multiplied(by: fill.price)
        let held = holdings[fill.symbol] ?? .zero
        switch fill.side {
        case .buy:
            cash = try cash.subtracting(amount)
            holdings[fill.symbol] = try held.adding(fill.quantity)
        case .sell:
            cash = try cash.adding(amount)
            holdings[fill.symbol] = try held.subtracting(fill.quantity)
        }
        cash = try cash.subtracting(fill.commission)
    }

    /// What it is worth at some prices.
    ///
    /// - Returns: `nil` when something that is held has no price.
    package func equity(
        at price: (Symbol) -> DecimalNumber?
    ) throws(DecimalError) -> DecimalNumber? {
        var sum = cash
        for (symbol, quantity) in holdings where !quantity.isZero {
            guard let price = price(symbol) else { return nil }
            sum = try sum.adding(quantity.multiplied(by: price))
        }
        return sum
    }
}
