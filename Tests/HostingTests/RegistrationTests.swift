import Hosting
import Logging
import Market
import Ports
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("The plan of a registration")
struct RegistrationPlanTests {
    private let pauses = RegistrationPlan.Pauses()

    @Test("it registers, then looks every 15 s whether it is known")
    func known() {
        var plan = RegistrationPlan()
        #expect(plan.step == .register && !plan.mayBeKnown)
        #expect(plan.registered() == .seconds(15))
        for _ in 1...3 {
            #expect(plan.step == .check && plan.mayBeKnown)
            #expect(plan.checked(isKnown: true) == .seconds(15))
            #expect(plan.checkFailed() == .seconds(15))
        }
    }

    @Test("what has been forgotten is registered again at once")
    func forgotten() {
        var plan = RegistrationPlan()
        _ = plan.registered()
        #expect(plan.checked(isKnown: false) == .zero)
        #expect(plan.step == .register && !plan.mayBeKnown)
    }

    @Test("failures make the pauses longer, up to a bound, for as long as they last")
    func retries() {
        var plan = RegistrationPlan()
        func pause() -> Duration { plan.registrationFailed(leavesOpen: false, chance: 1) }
        let seconds = (1...8).map { _ in pause() / .seconds(1) }
        #expect(seconds == [1, 2, 4, 8, 16, 30, 30, 30])
        for _ in 1...1_000 { #expect(pause() == pauses.retryMaximum) }
        #expect(plan.failures == 1_008 && !plan.mayBeKnown)
        _ = plan.registered()
        _ = plan.checked(isKnown: false)
        #expect(plan.registrationFailed(leavesOpen: false, chance: 0) == pauses.retry / 2)
    }

    @Test("what may have arrived is to be taken out again")
    func leftOpen() {
        var late = RegistrationPlan()
        _ = late.registrationFailed(leavesOpen: true, chance: 0)
        #expect(late.step == .register && late.mayBeKnown)
        var stopped = RegistrationPlan()
        stopped.interrupted()
        #expect(stopped.mayBeKnown)
    }
}

/// A registry that answers nobody.
private struct SilentRegistry: Registrar {
    let registry = "silent"

    func register(_ registration: ServiceRegistration) async throws -> String {
        registration.instanceID
    }

    func deregister(service: String, instanceID: String) async throws {
        for await _ in AsyncStream<Void>.makeStream().stream {}
        throw CancellationError()
    }

    func isKnown(service: String, instanceID: String) async throws -> Bool { true }
}

@Suite("The registration of a process", .timeLimit(.minutes(2)))
struct RegistrationServiceTests {
    private let log = RecordedLog()
    private let registration = RegistryConformance.registration(1)

    /// Pauses that a test can wait for.
    private var pauses: RegistrationPlan.Pauses {
        var pauses = RegistrationPlan.Pauses()
        pauses.check = .milliseconds(1)
        pauses.retry = .milliseconds(1)
        pauses.retryMaximum = .milliseconds(2)
        return pauses
    }

    private func service(
        _ registrars: [any Registrar], whenReady: @escaping @Sendable () async throws -> Void = {}
    ) -> RegistrationService {
        RegistrationService(
            registration, with: registrars, pauses: pauses, shutdownLimit: .milliseconds(50),
            whenReady: whenReady, logger: log.logger(from: .debug))
    }

    /// Runs services until `body` returns, then shuts them down.
    private func running(
        _ services: [any Service], _ body: () async throws -> Void
    ) async throws {
        let group = ServiceGroup(
            services: services, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func isKnown(to registry: InMemoryRegistry) throws -> Bool {
        try registry.isKnown(service: "trading", instanceID: "trading-1")
    }

    @Test("it registers, and deregisters in the shutdown, with the promised lines")
    func life() async throws {
        let registry = InMemoryRegistry()
        try await running([service([registry])]) {
            try await eventually { try isKnown(to: registry) }
        }
        #expect(try !isKnown(to: registry))
        #expect(
            log.texts == [
                "info Registered trading with service registry as instance trading-1",
                "info Deregistered trading from service registry",
            ])
    }

    @Test("it is registered once the doors are open, not before")
    func startUp() async throws {
        let registry = InMemoryRegistry()
        let doors = OpenDoors(2)
        doors.opened()
        try await running([service([registry], whenReady: { try await doors.wait() })]) {
            #expect(try !isKnown(to: registry))
            doors.opened()
            try await eventually { try isKnown(to: registry) }
        }
        try await doors.wait()
    }

    @Test("a shutdown before the doors are open ends the wait, and there is nothing to take out")
    func early() async throws {
        let doors = OpenDoors(1)
        let registry = InMemoryRegistry()
        try await running([service([registry], whenReady: { try await doors.wait() })]) {}
        #expect(log.lines.isEmpty)
    }

    /// Stops after the registration, and says whether that was still known.
    private struct Neighbour: Service {
        let registry: InMemoryRegistry
        let wasKnown = Answer()

        final class Answer: Sendable {
            let value = Mutex<Bool?>(nil)
        }

        func run() async throws {
            try await gracefulShutdown()
            let isKnown = try registry.isKnown(service: "trading", instanceID: "trading-1")
            wasKnown.value.withLock { $0 = isKnown }
        }
    }

    @Test("listed last it deregisters before anything else stops")
    func first() async throws {
        let registry = InMemoryRegistry()
        let neighbour = Neighbour(registry: registry)
        try await running([neighbour, service([registry])]) {
            try await eventually { try isKnown(to: registry) }
        }
        #expect(neighbour.wasKnown.value.withLock { $0 } == false)
    }

    @Test("what the registry has forgotten is registered again")
    func forgotten() async throws {
        let registry = InMemoryRegistry()
        try await running([service([registry])]) {
            for _ in 1...3 {
                try await eventually { try isKnown(to: registry) }
                try registry.deregister(service: "trading", instanceID: "trading-1")
            }
            try await eventually { try isKnown(to: registry) }
        }
        #expect(log.texts.contains("notice Service registry has forgotten this instance"))
    }

    @Test("a registry that is away is said once, and joined when it comes")
    func away() async throws {
        let registry = InMemoryRegistry()
        registry.fail(with: .unreachable(registry: "it", reason: "refused"))
        try await running([service([registry])]) {
            try await eventually { log.lines.count >= 6 }
            registry.fail(with: nil)
            try await eventually { try isKnown(to: registry) }
        }
        let warnings = log.texts.filter { $0.hasPrefix("warning") }
        #expect(
            warnings == [
                "warning Service registry registration failed: it cannot be reached: refused",
                "warning Service registry registration skipped/failed for trading",
            ])
    }

    @Test("a registry that fails in the shutdown is said, and is no failure of the process")
    func failingEnd() async throws {
        let registry = InMemoryRegistry()
        try await running([service([registry])]) {
            try await eventually { try isKnown(to: registry) }
            registry.fail(with: .refused(registry: "it", status: 500, detail: ""))
        }
        #expect(
            log.texts.last == "warning Service registry deregistration failed: it answered 500")
    }

    @Test("a registry that is silent in the shutdown is not waited for, whoever else there is")
    func silentEnd() async throws {
        let registry = InMemoryRegistry()
        try await running([service([SilentRegistry(), registry])]) {
            try await eventually { log.lines.count == 2 }
        }
        #expect(try !isKnown(to: registry))
        #expect(
            log.texts.contains(
                "warning Service registry deregistration failed: silent did not answer within "
                    + "0.05 seconds"))
    }

    private struct Failing: Service {
        struct Broken: Error {}
        let registry: InMemoryRegistry

        func run() async throws {
            try await eventually {
                try registry.isKnown(service: "trading", instanceID: "trading-1")
            }
            throw Broken()
        }
    }

    @Test("a process that ends because a service failed deregisters too")
    func cancelled() async throws {
        let registry = InMemoryRegistry()
        await #expect(throws: Failing.Broken.self) {
            try await running([Failing(registry: registry), service([registry])]) {
                try await eventually { log.lines.count == 2 }
            }
        }
        #expect(try !isKnown(to: registry))
    }

    @Test("without a registry it waits for the end")
    func none() async throws {
        try await running([service([])]) {
            try await eventually { !log.lines.isEmpty }
        }
        #expect(
            log.texts == [
                "debug Service registry registration skipped/failed for trading"
            ])
    }
}

@Suite("Finding services")
struct ServiceFinderTests {
    @Test("the instances, or none and a line in the log")
    func find() async throws {
        let registry = InMemoryRegistry()
        let log = RecordedLog()
        let finder = ServiceFinder(registry, logger: log.logger(from: .debug))
        let registration = RegistryConformance.registration(1)
        try registry.register(registration)
        let found = await finder.instances(of: registration.serviceName)
        #expect(found.map(\.registration) == [registration] && log.lines.isEmpty)
        let failure = RegistryError.unreachable(registry: "registry", reason: "away")
        registry.fail(with: failure)
        #expect(await finder.instances(of: "trading").isEmpty)
        #expect(log.texts == ["warning Service discovery failed for trading: \(failure)"])
    }
}

@Suite("How a process announces itself")
struct RegistrySettingsTests {
    private func registration(
        _ environment: [String: String], service: ServiceName? = .trading
    ) throws -> ServiceRegistration {
        try BloasisConfiguration.load(
            service: service, environment: environment, dotEnvPath: nil
        ).registration(hostName: "box", processID: 42)
    }

    @Test(
        "the host is where it listens, or the machine's name when that is everywhere",
        arguments: [
            ([:], "http://127.0.0.1:8085"), (["BIND_ADDRESS": "::1"], "http://[::1]:8085"),
            (["BIND_ADDRESS": "0.0.0.0"], "http://box:8085"),
            (["BIND_ADDRESS": "::"], "http://box:8085"),
            (["BIND_ADDRESS": "10.0.0.1"], "http://10.0.0.1:8085"),
            (["SERVICE_HOST": "trading.internal"], "http://trading.internal:8085"),
            (["SERVICE_HOST": "h", "HTTP_PORT": "9000"], "http://h:9000"),
            (["SERVICE_HOST": "h", "HTTP_PORT": "9000", "SERVICE_PORT": "80"], "http://h:80"),
            (
                ["SERVICE_HOST": "h", "SERVICE_PUBLIC_URL": "https://trading.example.com/x//"],
                "https://trading.example.com/x"
            ),
        ] as [([String: String], String)])
    func url(environment: [String: String], url: String) throws {
        let registration = try registration(environment)
        #expect(registration.serviceURL == url)
        #expect(registration.healthCheckURL == url + "/health")
    }

    @Test("the instance is named by name, host and process, unless it has a name of its own")
    func instance() throws {
        #expect(try registration([:]).instanceID == "trading-box-42")
        #expect(try registration(["SERVICE_NAME": "desk"]).instanceID == "desk-box-42")
        #expect(try registration(["SERVICE_NAME": "desk"]).serviceName == "desk")
        #expect(try registration(["SERVICE_INSTANCE_ID": "one"]).instanceID == "one")
    }

    @Test("the gRPC port is among the metadata, where there is one")
    func grpc() throws {
        #expect(
            try registration(["GRPC_PORT": "9001"]).metadata
                == JSONObject([.init("grpc_port", .number("9001"))]))
        #expect(try registration([:], service: .gateway).metadata == JSONObject())
    }

    @Test("registries are those that are named; the token is a secret")
    func registries() throws {
        let none = try BloasisConfiguration.load(environment: [:], dotEnvPath: nil).registry
        #expect(none.configServiceURL == nil && none.consul?.address == nil)
        let configuration = try BloasisConfiguration.load(
            environment: [
                "CONFIG_SERVICE_URL": "http://registry:8082/", "CONSUL_HTTP_ADDR": "consul:8500",
                "CONSUL_HTTP_TOKEN": "hunter2",
            ], dotEnvPath: nil)
        #expect(configuration.registry.configServiceURL == "http://registry:8082/")
        #expect(configuration.registry.consul?.address == "consul:8500")
        #expect(configuration.registry.consul?.token?.exposed == "hunter2")
        #expect(!"\(configuration.registry) \(configuration.settings)".contains("hunter2"))
        for address in ["http://consul:8500", "https://consul:8501"] {
            let configuration = try BloasisConfiguration.load(
                environment: ["CONSUL_HTTP_ADDR": address], dotEnvPath: nil)
            #expect(configuration.registry.consul?.address == address)
            #expect(configuration.registry.consul?.token == nil)
        }
    }
}
