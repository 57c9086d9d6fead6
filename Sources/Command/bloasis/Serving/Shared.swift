import AIAnalysis
import Contracts
import Foundation
import Hosting
import MarketRegime
import Notification
import Ports
import Postbox
import TradingService

/// What services share, each made when one first asks.
enum Shared {
    /// Given by whoever starts the process.
    static let serving = SharedValue<Serving>("serving") { _ in throw NotServing() }

    static func serving(_ value: Serving) -> SharedValue<Serving> {
        SharedValue(serving.name) { _ in value }
    }

    struct NotServing: Error, CustomStringConvertible {
        var description: String { "this service runs under `bloasis serve` alone" }
    }

    /// The store, the bus and the caches.
    static let assembly = SharedValue<Assembly>("assembly") { process in
        let configuration = try await process.shared(serving).configuration
        // A server that is being started is waited for.
        return try await Retrier.starting(process).call(
            "open the store", isRetriable: { ($0 as? StoreError)?.isRetriable ?? false }
        ) { try await Assembly(configuration, settingRetention: true) }
    } close: {
        await $0.close()
    }

    /// The one way by which bars reach the classifier of this process.
    static let intake = SharedValue<BarIntake>("bar-intake") { process in
        let assembly = try await process.shared(assembly)
        return BarIntake(
            classifier: LiveClassifier(
                journal: assembly.journal, reader: assembly.store, now: { WallClock.now },
                logger: assembly.logger, jitter: SystemRandomNumberGenerator()),
            committed: { [currents = assembly.currents] in await currents.written($0) })
    }

    static let remote = SharedValue<RemoteServices>("remote-services") { process in
        let serving = try await process.shared(serving)
        return try RemoteServices(
            serving.plan.remote + serving.plan.asked, serving.configuration,
            try process.values.read(RemoteSettings.self),
            try await process.shared(registries).directory(sending: serving.configuration),
            logger: process.logger)
    } close: {
        await $0.close()
    }

    /// Strategies, cached.
    static let strategies = SharedValue<AnalysisQueries>("strategies") { process in
        try await process.shared(assembly).analysis(advisor: try await process.shared(advisor))
    }

    /// ai-analysis, in this process or another one.
    static let analysis = SharedValue<any AIAnalysisAPI>("analysis") { process in
        let plan = try await process.shared(serving).plan
        if plan.asked.contains(.aiAnalysis),
            let elsewhere = try await process.shared(remote).analysis
        {
            return elsewhere
        }
        return try await process.shared(strategies)
    }

    static let paperTrader = SharedValue<PaperTrader>("paper-trader") { process in
        try await process.shared(assembly).desk.paperTrader(
            asking: try await process.shared(analysis))
    }

    static let registries = SharedValue<RegistryClients>("registries") { process in
        try RegistryClients(try await process.shared(serving).configuration.registry)
    } close: {
        await $0.close()
    }

    /// Opened one by one as they are listened on.
    static let doors = SharedValue<OpenDoors>("doors") { process in
        let entries = try await process.shared(serving).plan.entries
        return OpenDoors([HTTPDoor.name, GRPCDoor.name].count { entries.contains($0) })
    }

    static let access = SharedValue<Access>("access") { process in
        let configuration = try await process.shared(serving).configuration
        return try await Access(configuration, logger: process.logger)
    } close: {
        await $0.close()
    }

    /// Asks everything that this process depends on.
    static let readiness = SharedValue<Readiness>("readiness") { process in
        let plan = try await process.shared(serving).plan
        var checks: [HealthCheck] = []
        if !plan.local.isEmpty { checks += try await process.shared(assembly).checks }
        if !plan.remote.isEmpty {
            // Not those that are asked only now and then: what is answered without them is ready.
            checks += try await process.shared(remote).checks(of: plan.remote)
        }
        return Readiness(checks + (try await process.shared(access).checks))
    }

    /// Who is told what, and how.
    static let notices = SharedValue<NoticeOffice>("notices") { process in
        try await noticeOffice(at: process.shared(assembly).desk, of: process)
    }

    /// Who is told what, and how, of those who have a desk.
    static func noticeOffice(
        at desk: UserDesk, of process: ServiceProcess
    ) async throws -> NoticeOffice {
        let serving = try await process.shared(serving)
        let page = serving.configuration.registration(of: ProcessInfo.processInfo).serviceURL
        return NoticeOffice(
            desk, try process.values.read(DeliverySettings.self),
            by: try await process.shared(couriers), page: serving.plan.hasPage ? page : nil)
    }

    /// Fails when the file of authorities for mail cannot be read.
    private static let couriers = SharedValue<NoticeCouriers>("couriers") { process in
        let assembly = try await process.shared(assembly)
        let settings = try process.values.read(DeliverySettings.self)
        return NoticeCouriers(
            web: assembly.courier(
                WebhookSender(policy: settings.policy, now: { WallClock.now })),
            mail: try settings.mail.map { assembly.courier(try MailSender($0)) })
    }

    /// The methods that the doors answer.
    static let methods = SharedValue<[ServiceMethod]>("methods") { process in
        let plan = try await process.shared(serving).plan
        var methods: [ServiceMethod] = []
        for service in plan.local {
            let assembly = try await process.shared(assembly)
            switch service {
            case .marketRegime:
                let analysis = try await process.shared(analysis)
                methods += ServiceMethod.marketRegime(assembly.queries(asking: analysis))
            case .aiAnalysis:
                methods += ServiceMethod.aiAnalysis(try await process.shared(strategies))
            case .trading:
                let bars = assembly.bars(into: try await process.shared(intake))
                let trader = try await process.shared(paperTrader)
                methods += ServiceMethod.trading(
                    assembly.desk.trading, bars, assembly.desk.paperTrading(trader)
                ).map { $0.atOrganisations(of: process) }
            case .notification:
                let office = try await process.shared(notices)
                methods += ServiceMethod.notification(office.inboxes, office.webhooks)
                    .map { $0.atOrganisations(of: process) }
            case .accounts:
                methods += ServiceMethod.accounts(
                    assembly.tokens(try process.values.read(AccountSettings.self)),
                    assembly.administration)
            default: break
            }
        }
        if !plan.remote.isEmpty {
            methods += try await process.shared(remote).methods(of: plan.remote)
        }
        let control = try await process.shared(access).control
        return methods.map { $0.guarded(by: control).keepingDeadlines() }
    }
}
