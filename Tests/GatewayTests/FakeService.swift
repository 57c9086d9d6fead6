import Contracts
import Market
import Ports
import Regimes
import Synchronization

/// Answers like the service does, from values a test sets; remembers what it was asked.
final class FakeService: MarketRegimeAPI, MarketDataAPI, TradingAPI {
    typealias Change = Bloasis_MarketRegime_RegimeChange

    struct State {
        var asked: [String] = []
        var history = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        var changes = Bloasis_MarketRegime_ListRegimeChangesRequest()
        var stream = Bloasis_MarketRegime_StreamRegimeChangesRequest()
        var bars: [MarketBarEvent] = []
        var fill = Bloasis_Trading_Fill()
        /// Thrown by the next call.
        var failure: (any Error)?
        var streams: [AsyncThrowingStream<Change, any Error>.Continuation] = []
    }

    let state = Mutex(State())
    /// Yields when a stream is opened and, later, when it has ended.
    let opened: AsyncStream<Void>
    let ended: AsyncStream<Void>
    private let opening: AsyncStream<Void>.Continuation
    private let ending: AsyncStream<Void>.Continuation

    init() {
        (opened, opening) = AsyncStream.makeStream()
        (ended, ending) = AsyncStream.makeStream()
    }

    static func change(_ sequence: Int64) -> Change {
        var change = Change()
        change.market = "SPX"
        change.regime = "crisis"
        change.sequence = sequence
        return change
    }

    private func series(_ market: String, _ timeframe: String) throws -> Series {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        guard let spx = MarketName("SPX") else { preconditionFailure("SPX is a market name") }
        let series = try RequestReading.series(
            market: market, timeframe: timeframe, defaultMarket: spx)
        guard series.market == spx else {
            throw RPCFault.notFound("market \(series.market) is not known: backfill it first")
        }
        state.withLock { $0.asked.append(series.description) }
        return series
    }

    func getCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> Bloasis_MarketRegime_RegimeResponse {
        let series = try series(request.market, request.timeframe)
        if request.onDegraded == .fail { throw RPCFault.unavailable("stale: backfill") }
        var response = Bloasis_MarketRegime_RegimeResponse()
        response.market = series.market.text
        response.timeframe = "\(series.timeframe)"
        response.regime = "normal_bull"
        response.confidence = 0
        response.stale = false
        response.sequence = 7
        return response
    }

    func getRegimeHistory(
        _ request: Bloasis_MarketRegime_GetRegimeHistoryRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeHistoryResponse {
        _ = try series(request.market, request.timeframe)
        _ = try RequestReading.requiredRange(request.timeRange)
        _ = try RequestReading.pageSize(request.pageSize)
        state.withLock { $0.history = request }
        var response = Bloasis_MarketRegime_GetRegimeHistoryResponse()
        response.nextPageToken = ""
        return response
    }

    func listRegimeChanges(
        _ request: Bloasis_MarketRegime_ListRegimeChangesRequest
    ) async throws -> Bloasis_MarketRegime_ListRegimeChangesResponse {
        _ = try series(request.market, request.timeframe)
        state.withLock { $0.changes = request }
        var response = Bloasis_MarketRegime_ListRegimeChangesResponse()
        response.items = [Self.change(3)]
        response.nextPageToken = ""
        return response
    }

    func streamRegimeChanges(
        _ request: Bloasis_MarketRegime_StreamRegimeChangesRequest
    ) async throws -> AsyncThrowingStream<Change, any Error> {
        _ = try series(request.market, request.timeframe)
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: Change.self)
        continuation.onTermination = { [ending] _ in ending.yield() }
        state.withLock {
            $0.stream = request
            $0.streams.append(continuation)
        }
        opening.yield()
        return stream
    }

    func saveRegime(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest
    ) async throws -> Bloasis_MarketRegime_SaveRegimeResponse {
        _ = try series(request.market, request.timeframe)
        var response = Bloasis_MarketRegime_SaveRegimeResponse()
        response.overrideID = "override of \(request.userID)"
        response.current.regime = request.regime
        return response
    }

    func listModels(
        _ request: Bloasis_MarketRegime_ListModelsRequest
    ) async throws -> Bloasis_MarketRegime_ListModelsResponse {
        _ = try series(request.market, request.timeframe)
        return Bloasis_MarketRegime_ListModelsResponse()
    }

    func getModel(
        _ request: Bloasis_MarketRegime_GetModelRequest
    ) async throws -> Bloasis_MarketRegime_RegimeModel {
        guard request.version == "abc123" else {
            throw RPCFault.notFound("no model \(request.version)")
        }
        var model = Bloasis_MarketRegime_RegimeModel()
        model.version = request.version
        return model
    }

    func recordBars(
        _ request: Bloasis_Trading_RecordBarsRequest
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        guard let spx = MarketName("SPX") else { preconditionFailure("SPX is a market name") }
        let events = try request.events(defaultMarket: spx)
        state.withLock { $0.bars += events }
        var response = Bloasis_Trading_RecordBarsResponse()
        response.accepted = Int32(events.count)
        response.revised = 0
        return response
    }

    func recordFill(
        _ request: Bloasis_Trading_RecordFillRequest
    ) async throws -> Bloasis_Trading_RecordFillResponse {
        state.withLock { $0.fill = request.fill }
        var response = Bloasis_Trading_RecordFillResponse()
        response.fill = request.fill
        response.duplicate = false
        return response
    }

    func getPortfolio(
        _ request: Bloasis_Trading_GetPortfolioRequest
    ) async throws -> Bloasis_Trading_Portfolio {
        var portfolio = Bloasis_Trading_Portfolio()
        portfolio.userID = request.userID
        portfolio.asOf = request.asOf
        return portfolio
    }
}
