import AIAnalysis
import Contracts
import Hosting
import Ports

/// Keeps strategies at hand, and works those of sectors out anew when their regime changes.
struct AnalysisHost: BlockingService {
    static let name = "ai-analysis"
    private let assembly: Assembly

    init(_ context: ServiceContext<AnalysisSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
    }

    func run() async throws {
        let changes = EventConsumer(
            of: SectorRefresh.topics, on: assembly.events, as: SectorRefresh.group,
            having: SectorRefresh(assembly.analysis), now: { WallClock.now },
            logger: assembly.logger)
        async let topics: Void = assembly.makeTopics()
        try await runTogether([assembly.analysis, changes])
        await topics
    }
}

extension Assembly {
    /// What answers for strategies in this process.
    static func analysis(
        _ configuration: BloasisConfiguration, _ reader: any RegimeReader,
        shared: (any SharedCache)?, _ environment: CacheEnvironment
    ) throws -> AnalysisQueries {
        let settings = try configuration.values.read(AnalysisSettings.self)
        return AnalysisQueries(
            StrategyEngine(reader), reader: reader, shared: shared, sectors: settings.sectors,
            defaultMarket: configuration.defaultMarket, now: { WallClock.now }, environment)
    }
}
