package import Contracts

extension MarketRegimeQueries {
    package func getScorecard(
        _ request: Bloasis_MarketRegime_GetScorecardRequest
    ) async throws -> Bloasis_MarketRegime_GetScorecardResponse {
        try await answering {
            try await scorecards.card(of: try await head(request.market, request.timeframe))
        }
    }
}
