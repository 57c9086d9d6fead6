import Accounts
import Contracts
import Hosting
import Logging
import MarketRegime
import Ports
import ServiceLifecycle

/// One organisation's desk, with the services that work at it in this process.
struct OrganisationOffice: Sendable {
    let desk: UserDesk
    /// By full name.
    let methods: [String: ServiceMethod]
    /// What runs for as long as the process does.
    let parts: [any Service]

    fileprivate init(_ desk: UserDesk, in process: ServiceProcess) async throws {
        self.desk = desk
        let plan = try await process.shared(Shared.serving).plan
        var methods: [ServiceMethod] = []
        var parts: [any Service] = [desk.relay]
        if plan.local.contains(.trading) {
            let trader = desk.paperTrader(asking: try await process.shared(Shared.analysis))
            let bars = try await process.shared(Shared.assembly).bars(
                into: try await process.shared(Shared.intake))
            methods += ServiceMethod.trading(desk.trading, bars, desk.paperTrading(trader))
            parts += desk.tradingParts(trader)
        }
        if plan.local.contains(.notification) {
            let office = try await Shared.noticeOffice(at: desk, of: process)
            methods += ServiceMethod.notification(office.inboxes, office.webhooks)
            parts += office.parts
        }
        self.methods = Dictionary(uniqueKeysWithValues: methods.map { ($0.fullName, $0) })
        self.parts = parts
    }
}

extension Shared {
    /// An organisation's database is opened once, by whoever asks for it first, and closed in
    /// reverse order with all that is shared.
    static func office(of name: OrganisationName) -> SharedValue<OrganisationOffice> {
        SharedValue("organisation \(name)") { process in
            let assembly = try await process.shared(assembly)
            guard let known = try await assembly.storage.accounts.organisation(name) else {
                throw RPCFault(
                    .permissionDenied,
                    "there is no organisation \(name) here: have it added, or get another token")
            }
            let desk = try await assembly.desk.ofOrganisation(known)
            do {
                return try await OrganisationOffice(desk, in: process)
            } catch {
                await desk.storage.close()
                throw error
            }
        } close: {
            await $0.desk.storage.close()
        }
    }
}

extension ServiceMethod {
    /// The same method with the desks of organisations behind it.
    func atOrganisations(of process: ServiceProcess) -> ServiceMethod {
        routed { [fullName] organisation in
            let office = try await process.shared(Shared.office(of: organisation))
            guard let method = office.methods[fullName] else {
                throw RPCFault(.unimplemented, "\(fullName) is not for organisations")
            }
            return method
        }
    }
}

/// Works for organisations in the background: each by itself, so that one whose database is away
/// keeps nobody waiting.
struct OrganisationsHost: BlockingService {
    static let name = "organisations"
    /// Pauses before an organisation is tried again; each is twice the one before.
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(60)

    private let assembly: Assembly
    private let process: ServiceProcess

    init(_ context: ServiceContext<NoSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        process = context.process
    }

    func run() async throws {
        let (names, found) = AsyncStream.makeStream(of: OrganisationName.self)
        let search = DueWork(
            "organisations", after: { [store = assembly.store] in store.commits() },
            now: { WallClock.now }, logger: assembly.logger
        ) { [accounts = assembly.storage.accounts] _ in
            for organisation in try await accounts.organisations() {
                found.yield(organisation.name)
            }
            return nil
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                defer { found.finish() }
                try await search.run()
            }
            var known: Set<OrganisationName> = []
            for await name in names where known.insert(name).inserted {
                group.addTask { await work(for: name) }
            }
        }
    }

    private func work(for name: OrganisationName) async {
        await again("opened", name) {
            let office = try await process.shared(Shared.office(of: name))
            await withDiscardingTaskGroup { group in
                // Each by itself: one that fails keeps none of the others from their work.
                for part in office.parts {
                    group.addTask { await again("worked for", name) { try await part.run() } }
                }
            }
        }
    }

    /// Does a work until it ends by itself, or the process does.
    private func again(
        _ verb: String, _ name: OrganisationName, _ work: @Sendable () async throws -> Void
    ) async {
        var pause = OrganisationsHost.firstPause
        while true {
            let begun = ContinuousClock.now
            do {
                return try await work()
            } catch is CancellationError {
                return
            } catch {
                if ContinuousClock.now - begun > OrganisationsHost.longestPause {
                    pause = OrganisationsHost.firstPause
                }
                assembly.logger.error(
                    "An organisation is not \(verb): it is tried again",
                    metadata: [
                        "organisation": "\(name)", "error": "\(error)", "pause": "\(pause)",
                    ])
            }
            do {
                try await cancelWhenGracefulShutdown { [pause] in try await Task.sleep(for: pause) }
            } catch {
                return
            }
            pause = min(pause * 2, OrganisationsHost.longestPause)
        }
    }
}
