import AIAnalysis
import Hosting

/// Keeps strategies at hand, and works those of sectors out anew when their regime changes.
struct AnalysisHost: BlockingService {
    static let name = "ai-analysis"
    private let assembly: Assembly
    private let strategies: AnalysisQueries

    init(_ context: ServiceContext<LanguageModelSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        strategies = try await context.process.shared(Shared.strategies)
    }

    func run() async throws {
        let changes = EventConsumer(
            of: SectorRefresh.topics, on: assembly.events, as: SectorRefresh.group,
            having: SectorRefresh(strategies), now: { WallClock.now },
            logger: assembly.logger)
        async let topics: Void = assembly.makeTopics()
        try await runTogether([strategies, changes])
        await topics
    }
}
