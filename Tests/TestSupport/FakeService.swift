package import Contracts
import Market
package import Ports
import Synchronization

/// Answers like the services do, or as a test says; remembers what it was asked.
package final class FakeService: Sendable {
    package typealias Change = Bloasis_MarketRegime_RegimeChange
    package typealias Source = AsyncThrowingStream<Change, any Error>.Continuation

    private struct State {
        var asked: [(request: any Sendable, context: CallContext)] = []
        var failures: [any Error] = []
        var lastingFailure: (any Error)?
        var answer: (@Sendable (any Sendable) throws -> (any Sendable)?)?
        var source: Source?
    }

    private let state = Mutex(State())
    private let (opened, opening) = AsyncStream<Void>.makeStream()
    private let (ended, ending) = AsyncStream<Void>.makeStream()

    package init() {}

    /// The questions of one kind so far, in their order.
    package func asked<Request>(_ type: Request.Type = Request.self) -> [Request] {
        state.withLock { $0.asked.compactMap { $0.request as? Request } }
    }

    /// What came with the questions so far, in their order.
    package var contexts: [CallContext] { state.withLock { $0.asked.map(\.context) } }

    /// Fails every question from now on.
    package func fail(with error: any Error) { state.withLock { $0.lastingFailure = error } }

    /// Fails the next questions, each with one error.
    package func failOnce(with errors: (any Error)...) {
        state.withLock { $0.failures += errors }
    }

    /// - Parameter answer: what a question is answered with; `nil` for the answer that it has
    ///   anyway.
    package func answer(_ answer: @escaping @Sendable (any Sendable) throws -> (any Sendable)?) {
        state.withLock { $0.answer = answer }
    }

    /// Waits until a stream is opened; gives what comes in it.
    package func nextSource() async throws -> Source {
        for await _ in opened { break }
        guard let source = state.withLock({ $0.source }) else { throw CancellationError() }
        return source
    }

    /// Waits until a stream has ended.
    package func streamEnded() async {
        for await _ in ended { break }
    }

    package static func change(_ sequence: Int64) -> Change {
        var change = Change()
        change.market = "SPX"
        change.regime = "crisis"
        change.sequence = sequence
        return change
    }

    func take<Asked: Sendable, Answered: Sendable>(
        _ asked: Asked, or standard: () throws -> Answered
    ) throws -> Answered {
        let (failure, answer) = state.withLock { state in
            state.asked.append((asked, CallContext.current))
            let failure =
                state.failures.isEmpty ? state.lastingFailure : state.failures.removeFirst()
            return (failure, state.answer)
        }
        if let failure { throw failure }
        return try answer?(asked) as? Answered ?? standard()
    }

    @discardableResult
    private func series(_ market: String, _ timeframe: String) throws -> Series {
        let series = try RequestReading.series(
            market: market, timeframe: timeframe, defaultMarket: Samples.series.market)
        guard series.market == Samples.series.market else {
            throw RPCFault.notFound("market \(series.market) is not known: backfill it first")
        }
        return series
    }
}

extension FakeService: MarketRegimeAPI {
    package func getCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> Bloasis_MarketRegime_RegimeResponse {
        try take(request) {
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
    }

    package func getRegimeHistory(
        _ request: Bloasis_MarketRegime_GetRegimeHistoryRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeHistoryResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            _ = try RequestReading.requiredRange(request.timeRange)
            _ = try RequestReading.pageSize(request.pageSize)
            var response = Bloasis_MarketRegime_GetRegimeHistoryResponse()
            response.nextPageToken = ""
            return response
        }
    }

    package func listRegimeChanges(
        _ request: Bloasis_MarketRegime_ListRegimeChangesRequest
    ) async throws -> Bloasis_MarketRegime_ListRegimeChangesResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            var response = Bloasis_MarketRegime_ListRegimeChangesResponse()
            response.items = [Self.change(3)]
            response.nextPageToken = ""
            return response
        }
    }

    package func streamRegimeChanges(
        _ request: Bloasis_MarketRegime_StreamRegimeChangesRequest
    ) async throws -> AsyncThrowingStream<Change, any Error> {
        try take(request) {
            try series(request.market, request.timeframe)
            let (stream, source) = AsyncThrowingStream.makeStream(of: Change.self)
            source.onTermination = { [ending] _ in ending.yield() }
            state.withLock { $0.source = source }
            opening.yield()
            return stream
        }
    }

    package func saveRegime(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest
    ) async throws -> Bloasis_MarketRegime_SaveRegimeResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            var response = Bloasis_MarketRegime_SaveRegimeResponse()
            response.overrideID = "override of \(request.userID)"
            response.current.regime = request.regime
            return response
        }
    }

    package func listModels(
        _ request: Bloasis_MarketRegime_ListModelsRequest
    ) async throws -> Bloasis_MarketRegime_ListModelsResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            return Bloasis_MarketRegime_ListModelsResponse()
        }
    }

    package func listDisagreements(
        _ request: Bloasis_MarketRegime_ListDisagreementsRequest
    ) async throws -> Bloasis_MarketRegime_ListDisagreementsResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            return Bloasis_MarketRegime_ListDisagreementsResponse()
        }
    }

    package func getModel(
        _ request: Bloasis_MarketRegime_GetModelRequest
    ) async throws -> Bloasis_MarketRegime_RegimeModel {
        try take(request) {
            guard request.version == "abc123" else {
                throw RPCFault.notFound("no model \(request.version)")
            }
            var model = Bloasis_MarketRegime_RegimeModel()
            model.version = request.version
            return model
        }
    }

    package func listSeries(
        _ request: Bloasis_MarketRegime_ListSeriesRequest
    ) async throws -> Bloasis_MarketRegime_ListSeriesResponse {
        try take(request) {
            var response = Bloasis_MarketRegime_ListSeriesResponse()
            response.total = 0
            return response
        }
    }

    package func getRegimeColumns(
        _ request: Bloasis_MarketRegime_GetRegimeColumnsRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeColumnsResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            var response = Bloasis_MarketRegime_GetRegimeColumnsResponse()
            response.asOf = [1_546_290_000]
            response.close = [.nan]
            return response
        }
    }

    package func analyzeCurrentRegime(
        _ request: Bloasis_MarketRegime_AnalyzeCurrentRegimeRequest
    ) async throws -> Bloasis_MarketRegime_AnalyzeCurrentRegimeResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            var response = Bloasis_MarketRegime_AnalyzeCurrentRegimeResponse()
            response.regime.regime = "normal_bull"
            response.strategy.riskProfile = request.riskProfile
            return response
        }
    }

    package func getScorecard(
        _ request: Bloasis_MarketRegime_GetScorecardRequest
    ) async throws -> Bloasis_MarketRegime_GetScorecardResponse {
        try take(request) {
            try series(request.market, request.timeframe)
            var response = Bloasis_MarketRegime_GetScorecardResponse()
            response.bars = 0
            return response
        }
    }
}

extension FakeService: MarketDataAPI, TradingAPI {
    package func recordBars(
        _ request: Bloasis_Trading_RecordBarsRequest
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        try take(request) {
            var response = Bloasis_Trading_RecordBarsResponse()
            response.accepted = Int32(
                try request.events(defaultMarket: Samples.series.market).count)
            response.revised = 0
            return response
        }
    }

    package func recordFill(
        _ request: Bloasis_Trading_RecordFillRequest
    ) async throws -> Bloasis_Trading_RecordFillResponse {
        try take(request) {
            var response = Bloasis_Trading_RecordFillResponse()
            response.fill = request.fill
            response.duplicate = false
            return response
        }
    }

    package func getPortfolio(
        _ request: Bloasis_Trading_GetPortfolioRequest
    ) async throws -> Bloasis_Trading_Portfolio {
        try take(request) {
            var portfolio = Bloasis_Trading_Portfolio()
            portfolio.userID = request.userID
            portfolio.asOf = request.asOf
            return portfolio
        }
    }
}
