import GRDB
package import Market
import Ports
package import Trading

/// The paper book of the embedded default, in the file of the regime store.
package final class SQLitePaperBook: Sendable {
    private let file: EmbeddedFile
    private let now: @Sendable () -> Timestamp

    init(file: EmbeddedFile, now: @escaping @Sendable () -> Timestamp) {
        self.file = file
        self.now = now
    }
}

extension SQLitePaperBook: PaperBook {
    package func open(_ portfolio: PaperPortfolio) async throws -> PaperPortfolio {
        let recordedAt = now().nanoseconds
        return try await file.write { database in
            let rows = PaperRows(database, recordedAt: recordedAt)
            let (opened, isNew) = try portfolio.opening(
                existing: rows.portfolio(portfolio.key),
                lastSequence: rows.lastSequence(of: portfolio.series),
                count: rows.count(of: portfolio.key.userID))
            if isNew { try rows.insert(opened) }
            return opened
        }
    }

    package func portfolio(_ key: PaperKey) async throws -> PaperPortfolio? {
        try await file.read { try PaperRows($0).portfolio(key) }
    }

    package func portfolios(of user: UserID) async throws -> [PaperPortfolio] {
        try await file.read {
            try PaperRows($0).portfolios("WHERE user_id = ? ORDER BY portfolio_id", [user.text])
        }
    }

    package func portfolios(following series: Series) async throws -> [PaperPortfolio] {
        try await file.read {
            try PaperRows($0).portfolios(
                """
                WHERE market = ? AND timeframe = ? AND status = 'open'
                ORDER BY user_id, portfolio_id
                """, [series.market.text, series.timeframe.description])
        }
    }

    package func close(
        _ key: PaperKey, because reason: String
    ) async throws -> PaperPortfolio? {
        try await file.write { database in
            let rows = PaperRows(database)
            guard var portfolio = try rows.portfolio(key) else { return nil }
            guard !portfolio.isClosed else { return portfolio }
            portfolio.isClosed = true
            try rows.update(portfolio)
            try rows.cancelOrders(of: key, because: reason)
            return portfolio
        }
    }

    package func record(_ decision: PaperDecision) async throws -> PaperDecision {
        let recordedAt = now().nanoseconds
        return try await file.write { database in
            let rows = PaperRows(database, recordedAt: recordedAt)
            guard var portfolio = try rows.portfolio(decision.key),
                let last = try rows.lastSequence(of: portfolio.series)
            else { throw PaperBookError.unknownPortfolio(decision.key) }
            let plan = PaperPlan(
                decision,
                given: PaperFacts(
                    portfolio: portfolio,
                    existing: try rows.decisions(of: decision.key, at: decision.sequence),
                    lastSequence: last))
            guard case .record(let decision, let reason) = plan else { return plan.decision }
            if let reason { try rows.cancelOrders(of: decision.key, because: reason) }
            try rows.insert(decision)
            portfolio.decidedSequence = max(portfolio.decidedSequence, decision.sequence)
            try rows.update(portfolio)
            return decision
        }
    }

    package func decisions(
        of key: PaperKey, after sequence: Int64, limit: Int
    ) async throws -> [PaperDecision] {
        try await file.read {
            try PaperRows($0).decisions(
                of: key, "sequence > ? ORDER BY sequence LIMIT ?",
                [sequence, PaperPage.limit(limit)])
        }
    }

    package func openOrders(of key: PaperKey?) async throws -> [PaperOrder] {
        try await file.read { database in
            let rows = PaperRows(database)
            guard let key else {
                return try rows.orders(
                    "status = 'open' ORDER BY user_id, portfolio_id, sequence, symbol", [])
            }
            return try rows.orders(
                """
                status = 'open' AND user_id = ? AND portfolio_id = ? ORDER BY sequence, symbol
                """, [key.userID.text, key.id.text])
        }
    }

    package func advance(
        _ order: PaperOrder, from before: PaperOrder
    ) async throws -> Bool {
        try await file.write { database in
            try PaperRows(database).execute(
                """
                UPDATE paper_orders SET filled = ?, status = ?, reason = ?, through = ?, bars = ?
                WHERE order_id = ? AND status = ? AND through = ?
                """,
                [
                    order.filled.description, order.status.rawValue, order.reason,
                    order.through.nanoseconds, order.bars, order.id.text, before.status.rawValue,
                    before.through.nanoseconds,
                ])
            return database.changesCount == 1
        }
    }
}

/// What one transaction looks up and writes.
private struct PaperRows {
    private let database: Database
    private let recordedAt: Int64

    init(_ database: Database, recordedAt: Int64 = 0) {
        self.database = database
        self.recordedAt = recordedAt
    }

    func portfolios(
        _ condition: String, _ arguments: StatementArguments
    ) throws -> [PaperPortfolio] {
        try fetch(StoredPaper.portfolioColumns, "paper_portfolios", condition, arguments) {
            try StoredPaper.portfolio($0)
        }
    }

    func portfolio(_ key: PaperKey) throws -> PaperPortfolio? {
        try portfolios(
            "WHERE user_id = ? AND portfolio_id = ?", [key.userID.text, key.id.text]
        ).first
    }

    func count(of user: UserID) throws -> Int {
        let statement = try database.cachedStatement(
            sql: "SELECT count(*) FROM paper_portfolios WHERE user_id = ?")
        return try Int.fetchOne(statement, arguments: [user.text]) ?? 0
    }

    func lastSequence(of series: Series) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: "SELECT last_sequence FROM series WHERE market = ? AND timeframe = ?")
        return try Int64.fetchOne(
            statement, arguments: [series.market.text, series.timeframe.description])
    }

    func decisions(
        of key: PaperKey, _ condition: String, _ arguments: StatementArguments
    ) throws -> [PaperDecision] {
        let own: StatementArguments = [key.userID.text, key.id.text]
        let decisions = try fetch(
            StoredPaper.decisionColumns, "paper_decisions",
            "WHERE user_id = ? AND portfolio_id = ? AND \(condition)", own + arguments
        ) { try StoredPaper.decision($0) }
        guard let first = decisions.first, let last = decisions.last else { return [] }
        let orders = try orders(
            """
            user_id = ? AND portfolio_id = ? AND sequence BETWEEN ? AND ?
            ORDER BY sequence, symbol
            """, own + [first.sequence, last.sequence])
        return StoredPaper.joined(decisions, orders)
    }

    func decisions(of key: PaperKey, at sequence: Int64) throws -> PaperDecision? {
        try decisions(of: key, "sequence = ?", [sequence]).first
    }

    func orders(_ condition: String, _ arguments: StatementArguments) throws -> [PaperOrder] {
        try fetch(
            StoredPaper.orderColumns, "paper_orders", "WHERE \(condition)", arguments
        ) { try StoredPaper.order($0) }
    }

    func insert(_ portfolio: PaperPortfolio) throws {
        try insert(
            StoredPaper.values(portfolio), StoredPaper.portfolioColumns, into: "paper_portfolios")
    }

    func insert(_ decision: PaperDecision) throws {
        try insert(
            StoredPaper.values(decision), StoredPaper.decisionColumns, into: "paper_decisions")
        for order in decision.orders {
            try insert(StoredPaper.values(order), StoredPaper.orderColumns, into: "paper_orders")
        }
    }

    func update(_ portfolio: PaperPortfolio) throws {
        try execute(
            """
            UPDATE paper_portfolios SET decided_sequence = ?, status = ?
            WHERE user_id = ? AND portfolio_id = ?
            """,
            [
                portfolio.decidedSequence, StoredPaper.status(portfolio.isClosed),
                portfolio.key.userID.text, portfolio.key.id.text,
            ])
    }

    func cancelOrders(of key: PaperKey, because reason: String) throws {
        try execute(
            """
            UPDATE paper_orders SET status = 'cancelled', reason = ?
            WHERE user_id = ? AND portfolio_id = ? AND status = 'open'
            """, [reason, key.userID.text, key.id.text])
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.execute(sql, arguments)
    }

    private func insert(
        _ values: [StoredValue], _ columns: [String], into table: String
    ) throws {
        try database.insert(
            values + [.number(recordedAt)], columns + ["recorded_at"], into: table)
    }

    private func fetch<Value>(
        _ columns: [String], _ table: String, _ condition: String,
        _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws -> [Value] {
        try database.rows(of: columns, from: table, condition, arguments, read)
    }
}
