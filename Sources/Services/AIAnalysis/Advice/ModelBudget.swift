package import Ports

/// What tokens cost, in billionths of a US dollar each.
package struct ModelPrices: Equatable, Sendable {
    package let input: Int64
    package let output: Int64

    package static let free = ModelPrices(input: 0, output: 0)
    /// Of the dearest model there is, many times over.
    static let perMillionLimit = 10_000.0

    package init(input: Int64, output: Int64) {
        self.input = input
        self.output = output
    }

    /// `3/15`: US dollars for a million tokens told, and for a million answered; `nil` for what is
    /// not written so.
    package init?(_ text: String) {
        let sides = text.split(separator: "/", omittingEmptySubsequences: false)
        let dollars = sides.compactMap { Double($0) }
        guard dollars.count == 2, sides.count == 2,
            dollars.allSatisfy({ (0...ModelPrices.perMillionLimit).contains($0) })
        else { return nil }
        // A dollar for a million is a thousand billionths for one.
        let each = dollars.map { Int64(($0 * 1_000).rounded()) }
        self.init(input: each[0], output: each[1])
    }

    /// In billionths of a US dollar.
    package func cost(of usage: ModelUsage) -> Int64 {
        Int64(clamping: usage.input).multipliedClamped(by: input)
            .addingClamped(Int64(clamping: usage.output).multipliedClamped(by: output))
    }
}

/// What may be spent on models in a day, by UTC.
package struct ModelBudget: Equatable, Sendable {
    package let tokens: Int
    /// In billionths of a US dollar; `nil`: the tokens alone are counted.
    package let cost: Int64?
    package let prices: ModelPrices

    package init(tokens: Int, cost: Int64?, prices: ModelPrices) {
        self.tokens = tokens
        self.cost = cost
        self.prices = prices
    }

    /// Why another question may not be asked; `nil`: it may.
    ///
    /// - Parameters:
    ///   - spent: on this day.
    ///   - most: what this question, and those that are being answered, may take at the most.
    package func objection(spent: ModelSpending, most: ModelUsage) -> String? {
        guard spent.tokens <= tokens - most.total else {
            return "\(spent.tokens) of the day's \(tokens) tokens are spent, and this may take "
                + "\(most.total): ask again tomorrow, or raise LANGUAGE_MODEL_TOKENS"
        }
        if let cost, spent.cost.addingClamped(prices.cost(of: most)) > cost {
            return "the day's budget for the language model is spent: ask again tomorrow, or raise "
                + "LANGUAGE_MODEL_BUDGET"
        }
        return nil
    }
}

extension Int64 {
    fileprivate func multipliedClamped(by other: Int64) -> Int64 {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }

    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
