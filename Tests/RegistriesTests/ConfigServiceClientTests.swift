import ConfigService
import Contracts
import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import Logging
import Ports
import ServiceLifecycle
import TestSupport
import Testing

@testable import Registries

/// A config-service that listens, over fake instances.
private struct LiveConfigService {
    let probe = InMemoryHealthProbe()
    let wall = ManualTime()
    let steady = ManualInstant()

    func serving(_ body: @Sendable (_ url: String) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let registry = await ServiceRegistry(
            archive: InMemoryRegistryArchive(), probe: probe,
            policy: HealthURLPolicy(bindAddress: "127.0.0.1"), now: { [wall] in wall.now },
            steady: { [steady] in steady.now }, logger: logger)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let routes = registry.routes
        let listener = HTTPListener(
            HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "config-service"),
            operations: OperationRoutes(
                serviceName: "config-service", readiness: { [] }, metrics: { "" }),
            logger: logger, onRunning: { port.yield($0) }, routes: { routes.add(to: $0) })
        let group = ServiceGroup(services: registry.services + [listener], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let bound = await ports.first { _ in true } ?? 0
            try await body("http://127.0.0.1:\(bound)")
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Makes an instance what it should be found, and waits until it is.
    func set(
        _ status: InstanceStatus, _ registration: ServiceRegistration,
        seenBy directory: any ServiceDirectory
    ) async throws {
        guard let url = registration.healthCheckURL else { return }
        probe.set(url, isHealthy: status == .healthy)
        // The next poll is due.
        steady.advance(by: .seconds(10))
        try await eventually {
            try await directory.instances(of: registration.serviceName)
                .first { $0.registration.instanceID == registration.instanceID }?
                .status == status
        }
    }
}

@Suite("Conformance of the config-service and its client", .timeLimit(.minutes(5)))
struct ConfigServiceConformanceTests {
    @Test("registry", arguments: RegistryConformance.laws)
    func registry(keeps law: Law<RegistryWorld>) async throws {
        let service = LiveConfigService()
        try await service.serving { url in
            try await withConfigService(url + "//") { client in
                try await law.holds(
                    in: RegistryWorld(registrar: client, directory: client) {
                        try await service.set($0, $1, seenBy: client)
                    })
            }
        }
    }
}

extension RegistryCallLimits {
    /// Limits of time that no test reaches unless it wants to.
    static let patient = limits(.seconds(60))

    static func limits(_ time: Duration) -> RegistryCallLimits {
        var limits = RegistryCallLimits()
        limits.change = time
        limits.discovery = time
        limits.answerBytes = 1 << 16
        return limits
    }
}

/// Runs with a client of a server and closes it, whatever happens: one that nobody closes ends the
/// process.
func withConfigService(
    _ url: String, token: RegistryToken? = nil, limits: RegistryCallLimits = .patient,
    _ body: (ConfigServiceClient) async throws -> Void
) async throws {
    let client = try ConfigServiceClient(url: url, token: token, limits: limits)
    try await carryOut {
        try await body(client)
    } finally: {
        await client.close()
    }
}

@Suite("The client of the config-service", .timeLimit(.minutes(2)))
struct ConfigServiceClientTests {
    private static let registration = RegistryConformance.registration(1)

    @Test("the promised limits")
    func limits() {
        let limits = RegistryCallLimits()
        #expect(limits.change == .seconds(5))
        #expect(limits.discovery == .seconds(3))
    }

    @Test("calls are made as promised")
    func calls() async throws {
        let answer: StubServer.Answering = { asked in
            switch asked.uri {
            case "/base/api/v1/registry/register":
                .text(#"{"instance_id":"chosen"}"#, status: .created)
            case "/base/api/v1/registry/services/a%2Fb/url": .text(#"{"url":"http://h:1"}"#)
            case "/base/api/v1/registry/services/a%2Fb": .text("[]")
            default: .text(#"{"status":"ok"}"#)
            }
        }
        try await StubServer.serving(answer) { server in
            try await withConfigService(server.url + "/base/") { client in
                #expect(try await client.register(Self.registration) == "chosen")
                try await client.deregister(service: "a b", instanceID: "1&2")
                #expect(try await client.url(of: "a/b") == "http://h:1")
                #expect(try await !client.isKnown(service: "a/b", instanceID: "1"))
            }
            let asked = server.asked
            #expect(asked.map(\.method) == ["POST", "POST", "GET", "GET"])
            #expect(asked[0].body == Self.registration.requestJSON)
            #expect(asked[0].headers[.contentType] == "application/json")
            #expect(
                asked[1].uri == "/base/api/v1/registry/deregister"
                    + "?service_name=a%20b&instance_id=1%262")
            #expect(asked[1].body.isEmpty)
        }
    }

    @Test(
        "an address that cannot be used is refused, and not repeated",
        arguments: [
            "", "config:8082", "ftp://h/", "http://", "http:///x", "http://u:secret@h/",
            "http://h/?key=secret", "http://h/#secret",
        ])
    func address(url: String) {
        let error = #expect(throws: RegistryError.self) { try ConfigServiceClient(url: url) }
        guard case .unusableAddress? = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(!"\(error as Any)".contains("secret"))
    }

    @Test("what the registry refuses is told with its words")
    func refused() async throws {
        try await StubServer.answering(
            .unprocessableContent, #"{"detail":"no \#u{7}"}"# + String(repeating: "x", count: 999)
        ) { server in
            try await withConfigService(server.url) { client in
                let error = await #expect(throws: RegistryError.self) {
                    try await client.register(Self.registration)
                }
                guard case .refused(let registry, 422, let detail)? = error else {
                    Issue.record("\(error as Any)")
                    return
                }
                #expect(registry == "config-service at 127.0.0.1:\(server.port)")
                #expect(detail.hasPrefix(#"{"detail":"no "}xxx"#) && detail.count == 200)
                await #expect(throws: RegistryError.self) {
                    try await client.deregister(service: "a", instanceID: "1")
                }
                await #expect(throws: RegistryError.self) { try await client.url(of: "a") }
            }
        }
    }

    @Test("no healthy instance is an error of its own")
    func noHealthyInstance() async throws {
        try await StubServer.answering(.notFound, #"{"detail":"No healthy instances found"}"#) {
            server in
            try await withConfigService(server.url) { client in
                await #expect(throws: RegistryError.noHealthyInstance(service: "a")) {
                    try await client.url(of: "a")
                }
            }
        }
    }

    @Test("a 404 of another kind of server is a refusal", arguments: ["", "<html>", "{}"])
    func elsewhere(text: String) async throws {
        try await StubServer.answering(.notFound, text) { server in
            try await withConfigService(server.url) { client in
                let error = await #expect(throws: RegistryError.self) {
                    try await client.url(of: "a")
                }
                guard case .refused(_, 404, text)? = error else {
                    Issue.record("\(error as Any)")
                    return
                }
            }
        }
    }

    @Test(
        "an answer that is none is unreadable",
        arguments: ["", "<html>", "{}", "[1]", #"{"url":1}"#, #"[{"status":"well"}]"#])
    func unreadable(text: String) async throws {
        try await StubServer.answering(.ok, text) { server in
            try await withConfigService(server.url) { client in
                for call in [
                    { _ = try await client.register(Self.registration) },
                    { _ = try await client.url(of: "a") },
                    { _ = try await client.instances(of: "a") },
                ] {
                    let error = await #expect(throws: RegistryError.self) { try await call() }
                    guard case .unreadable? = error else {
                        Issue.record("\(error as Any)")
                        continue
                    }
                }
            }
        }
    }

    @Test("a redirect is not followed")
    func redirect() async throws {
        try await StubServer.answering(.found, "", headers: [.location: "/elsewhere"]) { server in
            try await withConfigService(server.url) { client in
                await #expect(throws: RegistryError.self) { try await client.instances(of: "a") }
            }
            #expect(server.asked.count == 1)
        }
    }

    @Test("an answer that is too large is not read to its end")
    func oversized() async throws {
        try await StubServer.serving(StubServer.endless) { server in
            try await withConfigService(server.url) { client in
                let error = await #expect(throws: RegistryError.self) {
                    try await client.instances(of: "a")
                }
                #expect("\(error as Any)".contains("more than 65536 bytes"))
            }
        }
    }

    @Test("an answer that does not come, or not to its end, is not waited for")
    func slow() async throws {
        for answer in [StubServer.silent, StubServer.stalling] {
            try await StubServer.serving(answer) { server in
                let limits = RegistryCallLimits.limits(.milliseconds(200))
                try await withConfigService(server.url, limits: limits) { client in
                    let late = RegistryError.timedOut(
                        registry: "config-service at 127.0.0.1:\(server.port)",
                        limit: .milliseconds(200))
                    await #expect(throws: late) { try await client.instances(of: "a") }
                    await #expect(throws: late) { try await client.register(Self.registration) }
                }
            }
        }
    }

    @Test("nobody there is told at once")
    func unreachable() async throws {
        try await LoopbackPort.withNobody { port in
            for host in ["127.0.0.1", "localhost"] {
                try await withConfigService("http://\(host):\(port)") { client in
                    try await Self.expectNobody(at: "\(host):\(port)", client)
                }
            }
        }
    }

    private static func expectNobody(
        at address: String, _ client: ConfigServiceClient
    ) async throws {
        let error = await #expect(throws: RegistryError.self) {
            try await client.instances(of: "a")
        }
        guard case .unreachable(let registry, let reason)? = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(registry == "config-service at \(address)")
        #expect(reason.lowercased().contains("refused"), "\(reason)")
    }

    @Test("a call ends when its task is cancelled")
    func cancelled() async throws {
        try await StubServer.serving(StubServer.silent) { server in
            try await withConfigService(server.url) { client in
                let call = Task { try await client.instances(of: "a") }
                try await eventually { server.asked.count == 1 }
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
            }
        }
    }
}
