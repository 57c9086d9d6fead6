import Market
import Ports
import Trading

struct FailingLedger: FillLedger {
    let ledger: any FillLedger
    let points: FailPoints

    func record(_ fill: Fill, knowing regime: KnownRegime?) async throws -> FillReceipt {
        let receipt = try await ledger.record(fill, knowing: regime)
        points.reach(.fillRecorded)
        return receipt
    }

    func fills(
        of user: UserID, after sequence: Int64, limit: Int
    ) async throws -> [RecordedFill] {
        try await ledger.fills(of: user, after: sequence, limit: limit)
    }

    func fill(_ id: FillID) async throws -> RecordedFill? { try await ledger.fill(id) }
}

struct FailingPaperBook: PaperBook {
    let book: any PaperBook
    let points: FailPoints

    func open(_ portfolio: PaperPortfolio) async throws -> PaperPortfolio {
        try await book.open(portfolio)
    }

    func portfolio(_ key: PaperKey) async throws -> PaperPortfolio? {
        try await book.portfolio(key)
    }

    func portfolios(of user: UserID) async throws -> [PaperPortfolio] {
        try await book.portfolios(of: user)
    }

    func portfolios(following series: Series) async throws -> [PaperPortfolio] {
        try await book.portfolios(following: series)
    }

    func close(_ key: PaperKey, because reason: String) async throws -> PaperPortfolio? {
        try await book.close(key, because: reason)
    }

    func record(_ decision: PaperDecision) async throws -> PaperDecision {
        let recorded = try await book.record(decision)
        points.reach(.decisionRecorded)
        return recorded
    }

    func decisions(
        of key: PaperKey, after sequence: Int64, limit: Int
    ) async throws -> [PaperDecision] {
        try await book.decisions(of: key, after: sequence, limit: limit)
    }

    func openOrders(of key: PaperKey?) async throws -> [PaperOrder] {
        try await book.openOrders(of: key)
    }

    func advance(_ order: PaperOrder, from before: PaperOrder) async throws -> Bool {
        let isDone = try await book.advance(order, from: before)
        points.reach(.orderAdvanced)
        return isDone
    }
}
