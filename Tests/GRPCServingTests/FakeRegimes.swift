import Contracts
import Synchronization

/// Answers as a test says.
final class FakeRegimes: MarketRegimeAPI {
    typealias Change = Bloasis_MarketRegime_RegimeChange

    struct Wrong: Error {
        let path = "/secret/path"
    }

    private let failure = Mutex<(any Error)?>(nil)
    let (changes, feed) = AsyncThrowingStream<Change, any Error>.makeStream()

    func fail(with error: any Error) { failure.withLock { $0 = error } }

    func getCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> Bloasis_MarketRegime_RegimeResponse {
        if let error = failure.withLock({ $0 }) { throw error }
        var response = Bloasis_MarketRegime_RegimeResponse()
        response.regime = "crisis"
        response.market = request.market
        // Whoever asks for a large answer gets one.
        response.reasoning = String(repeating: "x", count: Int(request.userID) ?? 0)
        return response
    }

    func getRegimeHistory(
        _ request: Bloasis_MarketRegime_GetRegimeHistoryRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeHistoryResponse { .init() }

    func listRegimeChanges(
        _ request: Bloasis_MarketRegime_ListRegimeChangesRequest
    ) async throws -> Bloasis_MarketRegime_ListRegimeChangesResponse { .init() }

    func streamRegimeChanges(
        _ request: Bloasis_MarketRegime_StreamRegimeChangesRequest
    ) async throws -> AsyncThrowingStream<Change, any Error> {
        if let error = failure.withLock({ $0 }) { throw error }
        return changes
    }

    func saveRegime(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest
    ) async throws -> Bloasis_MarketRegime_SaveRegimeResponse { .init() }

    func listModels(
        _ request: Bloasis_MarketRegime_ListModelsRequest
    ) async throws -> Bloasis_MarketRegime_ListModelsResponse { .init() }

    func getModel(
        _ request: Bloasis_MarketRegime_GetModelRequest
    ) async throws -> Bloasis_MarketRegime_RegimeModel { .init() }
}
