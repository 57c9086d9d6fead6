import Hosting
import MarketRegime
import Ports
import ServiceLifecycle

/// Publishes what the services commit.
struct EventRelay: BlockingService {
    static let name = "event-relay"
    private let assembly: Assembly

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
    }

    func run() async throws { try await assembly.relay.run() }
}

/// Classifies bars as they come, ends overrides, and keeps current answers at hand.
struct MarketRegimeHost: BlockingService {
    static let name = "market-regime"
    private let assembly: Assembly
    private let intake: BarIntake

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        intake = try await context.process.shared(Shared.intake)
    }

    func run() async throws {
        let bars = BarConsumer(
            bus: assembly.events, intake: intake, now: { WallClock.now }, logger: assembly.logger)
        async let topics: Void = assembly.makeTopics()
        try await runTogether([assembly.currents, assembly.overrideExpiry, bars])
        await topics
    }
}

/// Keeps portfolios at hand.
struct TradingHost: BlockingService {
    static let name = "trading"
    private let assembly: Assembly

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
    }

    func run() async throws { try await runTogether([assembly.portfolios]) }
}

/// Runs parts of one service until each has ended; one that fails ends the others.
func runTogether(_ parts: [any Service]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for part in parts { group.addTask { try await part.run() } }
        defer { group.cancelAll() }
        while try await group.next() != nil {}
    }
}
