import AIAnalysis
import Accounts
import Backends
import Contracts
import Foundation
import Hosting
import Logging
import Market
import MarketRegime
import Ports
import Redis
import RegimeModels
import Scoring
import Trading
import TradingService

/// The program's parts, put together in one place from a configuration.
struct Assembly {
    let configuration: BloasisConfiguration
    let logger: Logger
    let storage: Storage
    /// The current answers, cached.
    let currents: CurrentRegimes
    /// What the labels were worth, cached.
    let scorecards: Scorecards
    /// What users have that belong to no organisation.
    let desk: UserDesk
    private let redis: RedisClient?
    private let shared: RedisCache?
    /// The symbols of every sector.
    private let sectors: [Sector: [MarketName]]

    /// Where a test wants the process to kill itself; `nil` outside tests.
    let failPoints: FailPoints?

    var store: any RegimeStore { storage.regimes }

    var events: any EventBus { desk.market.events }

    var journal: any RegimeJournal {
        failPoints.map { FailingJournal(journal: store, points: $0) } ?? store
    }

    /// - Parameter courier: to webhooks.
    func courier(_ courier: any WebhookCourier) -> any WebhookCourier {
        failPoints.map { FailingCourier(courier: courier, points: $0) } ?? courier
    }

    func courier(_ courier: any MailCourier) -> any MailCourier {
        failPoints.map { FailingMailCourier(courier: courier, points: $0) } ?? courier
    }

    /// Opens the store, creating and migrating it as needed.
    ///
    /// - Parameter settingRetention: see `Storage.open`.
    /// - Throws: `StoreError`.
    init(_ configuration: BloasisConfiguration, settingRetention: Bool = false) async throws {
        self.configuration = configuration
        logger = configuration.makeLogger("bloasis")
        failPoints = try configuration.failPoint.map { try FailPoints($0) }
        storage = try await Storage.open(
            configuration, settingRetention: settingRetention,
            wording: failPoints?.wording(.standard) ?? .standard, logger: logger)
        redis = try Assembly.redis(configuration)
        shared = redis.map { RedisCache($0, instance: Assembly.instanceID) }
        currents = CurrentRegimes(
            reader: storage.regimes, shared: shared,
            defaultMarket: configuration.defaultMarket, now: { WallClock.now },
            Assembly.cacheEnvironment)
        let regimes = storage.regimes
        scorecards = Scorecards(
            now: { ContinuousClock.now },
            make: { try await StoredScorecard(of: $0, regimes).message })
        sectors = try configuration.values.read(AnalysisSettings.self).sectors
        let events: any EventBus =
            if let failPoints {
                FailingBus(bus: storage.events, points: failPoints)
            } else {
                storage.events
            }
        desk = UserDesk(
            UserDesk.Market(
                reader: storage.regimes, events: events,
                defaultMarket: configuration.defaultMarket),
            storage, shared: shared, failPoints, logger)
        for notice in storage.warnings { logger.warning("\(notice)") }
    }

    /// Opens the store, runs an action, and closes the store again.
    static func with<Answer>(
        _ configuration: BloasisConfiguration, settingRetention: Bool = false,
        _ action: (Assembly) async throws -> Answer
    ) async throws -> Answer {
        let assembly = try await Assembly(configuration, settingRetention: settingRetention)
        return try await closing(assembly.close) { try await action(assembly) }
    }

    /// Runs an action at an organisation's desk, or at that of users who belong to none.
    func atDesk<Answer>(
        of organisation: String?, _ action: (UserDesk) async throws -> Answer
    ) async throws -> Answer {
        guard let organisation else { return try await action(desk) }
        let name = try OrganisationName(asked: organisation)
        guard let known = try await storage.accounts.organisation(name) else {
            throw CommandFailure(
                .nothingFound, "there is no organisation \(name)",
                hint: "see: bloasis organisations list")
        }
        let own = try await desk.ofOrganisation(known)
        return try await closing(own.storage.close) { try await action(own) }
    }

    /// Closes caches, then the bus, then the store.
    func close() async {
        redis?.close()
        await storage.close()
    }

    private static func redis(_ configuration: BloasisConfiguration) throws -> RedisClient? {
        let target: RedisTarget? =
            switch configuration.redis {
            case .url(let url): try RedisTarget(url: url)
            case .host(let host, let port): try RedisTarget(host: host, port: port)
            case nil: nil
            }
        return target.map {
            RedisClient(
                $0, RedisLimits(),
                RedisEnvironment(now: { ContinuousClock.now }, chance: { Assembly.chance }))
        }
    }

    static let cacheEnvironment = CacheEnvironment(
        now: { ContinuousClock.now }, chance: { Assembly.chance })

    /// Uniform in 0 ..< 1.
    static var chance: Double {
        var generator = SystemRandomNumberGenerator()
        return Double.random(in: 0..<1, using: &generator)
    }

    /// How this configuration classifies a series.
    var specification: RegimeSpecification { specification(of: configuration.model) }

    /// How this configuration would with another model.
    func specification(of model: ModelChoice) -> RegimeSpecification {
        var specification: RegimeSpecification =
            switch model {
            case .hmm: .standard(.hmm)
            case .markov: .standard(.markov)
            case .jump: .standard(.jump)
            case .jumpContinuous: .standard(.jumpContinuous)
            case .jumpSparse: .standard(.jumpSparse)
            case .rules: .standard(.rules)
            }
        specification.calibration =
            switch configuration.confidence {
            case .raw: nil
            case .calibrated: CalibrationPlan()
            }
        return specification
    }

    /// What answers for strategies, with caches of its own.
    func analysis(advisor: Advisor? = nil) -> AnalysisQueries {
        AnalysisQueries(
            StrategyEngine(store, advisor: advisor), reader: store, shared: shared,
            sectors: sectors, defaultMarket: configuration.defaultMarket,
            now: { WallClock.now }, Assembly.cacheEnvironment)
    }

    /// - Parameter analysis: where ai-analysis is; `nil`: here, without an adviser.
    func queries(asking analysis: (any AIAnalysisAPI)? = nil) -> MarketRegimeQueries {
        MarketRegimeQueries(
            reader: store, told: store, overrides: store, currents: currents,
            scorecards: scorecards, analysis: analysis ?? self.analysis(),
            defaultMarket: configuration.defaultMarket, now: { WallClock.now })
    }

    /// What `/ready` asks.
    var checks: [HealthCheck] {
        var checks = [
            HealthCheck("store") {
                try await store.ping()
                return "answers"
            },
            HealthCheck(configuration.brokers == nil ? "event-log" : "kafka") {
                try await events.ping()
                return "answers"
            },
        ]
        if let redis {
            checks.append(
                HealthCheck("redis") {
                    try await redis.send(RedisCommand("PING"))
                    return "answers"
                })
        }
        return checks
    }

    var gauges: ServiceGauges { ServiceGauges(reader: store, outbox: store) }

    /// Where bars go that are sent to this process.
    func bars(into intake: BarIntake) -> BarRecording {
        BarRecording(
            to: destination(of: intake), reader: store, defaultMarket: configuration.defaultMarket,
            now: { WallClock.now })
    }

    /// To the topic where there are brokers: one consumer per partition classifies.
    func destination(of intake: BarIntake) -> BarRecording.Destination {
        configuration.brokers == nil ? .classifier(intake) : .topic(events)
    }

    var overrideExpiry: DueWork {
        OverrideExpiry(
            overrides: store, ended: { [currents] in await currents.written($0) }, logger: logger
        ).work(after: { [store] in store.commits() }, now: { WallClock.now })
    }

    /// Makes the topics before anybody needs them, so that whoever reads them finds them. Where
    /// that fails they are made when they are used.
    func makeTopics() async {
        do {
            try await storage.prepareTopics()
        } catch is CancellationError {
        } catch {
            logger.warning("Topics not made yet", metadata: ["error": "\(error)"])
        }
    }

    /// Names this process among those that share the store. Containers may share a host's name and
    /// all be its process 1.
    static let instanceID: String = {
        var generator = SystemRandomNumberGenerator()
        let chance = String(UInt32.random(in: 0...UInt32.max, using: &generator), radix: 16)
        let process = ProcessInfo.processInfo
        return "\(process.hostName)-\(process.processIdentifier)-\(chance)"
    }()
}
