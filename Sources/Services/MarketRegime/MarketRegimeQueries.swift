package import Contracts
import Hosting
package import Market
package import Ports
import RegimeModels
import Regimes

/// Answers `MarketRegimeAPI` from the store, and puts overrides into it.
package struct MarketRegimeQueries: MarketRegimeAPI {
    /// Announced changes a slow reader of a stream may be behind; one more ends its stream, to be
    /// resumed from the last sequence it saw.
    static let streamBufferLimit = 1_024
    /// Announced changes fetched at a time.
    static let streamPageSize = 256

    let reader: any RegimeReader & SeriesCatalogue
    let told: any ToldHistory
    private let overrides: any OverrideLedger
    private let currents: CurrentRegimes
    let scorecards: Scorecards
    let analysis: any AIAnalysisAPI
    let drawings = SharedCalls<Drawing, Columns>(
        of: "drawings", limit: MarketRegimeQueries.drawingLimit,
        retrySeconds: MarketRegimeQueries.drawingRetrySeconds)
    let defaultMarket: MarketName
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - analysis: is asked for strategies.
    ///   - now: the wall clock, for staleness and for overrides.
    package init(
        reader: any RegimeReader & SeriesCatalogue, told: any ToldHistory,
        overrides: any OverrideLedger, currents: CurrentRegimes, scorecards: Scorecards,
        analysis: any AIAnalysisAPI, defaultMarket: MarketName,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.reader = reader
        self.told = told
        self.scorecards = scorecards
        self.analysis = analysis
        self.overrides = overrides
        self.currents = currents
        self.defaultMarket = defaultMarket
        self.now = now
    }

    package func getCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> Bloasis_MarketRegime_RegimeResponse {
        try await current(asked: request).response
    }

    package func answerCurrentRegime(
        _ request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> AnsweredMessage {
        try await current(asked: request).answered
    }

    private func current(
        asked request: Bloasis_MarketRegime_RegimeRequest
    ) async throws -> CurrentAnswer.Told {
        try await answering {
            let series = try RequestReading.series(
                market: request.market, timeframe: request.timeframe,
                defaultMarket: defaultMarket)
            guard
                let instant = try RequestReading.knownAt(request.knownAt, now: now())
            else { return try await current(series, onDegraded: request.onDegraded) }
            return try await believed(series, at: instant, onDegraded: request.onDegraded)
        }
    }

    package func analyzeCurrentRegime(
        _ request: Bloasis_MarketRegime_AnalyzeCurrentRegimeRequest
    ) async throws -> Bloasis_MarketRegime_AnalyzeCurrentRegimeResponse {
        var asked = Bloasis_MarketRegime_RegimeRequest()
        asked.market = request.market
        asked.timeframe = request.timeframe
        var response = Bloasis_MarketRegime_AnalyzeCurrentRegimeResponse()
        response.regime = try await getCurrentRegime(asked)
        var question = Bloasis_AiAnalysis_StrategyRequest()
        question.regime = response.regime.regime
        question.market = response.regime.market
        question.timeframe = response.regime.timeframe
        question.symbols = request.symbols.isEmpty ? [question.market] : request.symbols
        question.userID = request.userID
        question.riskProfile = request.riskProfile
        response.strategy = try await analysis.getStrategy(question)
        return response
    }

    package func saveRegime(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest
    ) async throws -> Bloasis_MarketRegime_SaveRegimeResponse {
        try await answering {
            var request = request
            // Whoever is known to ask is who is audited, whatever the request says.
            if let principal = CallContext.current.principal { request.userID = principal.subject }
            let order = try request.order(defaultMarket: defaultMarket, at: now())
            try await reader.requiredHead(of: order.series)
            let override = try await overrides.putInForce(order)
            await currents.written(order.series)
            var response = Bloasis_MarketRegime_SaveRegimeResponse()
            response.overrideID = override.id.text
            // What is in force stays so, also when the store goes away behind it.
            if let current = try? await current(order.series, onDegraded: .lastKnown) {
                response.current = current.response
            }
            return response
        }
    }

    package func getRegimeHistory(
        _ request: Bloasis_MarketRegime_GetRegimeHistoryRequest
    ) async throws -> Bloasis_MarketRegime_GetRegimeHistoryResponse {
        try await answering {
            let range = try RequestReading.requiredRange(request.timeRange)
            let query = SeriesQuery(
                try await head(request.market, request.timeframe).profile.series, range: range,
                after: try PageToken.read(request.pageToken),
                knownAt: try RequestReading.knownAt(request.knownAt, now: now()),
                limit: try RequestReading.pageSize(request.pageSize))
            let assessments = try await reader.history(query)
            let closes = try await told.closes(at: assessments.map(\.asOf), of: query)
            var response = Bloasis_MarketRegime_GetRegimeHistoryResponse()
            response.items = assessments.map {
                Bloasis_MarketRegime_RegimeResponse($0, close: closes[$0.asOf])
            }
            response.nextPageToken = PageToken.next(
                after: assessments.last?.asOf, count: assessments.count, of: query)
            return response
        }
    }

    package func listRegimeChanges(
        _ request: Bloasis_MarketRegime_ListRegimeChangesRequest
    ) async throws -> Bloasis_MarketRegime_ListRegimeChangesResponse {
        try await answering {
            let series = try await head(request.market, request.timeframe).profile.series
            let limit = try RequestReading.pageSize(request.pageSize)
            let knownAt = try RequestReading.knownAt(request.knownAt, now: now())
            var response = Bloasis_MarketRegime_ListRegimeChangesResponse()
            if request.hasAfter {
                guard knownAt == nil else {
                    throw RPCFault.invalidArgument(
                        "known_at: does not go with after, which lists what was announced: leave "
                            + "one of them out")
                }
                let after = try PageToken.readSequence(request.pageToken) ?? request.after
                guard after >= 0 else {
                    throw RPCFault.invalidArgument("after: \(after) is negative: use 0 or more")
                }
                let announced = try await reader.announcements(
                    of: series, after: after, limit: limit)
                response.items = announced.map { Bloasis_MarketRegime_RegimeChange($0) }
                response.nextPageToken =
                    announced.count < limit
                    ? "" : PageToken.sequence(announced.last?.announcement?.sequence)
                return response
            }
            let query = ChangeQuery(
                series,
                range: request.hasTimeRange
                    ? try RequestReading.requiredRange(request.timeRange) : nil,
                after: try PageToken.readPlace(request.pageToken), knownAt: knownAt, limit: limit)
            let changes = try await reader.changesAndOverrides(query)
            response.items = changes.map { change in
                var told = change
                if knownAt != nil { told.announcement = nil }
                return Bloasis_MarketRegime_RegimeChange(told)
            }
            response.nextPageToken = PageToken.next(
                after: changes.last?.place, count: changes.count, of: query)
            return response
        }
    }

    package func streamRegimeChanges(
        _ request: Bloasis_MarketRegime_StreamRegimeChangesRequest
    ) async throws -> AsyncThrowingStream<Bloasis_MarketRegime_RegimeChange, any Error> {
        let head = try await answering { try await self.head(request.market, request.timeframe) }
        let start = request.hasAfter ? request.after : head.lastSequence
        guard (0...head.lastSequence).contains(start) else {
            throw RPCFault.invalidArgument(
                "after: \(start) is no sequence of \(head.profile.series), which has announced "
                    + "\(head.lastSequence): use 0 to \(head.lastSequence)")
        }
        let (stream, continuation) = AsyncThrowingStream.makeStream(
            of: Bloasis_MarketRegime_RegimeChange.self,
            bufferingPolicy: .bufferingOldest(MarketRegimeQueries.streamBufferLimit))
        let follower = Task {
            do {
                try await follow(head.profile.series, after: start, into: continuation)
                continuation.finish()
            } catch {
                continuation.finish(throwing: RPCFault.translated(error))
            }
        }
        continuation.onTermination = { _ in follower.cancel() }
        return stream
    }

    private func follow(
        _ series: Series, after start: Int64,
        into continuation: AsyncThrowingStream<
            Bloasis_MarketRegime_RegimeChange, any Error
        >.Continuation
    ) async throws {
        var last = start
        for await _ in reader.commits() {
            while true {
                let page = try await reader.announcements(
                    of: series, after: last, limit: MarketRegimeQueries.streamPageSize)
                for change in page {
                    last = change.announcement?.sequence ?? last
                    if case .dropped = continuation.yield(
                        Bloasis_MarketRegime_RegimeChange(change))
                    {
                        throw RPCFault(
                            .resourceExhausted,
                            "the stream fell \(MarketRegimeQueries.streamBufferLimit) changes "
                                + "behind: resume after the last sequence received")
                    }
                }
                if page.count < MarketRegimeQueries.streamPageSize { break }
            }
        }
    }

    package func listModels(
        _ request: Bloasis_MarketRegime_ListModelsRequest
    ) async throws -> Bloasis_MarketRegime_ListModelsResponse {
        try await answering {
            let series = try await head(request.market, request.timeframe).profile.series
            let activeFrom = try await activeFrom(of: series)
            let limit = try RequestReading.pageSize(request.pageSize)
            let models = try await reader.models(of: series)
            let start = try PageToken.readSequence(request.pageToken).map(Int.init) ?? 0
            let page = models.dropFirst(start).prefix(limit)
            var response = Bloasis_MarketRegime_ListModelsResponse()
            response.items = try page.map {
                try ModelMessages.message(of: $0, activeFrom: activeFrom[$0.version])
            }
            let end = start + page.count
            response.nextPageToken = end < models.count ? PageToken.sequence(Int64(end)) : ""
            return response
        }
    }

    package func getModel(
        _ request: Bloasis_MarketRegime_GetModelRequest
    ) async throws -> Bloasis_MarketRegime_RegimeModel {
        try await answering {
            guard let model = try await reader.model(ModelVersion(request.version)) else {
                throw RPCFault.notFound(
                    "no model '\(RequestReading.excerpt(request.version))': "
                        + "/v1/market-regime/models lists them")
            }
            let activeFrom = try await activeFrom(of: model.series)
            return try ModelMessages.message(of: model, activeFrom: activeFrom[model.version])
        }
    }
}

// MARK: - Reading

extension MarketRegimeQueries {
    func head(_ market: String, _ timeframe: String) async throws -> SeriesHead {
        let series = try RequestReading.series(
            market: market, timeframe: timeframe, defaultMarket: defaultMarket)
        return try await reader.requiredHead(of: series)
    }

    private func current(
        _ series: Series, onDegraded policy: Bloasis_MarketRegime_DegradedPolicy
    ) async throws -> CurrentAnswer.Told {
        guard let (current, calendar) = try await currents.answer(of: series) else {
            // Not brief any more: this reads what series there are.
            try await withTaskExecutorPreference(globalConcurrentExecutor) {
                _ = try await reader.requiredHead(of: series)
            }
            throw RPCFault.notFound(
                "\(series) has no assessment yet: backfill it, or send bars")
        }
        return try current.told(under: policy, calendar, at: now())
    }

    /// What would have been answered at an instant of the past, overrides of then included; past
    /// every cache.
    private func believed(
        _ series: Series, at instant: Timestamp,
        onDegraded policy: Bloasis_MarketRegime_DegradedPolicy
    ) async throws -> CurrentAnswer.Told {
        let head = try await reader.requiredHead(of: series)
        guard let assessment = try await reader.known(series, at: instant) else {
            throw RPCFault.notFound("nothing was known of \(series) at \(instant)")
        }
        let override = try await override(of: series, at: instant)
        return try CurrentAnswer(CurrentAnswer.Response(assessment, override: override))
            .told(under: policy, head.profile.calendar, at: instant)
    }

    /// The override that was in force at an instant of the past.
    private func override(
        of series: Series, at instant: Timestamp
    ) async throws -> RegimeOverride? {
        var last: Int64 = 0
        while true {
            let page = try await overrides.overrides(
                of: series, after: last, limit: SeriesQuery.limitMaximum)
            if let override = page.last(where: { $0.wasInForce(at: instant) }) { return override }
            guard page.count == SeriesQuery.limitMaximum, let end = page.last else { return nil }
            last = end.sequence
        }
    }

    private func activeFrom(of series: Series) async throws -> [ModelVersion: Timestamp] {
        Dictionary(
            try await reader.activations(of: series).map { ($0.version, $0.activeFrom) },
            uniquingKeysWith: min)
    }

    func answering<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch {
            throw RPCFault.translated(error)
        }
    }
}

extension RPCFault {
    /// The fault a caller is told, where one fits; any other error as it is: what a store or a
    /// broken model says may hold paths, and is for whoever shows it to decide about.
    static func translated(_ error: any Error) -> any Error {
        switch error {
        case JournalError.unknownSeries: RPCFault.notFound("\(error)")
        case is JournalError: RPCFault(.aborted, "\(error)")
        case is OverrideRefusal: RPCFault(.failedPrecondition, "\(error)")
        case is BarRefusal: RPCFault.invalidArgument("\(error)")
        case is IntakeFull: RPCFault(.resourceExhausted, "\(error)")
        case is EventBusError: RPCFault.unavailable("\(error)")
        default: error
        }
    }
}
