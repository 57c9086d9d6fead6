package import Contracts
package import Market
package import Ports
import Regimes
import Trading

/// Takes reports of executions over the wire and answers what they add up to.
///
/// A report is stamped with the regime that was known at its instant: of the market that has the
/// instrument's name, else of the default market. A correction or bust has the stamp of the fill it
/// refers to.
package struct FillRecording: TradingAPI {
    /// A report may be this much ahead of the clock.
    package static let clockToleranceSeconds: Int64 = 300

    private let ledger: any FillLedger
    private let reader: any RegimeReader
    private let portfolios: Portfolios
    private let defaultMarket: MarketName
    private let now: @Sendable () -> Timestamp

    package init(
        ledger: any FillLedger, reader: any RegimeReader, portfolios: Portfolios,
        defaultMarket: MarketName, now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.reader = reader
        self.portfolios = portfolios
        self.defaultMarket = defaultMarket
        self.now = now
    }

    package func recordFill(
        _ request: Bloasis_Trading_RecordFillRequest
    ) async throws -> Bloasis_Trading_RecordFillResponse {
        let (fill, referenced) = try await read(request.fill)
        let receipt: FillReceipt
        do {
            receipt = try await record(fill, replacing: referenced)
        } catch let error as FillLedgerError {
            throw RPCFault(error)
        }
        var response = Bloasis_Trading_RecordFillResponse()
        response.fill = Bloasis_Trading_Fill(receipt.recorded)
        response.duplicate = receipt.isDuplicate
        return response
    }

    /// Records a report, stamped with the regime that was known at its instant.
    ///
    /// - Throws: `FillLedgerError`, `StoreError`.
    func record(
        _ fill: Fill, replacing referenced: RecordedFill? = nil
    ) async throws -> FillReceipt {
        let known = try await regime(for: fill, replacing: referenced)
        let receipt = try await ledger.record(fill, knowing: known)
        // Also after a duplicate: whoever recorded it may have been killed before it said so.
        await portfolios.changed(fill.userID)
        return receipt
    }

    package func getPortfolio(
        _ request: Bloasis_Trading_GetPortfolioRequest
    ) async throws -> Bloasis_Trading_Portfolio {
        let user = try UserID(asked: request.userID)
        guard !request.asOf.isEmpty else {
            var answer = try await portfolios.answer(of: user)
            answer.asOf = now().rfc3339
            return answer
        }
        let asOf = try RequestReading.instant(request.asOf, field: "as_of")
        return try await portfolios.answer(of: user, asOf: asOf)
    }

    /// The report that was sent, and the one it refers to.
    private func read(
        _ message: Bloasis_Trading_Fill
    ) async throws -> (Fill, replacing: RecordedFill?) {
        var referenced: RecordedFill?
        if let reference = try message.reference() {
            referenced = try await ledger.fill(reference)
            guard referenced != nil else {
                throw RPCFault(FillLedgerError.unknownReference(reference))
            }
        }
        let fill = try message.fill(replacing: referenced?.fill)
        try FillRecording.checkNames(of: fill)
        // Whoever has fills has a portfolio, under a key that holds the user's name.
        _ = try Portfolios.key(of: fill.userID)
        let horizon = now().advanced(bySeconds: FillRecording.clockToleranceSeconds)
        guard fill.timestamp <= horizon else {
            throw RPCFault.invalidArgument(
                "timestamp: \(fill.timestamp) is in the future: send it then")
        }
        return (fill, referenced)
    }

    /// What the paper broker names is nobody else's to report.
    private static func checkNames(of fill: Fill) throws(RPCFault) {
        guard fill.kind == .fill else { return }
        for (field, text) in [("fill_id", fill.id.text), ("order_id", fill.orderID.text)]
        where text.hasPrefix(OrderID.paperStem) {
            throw .invalidArgument(
                "\(field): '\(RequestReading.excerpt(text))' begins with "
                    + "'\(OrderID.paperStem)', as paper orders and their fills do: use another")
        }
    }

    /// What was known when the trade was made: that is not when it was corrected or busted.
    private func regime(
        for fill: Fill, replacing referenced: RecordedFill?
    ) async throws -> KnownRegime? {
        if let referenced { return referenced.regime }
        let own = MarketName(fill.symbol.text).map { Series(market: $0) }
        let standard = Series(market: defaultMarket)
        for series in [own, standard].compactMap({ $0 }) {
            if let answer = try await reader.known(series, at: fill.timestamp) {
                return KnownRegime(series: series, regime: answer.regime, asOf: answer.asOf)
            }
        }
        return nil
    }
}

extension RPCFault {
    init(_ error: FillLedgerError) {
        let code: RPCFault.Code =
            switch error {
            case .idTaken: .alreadyExists
            case .unknownReference, .alreadyReplaced: .failedPrecondition
            case .otherTrade: .invalidArgument
            }
        self.init(code, "\(error)")
    }
}
