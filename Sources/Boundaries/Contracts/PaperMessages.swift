package import Market
import Ports
import Regimes
package import Trading

extension OrderID {
    /// What the ids of all paper orders, and of their fills, begin with.
    package static let paperStem = "paper-"

    /// What the orders of a portfolio begin with.
    package static func paperPrefix(of key: PaperKey) -> String {
        "\(paperStem)\(EventID(hashing: "\(key.userID)|\(key.id)"))-"
    }

    /// Deterministic: the same decision gives the same orders.
    package static func paper(
        _ key: PaperKey, sequence: Int64, symbol: MarketName
    ) -> OrderID? {
        OrderID("\(paperPrefix(of: key))\(sequence)-\(symbol)")
    }
}

extension FillID {
    /// The fill of an order on the bar that is its `number`th.
    package static func paper(_ order: OrderID, number: Int) -> FillID? {
        FillID("\(order)-\(number)")
    }
}

extension Bloasis_Trading_PaperPortfolio {
    /// - Throws: INVALID_ARGUMENT naming the field.
    package func portfolio(
        of user: UserID, defaultMarket: MarketName
    ) throws(RPCFault) -> PaperPortfolio {
        guard let id = PaperPortfolioID(portfolioID) else {
            throw .invalidArgument(
                "portfolio_id: '\(RequestReading.excerpt(portfolioID))' is no name: use 1 to "
                    + "\(PaperPortfolioID.lengthLimit) letters, digits, '.', '_' and '-'")
        }
        guard userID.isEmpty || userID == user.text else {
            throw .invalidArgument(
                "portfolio.user_id: '\(RequestReading.excerpt(userID))' is not the user_id of the "
                    + "request: leave it out")
        }
        let series = try RequestReading.series(
            market: market, timeframe: timeframe, defaultMarket: defaultMarket)
        guard currency.isEmpty || Currency(currency) != nil else {
            throw .invalidArgument(
                "currency: '\(RequestReading.excerpt(currency))' is not an ISO 4217 code such as "
                    + "USD")
        }
        let standard = Bloasis_Trading_PaperPortfolio.standardCurrency
        return PaperPortfolio(
            key: PaperKey(userID: user, id: id), series: series,
            symbols: try symbols(or: series.market),
            profile: try RequestReading.riskProfile(riskProfile),
            capital: try RequestReading.amount(
                capital, field: "capital", or: StrategyQuestion.standardCapital),
            currency: Currency(currency) ?? standard, terms: try terms.terms())
    }

    private static let standardCurrency: Currency = {
        guard let dollar = Currency("USD") else { preconditionFailure("USD is a currency") }
        return dollar
    }()

    private func symbols(or market: MarketName) throws(RPCFault) -> [MarketName] {
        guard !symbols.isEmpty else { return [market] }
        guard symbols.count <= PaperPortfolio.symbolsLimit else {
            throw .invalidArgument(
                "symbols: \(symbols.count) are given: give at most \(PaperPortfolio.symbolsLimit)")
        }
        return try StrategyQuestion.symbols(symbols)
    }

    /// - Parameter account: `nil` when it cannot be added up.
    package init(_ portfolio: PaperPortfolio, account: PaperAccount?) {
        self.init()
        portfolioID = portfolio.key.id.text
        userID = portfolio.key.userID.text
        market = portfolio.series.market.text
        timeframe = portfolio.series.timeframe.description
        symbols = portfolio.symbols.map(\.text)
        riskProfile = portfolio.profile.rawValue
        capital = "\(portfolio.capital)"
        currency = portfolio.currency.code
        terms = Bloasis_Trading_PaperTerms(portfolio.terms)
        fromSequence = portfolio.fromSequence
        closed = portfolio.isClosed
        if portfolio.decidedSequence >= 0 { sequence = portfolio.decidedSequence }
        guard let account else { return }
        cash = "\(account.cash)"
        holdings = account.holdings.filter { !$0.value.isZero }.sorted { $0.key < $1.key }
            .map { symbol, quantity in
                var holding = Bloasis_Trading_PaperHolding()
                holding.symbol = symbol.text
                holding.quantity = "\(quantity)"
                return holding
            }
    }
}

extension Bloasis_Trading_PaperTerms {
    /// - Throws: INVALID_ARGUMENT naming the field.
    func terms() throws(RPCFault) -> PaperTerms {
        var terms = PaperTerms.standard
        if hasSlippageBps { terms.slippageBasisPoints = try basisPoints(slippageBps, "slippage") }
        if hasCommissionBps {
            terms.commissionBasisPoints = try basisPoints(commissionBps, "commission")
        }
        if hasParticipation {
            guard participation > 0, participation <= 1 else {
                throw .invalidArgument(
                    "terms.participation: \(participation) is not above 0 and at most 1")
            }
            terms.participation = participation
        }
        terms.lot = try RequestReading.amount(lot, field: "terms.lot", or: terms.lot)
        if hasSeed { terms.seed = seed }
        return terms
    }

    private func basisPoints(_ value: Double, _ name: String) throws(RPCFault) -> Double {
        guard (0...PaperTerms.basisPointsLimit).contains(value) else {
            throw .invalidArgument(
                "terms.\(name)_bps: \(value) is not between 0 and "
                    + "\(Int(PaperTerms.basisPointsLimit)) hundredths of a percent")
        }
        return value
    }

    init(_ terms: PaperTerms) {
        self.init()
        slippageBps = terms.slippageBasisPoints
        commissionBps = terms.commissionBasisPoints
        participation = terms.participation
        lot = "\(terms.lot)"
        seed = terms.seed
    }
}

extension Bloasis_Trading_PaperDecision {
    package init(_ decision: PaperDecision) {
        self.init()
        sequence = decision.sequence
        if let event = decision.eventID { eventID = event.text }
        regime = decision.regime.label
        asOf = decision.asOf.rfc3339
        if let refusal = decision.refusal { self.refusal = refusal }
        if let equity = decision.equity { self.equity = "\(equity)" }
        strategy = decision.strategy
        rationale = decision.rationale
        orders = decision.orders.map { Bloasis_Trading_PaperOrder($0) }
    }
}

extension Bloasis_Trading_PaperOrder {
    package init(_ order: PaperOrder) {
        self.init()
        orderID = order.id.text
        symbol = order.symbol.text
        side = order.side.rawValue
        quantity = "\(order.quantity)"
        filled = "\(order.filled)"
        status = order.status.rawValue
        if let reason = order.reason { self.reason = reason }
    }
}

extension Bloasis_Trading_PaperPortfolio: DecimalFields {
    package static let decimals: Set<String> = ["capital", "lot"]
}

extension Bloasis_AiAnalysis_StrategyRequest: DecimalFields {
    package static let decimals: Set<String> = ["capital", "lot", "quantity"]
}
