import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import Logging
import Market
import NIOCore
import Ports
import ServiceLifecycle
import TestSupport

@testable import ConfigService

/// A config-service, asked without a socket.
struct RegistryFixture {
    let archive: InMemoryRegistryArchive
    let probe = InMemoryHealthProbe()
    let wall: ManualTime
    let steady = ManualInstant()
    let registry: ServiceRegistry
    private let listener: HTTPListener

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        bindAddress: String = "127.0.0.1",
        archive: InMemoryRegistryArchive = InMemoryRegistryArchive(),
        start: Timestamp = Samples.day(10_000), access: AccessControl = .off,
        logger: Logger = RegistryFixture.logger
    ) async {
        self.archive = archive
        wall = ManualTime(start)
        registry = await ServiceRegistry(
            archive: archive, probe: probe, policy: HealthURLPolicy(bindAddress: bindAddress),
            access: access, now: { [wall] in wall.now }, steady: { [steady] in steady.now },
            logger: logger)
        let routes = registry.routes
        listener = HTTPListener(
            HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "config-service"),
            operations: OperationRoutes(
                serviceName: "config-service", readiness: { [] }, metrics: { "" }),
            logger: logger
        ) { routes.add(to: $0) }
    }

    /// - Parameter headers: `nil`: those of JSON, where there is a body.
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields? = nil,
        body: String? = nil
    ) async throws -> TestResponse {
        let json: HTTPFields = body == nil ? [:] : [.contentType: "application/json"]
        return try await listener.application.test(.router) { client in
            try await client.execute(
                uri: path.hasPrefix("/") ? path : RegistryRoutes.base + "/" + path, method: method,
                headers: headers ?? json, body: body.map(ByteBuffer.init(string:))
            ) { $0 }
        }
    }

    func get(_ path: String) async throws -> String {
        String(buffer: try await send(.get, path).body)
    }

    /// Registers `trading` under an id; asks for health at `/health` of its URL.
    func register(_ id: String, port: Int = 8085) async throws {
        _ = try await send(
            .post, "register",
            body: """
                {"service_name":"trading","service_url":"http://127.0.0.1:\(port)",
                "health_check_url":"http://127.0.0.1:\(port)/health",
                "service_metadata":{"instance_id":"\(id)"}}
                """)
    }

    /// Runs the poller while a test looks.
    func polling(_ body: @Sendable () async throws -> Void) async throws {
        let group = ServiceGroup(services: registry.services, logger: RegistryFixture.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
}
