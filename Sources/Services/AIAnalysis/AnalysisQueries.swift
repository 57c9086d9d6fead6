package import Contracts
package import Hosting
package import Market
package import Ports
import Regimes
import ServiceLifecycle
package import Trading

/// Answers `AIAnalysisAPI`: from caches, and else by the engine.
package final class AnalysisQueries: AIAnalysisAPI, Service {
    /// Strategies that are worked out at a time.
    static let workLimit = 8
    static let retrySeconds = 1

    private typealias Strategy = KeptAnswer<Bloasis_AiAnalysis_StrategyResponse>
    private typealias Strategies = KeptAnswer<Bloasis_AiAnalysis_GetSectorStrategiesResponse>

    private let engine: StrategyEngine
    private let reader: any RegimeReader
    private let strategies: TieredCache<MessageCodec<Bloasis_AiAnalysis_StrategyResponse>>
    private let sectorStrategies:
        TieredCache<MessageCodec<Bloasis_AiAnalysis_GetSectorStrategiesResponse>>
    private let work = SharedCalls<CacheKey, StrategyEngine.Answer>(
        of: "strategies", limit: AnalysisQueries.workLimit,
        retrySeconds: AnalysisQueries.retrySeconds)
    private let sectors: [Sector: [MarketName]]
    private let defaultMarket: MarketName
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - shared: `nil` when there is none.
    ///   - sectors: the symbols of each.
    ///   - now: the wall clock: nothing is known of later instants.
    package init(
        _ engine: StrategyEngine, reader: any RegimeReader, shared: (any SharedCache)?,
        sectors: [Sector: [MarketName]], defaultMarket: MarketName,
        now: @escaping @Sendable () -> Timestamp, _ environment: CacheEnvironment
    ) {
        self.engine = engine
        self.reader = reader
        self.sectors = sectors
        self.defaultMarket = defaultMarket
        self.now = now
        strategies = TieredCache(
            "strategy", MessageCodec(), shared: shared, CacheLimits(), environment)
        sectorStrategies = TieredCache(
            "sector_strategies", MessageCodec(), shared: shared, CacheLimits(), environment)
    }

    package func getStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        try await strategy(request).message
    }

    package func answerStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> AnsweredMessage {
        try await strategy(request).answered
    }

    package func getSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
        try await sectorStrategies(request).message
    }

    package func answerSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> AnsweredMessage {
        try await sectorStrategies(request).answered
    }

    private func strategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Strategy {
        try await strategy(
            StrategyQuestion(request, defaultMarket: defaultMarket, now: now()))
    }

    private func sectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Strategies {
        let sector = try RequestReading.sector(request.sector)
        guard request.regime.isEmpty else {
            let regime = try RequestReading.regime(request.regime)
            return try await strategies(of: sector, in: regime)
        }
        let answer = try await sectorStrategies.value(
            of: try key(of: sector),
            lifetime: CacheKeys.sectorLifetime,
            isLatest: { try await self.version() <= $0 }, load: { try await self.load(sector) })
        switch answer {
        case .value(let response, _), .fallback(let response): return response
        case .absent:
            throw RPCFault.notFound(
                UnknownSeries.message(standard, known: try await reader.heads()))
        }
    }

    /// Hears of what is committed and of what other instances write.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            async let strategies: Void = self.strategies.run(
                forgettingAt: self.reader.commits() as AsyncStream<Void>)
            await self.sectorStrategies.run()
            await strategies
        }
    }

    /// Works out the strategies of all sectors anew, after a change of the default market's regime.
    func refreshSectors() async throws {
        for sector in Sector.allCases {
            let key = try key(of: sector)
            switch try await load(sector) {
            case .value(let response, let version):
                await sectorStrategies.write(
                    response, version, to: key, lifetime: CacheKeys.sectorLifetime)
            case .fallback: await sectorStrategies.forget(key)
            case .absent: return
            }
        }
    }

    /// Whether a change of a series is one of what sectors' strategies are for.
    func concernsSectors(_ series: Series) -> Bool { series == standard }

    private func key(of sector: Sector) throws -> CacheKey {
        try CacheKeys.sectorStrategies(sector.rawValue, advisedBy: engine.adviser)
    }

    private var standard: Series { Series(market: defaultMarket) }

    private func strategy(_ question: StrategyQuestion) async throws -> Strategy {
        let key = try CacheKeys.strategy(question, advisedBy: engine.adviser)
        // What was known in the past is asked for seldom, and does not grow old.
        guard question.knownAt == nil else {
            return Strategy(try await answer(question, key).response)
        }
        let answer = try await strategies.value(
            of: key, lifetime: CacheKeys.otherLifetime,
            isLatest: { try await self.engine.standing(of: question).version <= $0 },
            load: {
                let answer = try await self.answer(question, key)
                // What a model says as soon as it is back is not to be missed for long.
                let kept = Strategy(answer.response)
                return answer.response.lacksAdvice
                    ? .fallback(kept) : .value(kept, answer.version)
            })
        switch answer {
        case .value(let response, _), .fallback(let response): return response
        case .absent: return Strategy(try await self.answer(question, key).response)
        }
    }

    private func answer(
        _ question: StrategyQuestion, _ key: CacheKey
    ) async throws -> StrategyEngine.Answer {
        try await work.value(of: key) { try await engine.answer(question) }
    }

    /// Of the strategies of sectors: they stand until the regime changes.
    private func version() async throws -> CacheVersion {
        try await reader.head(of: standard).map(AnalysisQueries.version) ?? .none
    }

    private static func version(_ head: SeriesHead) -> CacheVersion {
        CacheVersion(
            asOf: head.lastAnnouncedAsOf ?? .earliest, revision: 0, sequence: head.lastSequence)
    }

    private func load(_ sector: Sector) async throws -> CacheAnswer<Strategies> {
        guard let head = try await reader.head(of: standard) else { return .absent }
        let regime = head.publishedRegime(at: now())
        let response = try await strategies(of: sector, in: regime)
        return response.message.strategies.contains(where: \.lacksAdvice)
            ? .fallback(response) : .value(response, AnalysisQueries.version(head))
    }

    private func strategies(of sector: Sector, in regime: Regime) async throws -> Strategies {
        let symbols = sectors[sector] ?? []
        var response = Bloasis_AiAnalysis_GetSectorStrategiesResponse()
        response.sector = sector.rawValue
        response.regime = regime.label
        response.symbols = symbols.map(\.text)
        // At the same time: each may wait for a model.
        response.strategies = try await withThrowingTaskGroup(
            of: (Int, Bloasis_AiAnalysis_StrategyResponse).self
        ) { tasks in
            for (place, profile) in RiskProfile.allCases.enumerated() {
                tasks.addTask { [self] in
                    let question = StrategyQuestion(
                        regime: regime, symbols: symbols, profile: profile, series: standard)
                    return (place, try await strategy(question).message)
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
                .sorted { $0.0 < $1.0 }.map(\.1)
        }
        return Strategies(response)
    }
}
