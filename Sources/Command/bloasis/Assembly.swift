import Contracts
import Foundation
import Hosting
import Logging
import MarketRegime
import Ports
import RegimeModels

/// The program's parts, put together in one place from a configuration.
struct Assembly {
    let configuration: BloasisConfiguration
    let logger: Logger
    let storage: Storage

    var store: any RegimeStore { storage.regimes }
    var events: any EventBus { storage.events }

    /// Opens the store, creating and migrating it as needed.
    ///
    /// - Throws: `StoreError`.
    init(_ configuration: BloasisConfiguration) async throws {
        self.configuration = configuration
        logger = configuration.makeLogger("bloasis")
        storage = try await Storage.open(configuration)
        for notice in configuration.notices + storage.warnings { logger.warning("\(notice)") }
    }

    /// Opens the store, runs an action, and closes the store again.
    static func with<Answer>(
        _ configuration: BloasisConfiguration,
        _ action: (Assembly) async throws -> Answer
    ) async throws -> Answer {
        let assembly = try await Assembly(configuration)
        let outcome: Result<Answer, any Error>
        do {
            outcome = .success(try await action(assembly))
        } catch {
            outcome = .failure(error)
        }
        await assembly.storage.close()
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
            reader: store, defaultMarket: configuration.defaultMarket,
            now: { WallClock.now })
    }

    var backfill: Backfill {
        Backfill(
            journal: store, reader: store,
            threads: ProcessInfo.processInfo.activeProcessorCount)
    }

    var relay: OutboxRelay {
        OutboxRelay(
            outbox: store, bus: events, owner: Assembly.instanceID,
            now: { WallClock.now }, logger: logger)
    }

    /// Names this process among those that share the store.
    static let instanceID =
        "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
}
