package import Market
import Ports
import Postgres
package import Trading

/// The paper book of the full stack, in the database of the regime store.
///
/// What is decided about one portfolio queues up for its row; the row of the series is locked
/// against new announcements until a decision on the latest is written.
package final class PostgresPaperBook: Sendable {
    private let database: SharedDatabase
    private let now: @Sendable () -> Timestamp

    init(database: SharedDatabase, now: @escaping @Sendable () -> Timestamp) {
        self.database = database
        self.now = now
    }
}

extension PostgresPaperBook: PaperBook {
    package func open(_ portfolio: PaperPortfolio) async throws -> PaperPortfolio {
        let (user, series) = (portfolio.key.userID.text, portfolio.series)
        let opening: [PostgresQuery] = [
            // Who opens another at the same time waits here.
            "SELECT pg_advisory_xact_lock(hashtextextended(\("paper:" + user), 0))",
            PaperQueries.portfolio(portfolio.key),
            PaperQueries.sequence(of: series),
            "SELECT count(*) FROM paper_portfolios WHERE user_id = \(user)",
        ]
        let recordedAt = now().floored
        return try await database.transaction(opening) { _, rows in
            let (opened, isNew) = try portfolio.opening(
                existing: rows[1].first.map { try StoredPaper.portfolio($0) },
                lastSequence: rows[2].first?.value(0), count: rows[3].first?.integer(0) ?? 0)
            return Ending(
                value: opened,
                queries: isNew ? [try PaperQueries.insertion(of: opened, at: recordedAt)] : [])
        }
    }

    package func portfolio(_ key: PaperKey) async throws -> PaperPortfolio? {
        try await database.values(PaperQueries.portfolio(key)) {
            try StoredPaper.portfolio($0)
        }.first
    }

    package func portfolios(of user: UserID) async throws -> [PaperPortfolio] {
        try await database.values(
            """
            SELECT \(sql: PaperQueries.portfolioColumns) FROM paper_portfolios
            WHERE user_id = \(user.text) ORDER BY portfolio_id
            """
        ) { try StoredPaper.portfolio($0) }
    }

    package func portfolios(following series: Series) async throws -> [PaperPortfolio] {
        try await database.values(
            """
            SELECT \(sql: PaperQueries.portfolioColumns) FROM paper_portfolios
            WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
                AND status = 'open'
            ORDER BY user_id, portfolio_id
            """
        ) { try StoredPaper.portfolio($0) }
    }

    package func close(
        _ key: PaperKey, because reason: String
    ) async throws -> PaperPortfolio? {
        try await database.transaction([PaperQueries.locked(key)]) { _, rows in
            guard var portfolio = try rows[0].first.map({ try StoredPaper.portfolio($0) }) else {
                return Ending(value: nil, queries: [])
            }
            guard !portfolio.isClosed else { return Ending(value: portfolio, queries: []) }
            portfolio.isClosed = true
            return Ending(
                value: portfolio,
                queries: [
                    PaperQueries.update(to: portfolio),
                    PaperQueries.cancellation(of: key, because: reason),
                ])
        }
    }

    package func record(_ decision: PaperDecision) async throws -> PaperDecision {
        let (key, recordedAt) = (decision.key, now().floored)
        let opening =
            [
                PaperQueries.locked(key),
                """
                SELECT last_sequence FROM series WHERE (market, timeframe) =
                    (SELECT market, timeframe FROM paper_portfolios
                        WHERE user_id = \(key.userID.text) AND portfolio_id = \(key.id.text))
                FOR SHARE
                """,
            ]
            + PaperQueries.decisions(of: key, from: decision.sequence, limit: 1)
        return try await database.transaction(opening) { _, rows in
            guard var portfolio = try rows[0].first.map({ try StoredPaper.portfolio($0) }),
                let last: Int64 = try rows[1].first?.value(0)
            else { throw PaperBookError.unknownPortfolio(key) }
            let existing = try PaperQueries.decisions(rows[2], rows[3]).first
            let plan = PaperPlan(
                decision,
                given: PaperFacts(
                    portfolio: portfolio,
                    existing: existing?.sequence == decision.sequence ? existing : nil,
                    lastSequence: last))
            guard case .record(let decision, let reason) = plan else {
                return Ending(value: plan.decision, queries: [])
            }
            portfolio.decidedSequence = max(portfolio.decidedSequence, decision.sequence)
            let cancelled = reason.map { [PaperQueries.cancellation(of: key, because: $0)] } ?? []
            return Ending(
                value: decision,
                queries: cancelled + [PaperQueries.update(to: portfolio)]
                    + (try PaperQueries.insertions(of: decision, at: recordedAt)))
        }
    }

    package func decisions(
        of key: PaperKey, after sequence: Int64, limit: Int
    ) async throws -> [PaperDecision] {
        guard sequence < .max else { return [] }
        let rows = try await database.read(
            PaperQueries.decisions(of: key, from: sequence + 1, limit: PaperPage.limit(limit)))
        return try await database.translating { try PaperQueries.decisions(rows[0], rows[1]) }
    }

    package func openOrders(of key: PaperKey?) async throws -> [PaperOrder] {
        let query: PostgresQuery =
            if let key {
                """
                SELECT \(sql: PaperQueries.orderColumns) FROM paper_orders
                WHERE status = 'open' AND user_id = \(key.userID.text)
                    AND portfolio_id = \(key.id.text)
                ORDER BY sequence, symbol
                """
            } else {
                """
                SELECT \(sql: PaperQueries.orderColumns) FROM paper_orders
                WHERE status = 'open' ORDER BY user_id, portfolio_id, sequence, symbol
                """
            }
        return try await database.values(query) { try StoredPaper.order($0) }
    }

    package func advance(
        _ order: PaperOrder, from before: PaperOrder
    ) async throws -> Bool {
        let update: PostgresQuery = """
            UPDATE paper_orders
            SET filled = \(order.filled.description), status = \(order.status.rawValue),
                reason = \(order.reason), through = \(try order.through.stored()),
                bars = \(order.bars)
            WHERE order_id = \(order.id.text) AND status = \(before.status.rawValue)
                AND through = \(try before.through.stored())
            """
        return try await database.transaction([update]) { _, rows in
            let isDone = rows[0].affected == 1
            return Ending(value: isDone, queries: [], wroteBefore: isDone)
        }
    }
}

/// Statements about paper portfolios, and their rows as values.
private enum PaperQueries {
    static let portfolioColumns: StaticString = """
        user_id, portfolio_id, market, timeframe, symbols, risk_profile, capital, currency, \
        slippage_bps, commission_bps, participation, lot, seed, from_sequence, decided_sequence, \
        status
        """
    static let orderColumns: StaticString = """
        user_id, portfolio_id, order_id, sequence, symbol, side, quantity, filled, status, \
        reason, through, bars, decided_at
        """
    private static let portfolios = table("paper_portfolios", StoredPaper.portfolioColumns)
    private static let decisions = table("paper_decisions", StoredPaper.decisionColumns)
    private static let orders = table("paper_orders", StoredPaper.orderColumns)

    private static func table(_ name: String, _ columns: [String]) -> PostgresTable {
        PostgresTable(name, columns + ["recorded_at"])
    }

    static func portfolio(_ key: PaperKey) -> PostgresQuery {
        """
        SELECT \(sql: portfolioColumns) FROM paper_portfolios
        WHERE user_id = \(key.userID.text) AND portfolio_id = \(key.id.text)
        """
    }

    static func locked(_ key: PaperKey) -> PostgresQuery {
        """
        SELECT \(sql: portfolioColumns) FROM paper_portfolios
        WHERE user_id = \(key.userID.text) AND portfolio_id = \(key.id.text) FOR UPDATE
        """
    }

    static func sequence(of series: Series) -> PostgresQuery {
        """
        SELECT last_sequence FROM series
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
        """
    }

    /// The decisions, then their orders.
    static func decisions(
        of key: PaperKey, from sequence: Int64, limit: Int
    ) -> [PostgresQuery] {
        let (user, id) = (key.userID.text, key.id.text)
        return [
            """
            SELECT user_id, portfolio_id, sequence, event_id, regime, as_of, equity, strategy,
                rationale, refusal
            FROM paper_decisions
            WHERE user_id = \(user) AND portfolio_id = \(id) AND sequence >= \(sequence)
            ORDER BY sequence LIMIT \(limit)
            """,
            """
            SELECT \(sql: orderColumns) FROM paper_orders
            WHERE user_id = \(user) AND portfolio_id = \(id) AND sequence IN
                (SELECT sequence FROM paper_decisions
                    WHERE user_id = \(user) AND portfolio_id = \(id) AND sequence >= \(sequence)
                    ORDER BY sequence LIMIT \(limit))
            ORDER BY sequence, symbol
            """,
        ]
    }

    static func decisions(
        _ decisions: PostgresRows, _ orders: PostgresRows
    ) throws -> [PaperDecision] {
        StoredPaper.joined(
            try decisions.map { try StoredPaper.decision($0) },
            try orders.map { try StoredPaper.order($0) })
    }

    static func insertion(
        of portfolio: PaperPortfolio, at recordedAt: PostgresValue
    ) throws -> PostgresQuery {
        try insertion(StoredPaper.values(portfolio), into: portfolios, at: recordedAt)
    }

    static func insertions(
        of decision: PaperDecision, at recordedAt: PostgresValue
    ) throws -> [PostgresQuery] {
        [try insertion(StoredPaper.values(decision), into: decisions, at: recordedAt)]
            + (try decision.orders.map {
                try insertion(StoredPaper.values($0), into: orders, at: recordedAt)
            })
    }

    private static func insertion(
        _ values: [StoredValue], into table: PostgresTable, at recordedAt: PostgresValue
    ) throws -> PostgresQuery {
        table.insert(try values.map { try $0.inPostgres() } + [recordedAt])
    }

    static func update(to portfolio: PaperPortfolio) -> PostgresQuery {
        """
        UPDATE paper_portfolios
        SET decided_sequence = \(portfolio.decidedSequence),
            status = \(StoredPaper.status(portfolio.isClosed))
        WHERE user_id = \(portfolio.key.userID.text)
            AND portfolio_id = \(portfolio.key.id.text)
        """
    }

    static func cancellation(of key: PaperKey, because reason: String) -> PostgresQuery {
        """
        UPDATE paper_orders SET status = 'cancelled', reason = \(reason)
        WHERE user_id = \(key.userID.text) AND portfolio_id = \(key.id.text)
            AND status = 'open'
        """
    }
}
