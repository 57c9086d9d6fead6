package import Contracts
package import Hosting
package import Logging
package import Market
package import Ports
import Trading

/// Answers `PaperTradingAPI` from the book.
package struct PaperTrading: PaperTradingAPI {
    static let pageSizeDefault = 100
    /// Orders are looked after at most this often.
    static let shortestPause = Duration.milliseconds(50)

    private let book: any PaperBook
    private let trader: PaperTrader
    private let broker: PaperBroker
    private let defaultMarket: MarketName
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the wall clock, by which orders are looked after.
    package init(
        _ book: any PaperBook, trader: PaperTrader, broker: PaperBroker,
        defaultMarket: MarketName, now: @escaping @Sendable () -> Timestamp
    ) {
        self.book = book
        self.trader = trader
        self.broker = broker
        self.defaultMarket = defaultMarket
        self.now = now
    }

    /// Holds open orders against bars as they come.
    ///
    /// - Parameter commits: as `RegimeReader.commits()`.
    package func settlement(
        after commits: @escaping @Sendable () -> AsyncStream<Void>, logger: Logger
    ) -> DueWork {
        DueWork(
            "Paper orders", after: commits, shortestPause: PaperTrading.shortestPause, now: now,
            logger: logger
        ) { _ in
            try await broker.settle()
            return nil
        }
    }

    package func openPaperPortfolio(
        _ request: Bloasis_Trading_OpenPaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        try await answering {
            let asked = try request.portfolio.portfolio(
                of: try UserID(asked: request.userID), defaultMarket: defaultMarket)
            let opened = try await book.open(asked)
            try await trader.begin(opened)
            return try await told(opened.key) ?? Bloasis_Trading_PaperPortfolio()
        }
    }

    package func listPaperPortfolios(
        _ request: Bloasis_Trading_ListPaperPortfoliosRequest
    ) async throws -> Bloasis_Trading_ListPaperPortfoliosResponse {
        try await answering {
            var response = Bloasis_Trading_ListPaperPortfoliosResponse()
            for portfolio in try await book.portfolios(of: try UserID(asked: request.userID)) {
                response.items.append(
                    Bloasis_Trading_PaperPortfolio(
                        portfolio, account: try await trader.account(of: portfolio)))
            }
            return response
        }
    }

    package func closePaperPortfolio(
        _ request: Bloasis_Trading_ClosePaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        try await answering {
            let key = try key(request.userID, request.portfolioID)
            guard
                try await book.close(key, because: "the portfolio was closed") != nil,
                let closed = try await told(key)
            else { throw unknown(key) }
            return closed
        }
    }

    package func listPaperDecisions(
        _ request: Bloasis_Trading_ListPaperDecisionsRequest
    ) async throws -> Bloasis_Trading_ListPaperDecisionsResponse {
        try await answering {
            let key = try key(request.userID, request.portfolioID)
            let limit = try RequestReading.count(
                request.pageSize, field: "page_size", standard: PaperTrading.pageSizeDefault,
                maximum: PaperPage.limitMaximum)
            guard try await book.portfolio(key) != nil else { throw unknown(key) }
            // The regime that it was opened in may have the number 0.
            let after = request.hasAfter ? request.after : -1
            var response = Bloasis_Trading_ListPaperDecisionsResponse()
            response.items = try await book.decisions(of: key, after: after, limit: limit)
                .map { Bloasis_Trading_PaperDecision($0) }
            return response
        }
    }

    private func told(_ key: PaperKey) async throws -> Bloasis_Trading_PaperPortfolio? {
        guard let portfolio = try await book.portfolio(key) else { return nil }
        return Bloasis_Trading_PaperPortfolio(
            portfolio, account: try await trader.account(of: portfolio))
    }

    private func unknown(_ key: PaperKey) -> RPCFault {
        .notFound("\(PaperBookError.unknownPortfolio(key))")
    }

    private func key(_ userID: String, _ id: String) throws(RPCFault) -> PaperKey {
        let user = try UserID(asked: userID)
        guard let id = PaperPortfolioID(id) else {
            throw .notFound("there is no paper portfolio '\(RequestReading.excerpt(id))'")
        }
        return PaperKey(userID: user, id: id)
    }

    private func answering<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let away as PassingFault {
            // What was opened stays so; the same request again has it begin.
            throw away.fault
        } catch let error as PaperBookError {
            throw switch error {
            case .keyTaken: RPCFault(.alreadyExists, "\(error)")
            case .unknownPortfolio, .unknownSeries: RPCFault.notFound("\(error)")
            case .tooMany: RPCFault(.resourceExhausted, "\(error)")
            }
        }
    }
}
