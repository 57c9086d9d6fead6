import Hosting
import MarketRegime
import Metrics
import Ports
import ServiceLifecycle
import TradingService

/// Publishes what the services commit.
struct EventRelay: BlockingService {
    static let name = "event-relay"
    private let assembly: Assembly

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
    }

    func run() async throws { try await assembly.desk.relay.run() }
}

/// Classifies bars as they come, ends overrides, keeps current answers and makes scorecards.
struct MarketRegimeHost: BlockingService {
    static let name = "market-regime"
    private let assembly: Assembly
    private let intake: BarIntake

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        intake = try await context.process.shared(Shared.intake)
    }

    func run() async throws {
        let bars = EventConsumer.bars(
            on: assembly.events, into: intake, now: { WallClock.now }, logger: assembly.logger)
        async let topics: Void = assembly.makeTopics()
        try await runTogether(
            [assembly.currents, assembly.scorecards, assembly.overrideExpiry, bars])
        await topics
    }
}

/// Verifies each day that has closed, in the background.
struct ClosedDayVerification: BlockingService {
    static let name = "verification"
    private let assembly: Assembly
    private let context: ServiceContext<ProofSettings>

    init(_ context: ServiceContext<ProofSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        self.context = context
    }

    func run() async throws {
        guard context.settings.isOn else {
            context.status.report(.idle, "off: VERIFY_CLOSED_DAYS")
            try? await gracefulShutdown()
            return
        }
        let proof = ContinuousProof(
            reader: assembly.store, interval: context.settings.interval, status: context.status,
            metrics: MetricsSystem.factory, now: { WallClock.now }, logger: context.logger)
        try await proof.run()
    }
}

/// Keeps portfolios at hand, and trades for those of paper.
struct TradingHost: BlockingService {
    static let name = "trading"
    private let assembly: Assembly
    private let trader: PaperTrader

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        trader = try await context.process.shared(Shared.paperTrader)
    }

    func run() async throws {
        async let topics: Void = assembly.makeTopics()
        try await runTogether(assembly.desk.tradingParts(trader))
        await topics
    }
}

/// Runs parts of one service until each has ended; one that fails ends the others.
func runTogether(_ parts: [any Service]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for part in parts { group.addTask { try await part.run() } }
        defer { group.cancelAll() }
        while try await group.next() != nil {}
    }
}
