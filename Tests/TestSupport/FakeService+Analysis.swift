package import Contracts
import Market
import Regimes
import Trading

/// Holds everything.
extension FakeService: AIAnalysisAPI {
    package func getStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        try take(request) {
            let question = try StrategyQuestion(
                request, defaultMarket: Samples.series.market, now: Samples.day(0))
            var response = Bloasis_AiAnalysis_StrategyResponse()
            response.regime = question.regime.label
            response.riskProfile = question.profile.rawValue
            response.capital = "\(question.capital)"
            return response
        }
    }

    package func getSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
        try take(request) {
            var response = Bloasis_AiAnalysis_GetSectorStrategiesResponse()
            response.sector = try RequestReading.sector(request.sector).rawValue
            return response
        }
    }
}

/// Nobody has a portfolio.
extension FakeService: PaperTradingAPI {
    package func openPaperPortfolio(
        _ request: Bloasis_Trading_OpenPaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        try take(request) { request.portfolio }
    }

    package func listPaperPortfolios(
        _ request: Bloasis_Trading_ListPaperPortfoliosRequest
    ) async throws -> Bloasis_Trading_ListPaperPortfoliosResponse {
        try take(request) { Bloasis_Trading_ListPaperPortfoliosResponse() }
    }

    package func closePaperPortfolio(
        _ request: Bloasis_Trading_ClosePaperPortfolioRequest
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        try take(request) {
            throw RPCFault.notFound("no portfolio \(request.portfolioID)")
        }
    }

    package func listPaperDecisions(
        _ request: Bloasis_Trading_ListPaperDecisionsRequest
    ) async throws -> Bloasis_Trading_ListPaperDecisionsResponse {
        try take(request) { Bloasis_Trading_ListPaperDecisionsResponse() }
    }
}
