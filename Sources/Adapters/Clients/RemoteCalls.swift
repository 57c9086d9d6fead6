package import Contracts
package import SwiftProtobuf

/// Calls methods of a service elsewhere by name.
///
/// Every call throws an `RPCFault` in the service's own words; where the service cannot be reached,
/// UNAVAILABLE with `Service unavailable: <host>`; and `CancellationError` when it is cancelled.
/// What comes with the caller's own call (`CallContext`) goes along: its credentials, its trace,
/// and its deadline, which the call keeps. What may pass by itself is tried again where that does
/// no harm (`RetrySchedule`).
package protocol RemoteCalls: Sendable {
    func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered

    /// A fault of the request is thrown before the stream begins, which it does within the caller's
    /// deadline. Ending the iteration ends the call.
    func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> AsyncThrowingStream<Answered, any Error>
}

/// `bloasis.market_regime.MarketRegimeService` elsewhere.
package struct RemoteMarketRegime: MarketRegimeAPI {
    private let calls: any RemoteCalls
    private let service = ServiceMethod.marketRegimeService

    package init(_ calls: any RemoteCalls) {
        self.calls = calls
    }

    package func getCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> Bloasis_MarketRegime_RegimeResponse {
        try await calls.unary(service, "GetCurrentRegime", request)
    }

    package func getRegimeHistory(
        _ request: Bloasis_MarketRegime_GetRegimeHistoryRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeHistoryResponse {
        try await calls.unary(service, "GetRegimeHistory", request)
    }

    package func listRegimeChanges(
        _ request: Bloasis_MarketRegime_ListRegimeChangesRequest
    ) async throws -> Bloasis_MarketRegime_ListRegimeChangesResponse {
        try await calls.unary(service, "ListRegimeChanges", request)
    }

    package func streamRegimeChanges(
        _ request: Bloasis_MarketRegime_StreamRegimeChangesRequest
    ) async throws -> AsyncThrowingStream<Bloasis_MarketRegime_RegimeChange, any Error> {
        try await calls.stream(service, "StreamRegimeChanges", request)
    }

    package func saveRegime(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest
    ) async throws -> Bloasis_MarketRegime_SaveRegimeResponse {
        try await calls.unary(service, "SaveRegime", request)
    }

    package func analyzeCurrentRegime(
        _ request: Bloasis_MarketRegime_AnalyzeCurrentRegimeRequest
    ) async throws -> Bloasis_MarketRegime_AnalyzeCurrentRegimeResponse {
        try await calls.unary(service, "AnalyzeCurrentRegime", request)
    }

    package func listModels(
        _ request: Bloasis_MarketRegime_ListModelsRequest
    ) async throws -> Bloasis_MarketRegime_ListModelsResponse {
        try await calls.unary(service, "ListModels", request)
    }

    package func listDisagreements(
        _ request: Bloasis_MarketRegime_ListDisagreementsRequest
    ) async throws -> Bloasis_MarketRegime_ListDisagreementsResponse {
        try await calls.unary(service, "ListDisagreements", request)
    }

    package func getModel(
        _ request: Bloasis_MarketRegime_GetModelRequest
    ) async throws -> Bloasis_MarketRegime_RegimeModel {
        try await calls.unary(service, "GetModel", request)
    }

    package func listSeries(
        _ request: Bloasis_MarketRegime_ListSeriesRequest
    ) async throws -> Bloasis_MarketRegime_ListSeriesResponse {
        try await calls.unary(service, "ListSeries", request)
    }

    package func getRegimeColumns(
        _ request: Bloasis_MarketRegime_GetRegimeColumnsRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeColumnsResponse {
        try await calls.unary(service, "GetRegimeColumns", request)
    }

    package func getScorecard(
        _ request: Bloasis_MarketRegime_GetScorecardRequest
    ) async throws -> Bloasis_MarketRegime_GetScorecardResponse {
        try await calls.unary(service, "GetScorecard", request)
    }
}

/// `bloasis.ai_analysis.AIAnalysisService` elsewhere.
package struct RemoteAIAnalysis: AIAnalysisAPI {
    private let calls: any RemoteCalls
    private let service = ServiceMethod.aiAnalysisService

    package init(_ calls: any RemoteCalls) {
        self.calls = calls
    }

    package func getStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        try await calls.unary(service, "GetStrategy", request)
    }

    package func getSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
        try await calls.unary(service, "GetSectorStrategies", request)
    }
}

/// `bloasis.trading.TradingService` elsewhere.
package struct RemoteTrading: TradingAPI, MarketDataAPI, PaperTradingAPI {
    private let calls: any RemoteCalls
    private let service = ServiceMethod.tradingService

    package init(_ calls: any RemoteCalls) {
        self.calls = calls
    }

    package func recordFill(
        _ request: Bloasis_Trading_RecordFillRequest
    ) async throws -> Bloasis_Trading_RecordFillResponse {
        try await calls.unary(service, "RecordFill", request)
    }

    package func getPortfolio(
        _ request: Bloasis_Trading_GetPortfolioRequest
    ) async throws -> Bloasis_Trading_Portfolio {
        try await calls.unary(service, "GetPortfolio", request)
    }

    package func openPaperPortfolio(
        _ request: Bloasis_Trading_OpenPaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        try await calls.unary(service, "OpenPaperPortfolio", request)
    }

    package func listPaperPortfolios(
        _ request: Bloasis_Trading_ListPaperPortfoliosRequest
    ) async throws -> Bloasis_Trading_ListPaperPortfoliosResponse {
        try await calls.unary(service, "ListPaperPortfolios", request)
    }

    package func closePaperPortfolio(
        _ request: Bloasis_Trading_ClosePaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        try await calls.unary(service, "ClosePaperPortfolio", request)
    }

    package func listPaperDecisions(
        _ request: Bloasis_Trading_ListPaperDecisionsRequest
    ) async throws -> Bloasis_Trading_ListPaperDecisionsResponse {
        try await calls.unary(service, "ListPaperDecisions", request)
    }

    package func recordBars(
        _ request: Bloasis_Trading_RecordBarsRequest
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        try await calls.unary(service, "RecordBars", request)
    }
}
