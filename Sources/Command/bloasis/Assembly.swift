import Backends
import Contracts
import Foundation
import Hosting
import Logging
import MarketRegime
import RegimeModels

/// The program's parts, put together in one place from a configuration.
struct Assembly {
    let configuration: BloasisConfiguration
    let logger: Logger
    let store: EmbeddedStore

    /// Opens the store, creating and migrating it as needed.
    ///
    /// - Throws: `StoreError`.
    init(_ configuration: BloasisConfiguration) throws {
        self.configuration = configuration
        logger = configuration.makeLogger("bloasis")
        store = try EmbeddedStore(
            path: configuration.databasePath, wording: .standard, now: { WallClock.now })
        for notice in configuration.notices { logger.warning("\(notice)") }
    }

    /// Opens the store, runs an action, and closes the store again.
    static func with<Answer>(
        _ configuration: BloasisConfiguration,
        _ action: (Assembly) async throws -> Answer
    ) async throws -> Answer {
        let assembly = try Assembly(configuration)
        let outcome: Result<Answer, any Error>
        do {
            outcome = .success(try await action(assembly))
        } catch {
            outcome = .failure(error)
        }
        try? assembly.store.close()
        return try outcome.get()
    }

    /// How this configuration classifies a series.
    var specification: RegimeSpecification {
        switch configuration.model {
        case .hmm: .standard(.hmm)
        case .markov: .standard(.markov)
        case .jump: .standard(.jump)
        case .jumpContinuous: .standard(.jumpContinuous)
        case .jumpSparse: .standard(.jumpSparse)
        case .rules: .standard(.rules)
        }
    }

    var queries: MarketRegimeQueries {
        MarketRegimeQueries(
            reader: store.regimes, defaultMarket: configuration.defaultMarket,
            now: { WallClock.now })
    }

    var backfill: Backfill {
        Backfill(
            journal: store.regimes, reader: store.regimes,
            threads: ProcessInfo.processInfo.activeProcessorCount)
    }

    var relay: OutboxRelay {
        OutboxRelay(
            outbox: store.regimes, bus: store.events, owner: Assembly.instanceID,
            now: { WallClock.now }, logger: logger)
    }

    /// Names this process among those that share the store.
    static let instanceID =
        "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
}
