/// What the ai-analysis service answers, in the messages of the wire contract; see
/// `MarketRegimeAPI`.
package protocol AIAnalysisAPI: Sendable {
    func getStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse

    func getSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse
}
