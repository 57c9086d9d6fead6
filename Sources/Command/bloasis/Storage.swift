import Accounts
import Backends
import Contracts
import Hosting
import Logging
import Ports

/// What a process keeps things in, chosen by its configuration.
///
/// The event bus is the brokers' when some are configured, and else the log in the store.
struct Storage: Sendable {
    let regimes: any RegimeStore
    let fills: any FillLedger
    let paper: any PaperBook
    let advice: any AdviceBook
    let notices: any NoticeStore
    let accounts: any AccountStore
    var events: any EventBus
    /// A path or a host; never a secret.
    let location: String
    /// The schema steps that opening applied; empty when it was up to date.
    let appliedMigrations: [Int]
    /// What should be said at start.
    let warnings: [String]
    let schemaVersion: @Sendable () async throws -> Int
    /// Looks for damage; what it finds, empty when there is none.
    let integrityFaults: @Sendable () async throws -> [String]
    /// Makes the brokers' topics that are not there yet.
    var prepareTopics: @Sendable () async throws -> Void = {}
    /// What an organisation's users have is kept in a database of its own, events of it among it:
    /// topics of brokers are read by whoever may read any of them.
    let ofOrganisation: @Sendable (Organisation) async throws -> Storage
    /// Makes what an organisation's data is kept in, where it is not there.
    let makeRoom: @Sendable (OrganisationName) async throws -> Void
    var close: @Sendable () async -> Void

    /// Opens the configured store, creating and migrating it as needed.
    ///
    /// - Parameter settingRetention: whether how long answers are kept is made what the
    ///   configuration says; else it stays what it was.
    /// - Throws: `StoreError`.
    static func open(
        _ configuration: BloasisConfiguration, settingRetention: Bool, wording: EventWording,
        logger: Logger
    ) async throws -> Storage {
        let bus = try configuration.brokers.map { try Self.bus($0, logger) }
        let storage: Storage
        switch configuration.store {
        case .sqlite(let path): storage = try embedded(path, wording)
        case .postgreSQL(let url):
            let kept = configuration.retentionDays.map(Retention.days) ?? .forever
            storage = try await shared(url, wording, settingRetention ? kept : .unchanged)
        }
        return bus.map { storage.publishing(on: $0) } ?? storage
    }

    private static func bus(_ settings: BrokerSettings, _ logger: Logger) throws -> KafkaEventBus {
        var options = KafkaEventBus.Options()
        options.partitions = settings.partitions
        options.retentionHours = settings.retentionHours
        return try KafkaEventBus(
            brokers: settings.brokers, environment: settings.properties, options: options
        ) { fault in
            logger.warning("Kafka", metadata: ["fault": "\(fault)"])
        }
    }

    private func publishing(on bus: KafkaEventBus) -> Storage {
        var storage = self
        storage.events = bus
        storage.prepareTopics = { try await bus.prepare(Topic.all) }
        storage.close = {
            await bus.close()
            await self.close()
        }
        return storage
    }

    private static func embedded(_ path: String, _ wording: EventWording) throws -> Storage {
        Storage(try EmbeddedStore(path: path, wording: wording, now: { WallClock.now }))
    }

    private static func shared(
        _ url: String, _ wording: EventWording, _ retention: Retention
    ) async throws -> Storage {
        var options = PostgresStore.Options()
        options.retention = retention
        return Storage(
            try await PostgresStore(
                url: url, wording: wording, options: options, now: { WallClock.now }))
    }
}

extension Storage {
    private init(_ store: EmbeddedStore) {
        self.init(
            regimes: store.regimes, fills: store.fills, paper: store.paper,
            advice: store.advice, notices: store.notices, accounts: store.accounts,
            events: store.events, location: store.location,
            appliedMigrations: store.appliedMigrations, warnings: [],
            schemaVersion: { try await store.schemaVersion() },
            integrityFaults: { try await store.integrityFaults() },
            ofOrganisation: { Storage(try await store.ofOrganisation($0)) },
            // Files are made as they are opened.
            makeRoom: { _ in }, close: { try? store.close() })
    }

    private init(_ store: PostgresStore) {
        self.init(
            regimes: store.regimes, fills: store.fills, paper: store.paper,
            advice: store.advice, notices: store.notices, accounts: store.accounts,
            events: store.events, location: store.location,
            appliedMigrations: store.appliedMigrations,
            warnings: store.timescale.warning.map { [$0] } ?? [],
            schemaVersion: { try await store.schemaVersion() },
            // The server checks its own pages.
            integrityFaults: { [] },
            ofOrganisation: { Storage(try await store.ofOrganisation($0)) },
            makeRoom: { try await store.makeRoom(for: $0) }, close: { await store.close() })
    }
}
