/// What the market-regime service answers, in the messages of the wire contract.
///
/// The gateway calls it directly when the service runs in its process; a client of a remote service
/// conforms to it too. Every method throws an `RPCFault` for an answer that is an error; whatever
/// else it throws is an internal one.
package protocol MarketRegimeAPI: Sendable {
    func getCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> Bloasis_MarketRegime_RegimeResponse

    /// The same, as an answer that may have been told before.
    func answerCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> AnsweredMessage

    func getRegimeHistory(
        _ request: Bloasis_MarketRegime_GetRegimeHistoryRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeHistoryResponse

    func listRegimeChanges(
        _ request: Bloasis_MarketRegime_ListRegimeChangesRequest
    ) async throws -> Bloasis_MarketRegime_ListRegimeChangesResponse

    /// Announced changes after the asked sequence, then those to come; without one only those to
    /// come. A fault of the request is thrown before the stream begins. Ending the iteration or
    /// cancelling its task ends the stream.
    func streamRegimeChanges(
        _ request: Bloasis_MarketRegime_StreamRegimeChangesRequest
    ) async throws -> AsyncThrowingStream<Bloasis_MarketRegime_RegimeChange, any Error>

    /// Overrides what is published. Whoever calls has seen to it that the asker may: the user id of
    /// the request is taken for true, and kept.
    func saveRegime(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest
    ) async throws -> Bloasis_MarketRegime_SaveRegimeResponse

    /// The current regime, and what ai-analysis would hold in it.
    func analyzeCurrentRegime(
        _ request: Bloasis_MarketRegime_AnalyzeCurrentRegimeRequest
    ) async throws -> Bloasis_MarketRegime_AnalyzeCurrentRegimeResponse

    func listModels(
        _ request: Bloasis_MarketRegime_ListModelsRequest
    ) async throws -> Bloasis_MarketRegime_ListModelsResponse

    func listDisagreements(
        _ request: Bloasis_MarketRegime_ListDisagreementsRequest
    ) async throws -> Bloasis_MarketRegime_ListDisagreementsResponse

    func getModel(
        _ request: Bloasis_MarketRegime_GetModelRequest
    ) async throws -> Bloasis_MarketRegime_RegimeModel

    func listSeries(
        _ request: Bloasis_MarketRegime_ListSeriesRequest
    ) async throws -> Bloasis_MarketRegime_ListSeriesResponse

    func getRegimeColumns(
        _ request: Bloasis_MarketRegime_GetRegimeColumnsRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeColumnsResponse

    func getScorecard(
        _ request: Bloasis_MarketRegime_GetScorecardRequest
    ) async throws -> Bloasis_MarketRegime_GetScorecardResponse
}

extension MarketRegimeAPI {
    package func answerCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> AnsweredMessage {
        AnsweredMessage(try await getCurrentRegime(request))
    }
}

/// Where bars come in.
package protocol MarketDataAPI: Sendable {
    func recordBars(
        _ request: Bloasis_Trading_RecordBarsRequest
    ) async throws -> Bloasis_Trading_RecordBarsResponse
}

/// Portfolios that trade without money.
package protocol PaperTradingAPI: Sendable {
    func openPaperPortfolio(
        _ request: Bloasis_Trading_OpenPaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio

    func listPaperPortfolios(
        _ request: Bloasis_Trading_ListPaperPortfoliosRequest
    ) async throws -> Bloasis_Trading_ListPaperPortfoliosResponse

    func closePaperPortfolio(
        _ request: Bloasis_Trading_ClosePaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio

    func listPaperDecisions(
        _ request: Bloasis_Trading_ListPaperDecisionsRequest
    ) async throws -> Bloasis_Trading_ListPaperDecisionsResponse
}

/// Where reports of executions come in, and what they add up to.
package protocol TradingAPI: Sendable {
    func recordFill(
        _ request: Bloasis_Trading_RecordFillRequest
    ) async throws -> Bloasis_Trading_RecordFillResponse

    func getPortfolio(
        _ request: Bloasis_Trading_GetPortfolioRequest
    ) async throws -> Bloasis_Trading_Portfolio
}
