import Market
import Regimes
import Trading

/// Paper portfolios, decisions and orders as both stores keep them.
enum StoredPaper {
    static let portfolioColumns = [
        "user_id", "portfolio_id", "market", "timeframe", "symbols", "risk_profile", "capital",
        "currency", "slippage_bps", "commission_bps", "participation", "lot", "seed",
        "from_sequence", "decided_sequence", "status",
    ]

    private static let closed = "closed"
    static let open = "open"

    static func status(_ isClosed: Bool) -> String { isClosed ? closed : open }

    static func values(_ portfolio: PaperPortfolio) -> [StoredValue] {
        let terms = portfolio.terms
        return [
            .text(portfolio.key.userID.text), .text(portfolio.key.id.text),
            .text(portfolio.series.market.text), .text("\(portfolio.series.timeframe)"),
            .text(portfolio.symbols.map(\.text).joined(separator: " ")),
            .text(portfolio.profile.rawValue), .text("\(portfolio.capital)"),
            .text(portfolio.currency.code), .text("\(terms.slippageBasisPoints)"),
            .text("\(terms.commissionBasisPoints)"), .text("\(terms.participation)"),
            .text("\(terms.lot)"), .number(terms.seed), .number(portfolio.fromSequence),
            .number(portfolio.decidedSequence), .text(status(portfolio.isClosed)),
        ]
    }

    static func portfolio(_ row: some StoredRow) throws -> PaperPortfolio {
        let row = StoredColumns(names: portfolioColumns, row: row)
        return PaperPortfolio(
            key: try key(row),
            series: try StoredText.series(
                market: row.read(2) { $0 }, timeframe: row.read(3) { $0 }),
            symbols: try row.read(4) { text in
                let names = text.split(separator: " ").map { MarketName($0) }
                return names.contains(nil) ? nil : names.compactMap(\.self)
            },
            profile: try row.read(5) { RiskProfile(rawValue: $0) },
            capital: try row.read(6) { try DecimalNumber(parsing: $0) },
            currency: try row.read(7) { Currency($0) },
            terms: PaperTerms(
                slippageBasisPoints: try row.read(8) { Double($0) },
                commissionBasisPoints: try row.read(9) { Double($0) },
                participation: try row.read(10) { Double($0) },
                lot: try row.read(11) { try DecimalNumber(parsing: $0) },
                seed: try row.row.number(12)),
            fromSequence: try row.row.number(13), decidedSequence: try row.row.number(14),
            isClosed: try row.read(15) { $0 } == closed)
    }

    static let decisionColumns = [
        "user_id", "portfolio_id", "sequence", "event_id", "regime", "as_of", "equity", "strategy",
        "rationale", "refusal",
    ]

    static func values(_ decision: PaperDecision) -> [StoredValue] {
        [
            .text(decision.key.userID.text), .text(decision.key.id.text),
            .number(decision.sequence), .text(orMissing: decision.eventID?.text),
            .text(decision.regime.label), .instant(decision.asOf),
            .text(orMissing: decision.equity?.description), .text(decision.strategy),
            .text(decision.rationale), .text(orMissing: decision.refusal),
        ]
    }

    /// Without its orders.
    static func decision(_ row: some StoredRow) throws -> PaperDecision {
        let row = StoredColumns(names: decisionColumns, row: row)
        return PaperDecision(
            key: try key(row), sequence: try row.row.number(2),
            eventID: try row.row.optionalText(3).map { EventID($0) },
            regime: try row.read(4) { Regime(rawValue: $0) }, asOf: try row.instant(5),
            equity: try row.row.optionalText(6).map { _ in
                try row.read(6) { try DecimalNumber(parsing: $0) }
            },
            strategy: try row.read(7) { $0 }, rationale: try row.read(8) { $0 },
            refusal: try row.row.optionalText(9))
    }

    static let orderColumns = [
        "user_id", "portfolio_id", "order_id", "sequence", "symbol", "side", "quantity", "filled",
        "status", "reason", "through", "bars", "decided_at",
    ]

    static func values(_ order: PaperOrder) -> [StoredValue] {
        [
            .text(order.key.userID.text), .text(order.key.id.text), .text(order.id.text),
            .number(order.sequence), .text(order.symbol.text), .text(order.side.rawValue),
            .text("\(order.quantity)"), .text("\(order.filled)"), .text(order.status.rawValue),
            .text(orMissing: order.reason), .instant(order.through), .number(Int64(order.bars)),
            .instant(order.decidedAt),
        ]
    }

    static func order(_ row: some StoredRow) throws -> PaperOrder {
        let row = StoredColumns(names: orderColumns, row: row)
        return PaperOrder(
            id: try row.read(2) { OrderID($0) }, key: try key(row),
            sequence: try row.row.number(3), symbol: try row.read(4) { MarketName($0) },
            side: try row.read(5) { Side(rawValue: $0) },
            quantity: try row.read(6) { try DecimalNumber(parsing: $0) },
            decidedAt: try row.instant(12),
            filled: try row.read(7) { try DecimalNumber(parsing: $0) },
            status: try row.read(8) { PaperOrder.Status(rawValue: $0) },
            reason: try row.row.optionalText(9), through: try row.instant(10),
            bars: Int(try row.row.number(11)))
    }

    private static func key(_ row: StoredColumns<some StoredRow>) throws -> PaperKey {
        PaperKey(
            userID: try row.read(0) { UserID($0) }, id: try row.read(1) { PaperPortfolioID($0) })
    }

    /// Puts orders to the decisions that they came of, both in the order of their sequence.
    static func joined(_ decisions: [PaperDecision], _ orders: [PaperOrder]) -> [PaperDecision] {
        let bySequence = Dictionary(grouping: orders, by: \.sequence)
        return decisions.map { decision in
            var decision = decision
            decision.orders = bySequence[decision.sequence] ?? []
            return decision
        }
    }
}
