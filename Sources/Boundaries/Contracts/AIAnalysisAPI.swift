/// What the ai-analysis service answers, in the messages of the wire contract; see
/// `MarketRegimeAPI`.
package protocol AIAnalysisAPI: Sendable {
    func getStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse

    /// As `getStrategy`, for whoever tells the answer on.
    func answerStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> AnsweredMessage

    func getSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse

    /// As `getSectorStrategies`, for whoever tells the answer on.
    func answerSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> AnsweredMessage
}

extension AIAnalysisAPI {
    package func answerStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> AnsweredMessage {
        AnsweredMessage(try await getStrategy(request))
    }

    package func answerSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> AnsweredMessage {
        AnsweredMessage(try await getSectorStrategies(request))
    }
}
