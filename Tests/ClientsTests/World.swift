import Clients
import Contracts
import GRPCServing
import Gateway
import HTTPServing
import Hosting
import Logging
import ServiceLifecycle
import TestSupport
import Testing

/// What calls go over.
enum Transport: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case http
    case grpc

    var testDescription: String { rawValue }
}

/// A service behind a door, and calls to it.
struct World: Sendable {
    let service: FakeService
    let calls: any RemoteCalls
    /// What callers are told where the service cannot be reached.
    let host: String

    var regimes: RemoteMarketRegime { RemoteMarketRegime(calls) }
    var trading: RemoteTrading { RemoteTrading(calls) }
    var analysis: RemoteAIAnalysis { RemoteAIAnalysis(calls) }

    /// Runs a service behind a door, and calls it.
    static func with(
        _ transport: Transport, _ body: @escaping @Sendable (World) async throws -> Void
    ) async throws {
        let service = FakeService()
        try await withDoor(transport, service) { port in
            try await withCalls(transport, to: port) { calls in
                try await body(
                    World(service: service, calls: calls, host: "127.0.0.1:\(port)"))
            }
        }
    }

    /// The same through a proxy, which the test may cut.
    static func withProxy(
        _ transport: Transport, _ body: @escaping @Sendable (World, FaultProxy) async throws -> Void
    ) async throws {
        let service = FakeService()
        try await withDoor(transport, service) { port in
            let proxy = try FaultProxy(to: port)
            try await withCalls(transport, to: proxy.port) { calls in
                try await body(
                    World(service: service, calls: calls, host: "127.0.0.1:\(proxy.port)"),
                    proxy)
            }
            withExtendedLifetime(proxy) {}
        }
    }

    // MARK: - Calls

    /// Calls whatever is at a port of the loopback.
    static func withCalls<Answer: Sendable>(
        _ transport: Transport, to port: Int,
        _ body: @Sendable (any RemoteCalls) async throws -> Answer
    ) async throws -> Answer {
        switch transport {
        case .http: return try await withHTTPCalls("http://127.0.0.1:\(port)", body)
        case .grpc:
            let endpoint = RemoteEndpoint(host: "127.0.0.1", port: port)
            return try await withConnections(
                GRPCCalls(
                    { [endpoint] }, host: "127.0.0.1:\(port)", now: { ContinuousClock.now },
                    chance: { 0 }), body)
        }
    }

    static func withHTTPCalls<Answer: Sendable>(
        _ base: String, token: String? = nil,
        _ body: @Sendable (any RemoteCalls) async throws -> Answer
    ) async throws -> Answer {
        let calls = try HTTPCalls(
            base, token: token, try ServiceDescriptors(), now: { ContinuousClock.now },
            chance: { 0 })
        return try await carryOut {
            try await body(calls)
        } finally: {
            await calls.close()
        }
    }

    /// Keeps connections until the body has ended.
    static func withConnections<Answer: Sendable>(
        _ calls: GRPCCalls, _ body: @Sendable (GRPCCalls) async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await calls.run() }
            let answer = try await body(calls)
            calls.shutDown()
            try await tasks.waitForAll()
            return answer
        }
    }

    // MARK: - Doors

    /// Opens a door on a port of its own until the body has ended.
    static func withDoor<Answer: Sendable>(
        _ transport: Transport, _ service: FakeService, security: ServerSecurity? = nil,
        _ body: @Sendable (Int) async throws -> Answer
    ) async throws -> Answer {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let door = try door(transport, service, security) { port.yield($0) }
        let group = ServiceGroup(services: [door], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let answer = try await body(try #require(await ports.first { _ in true }))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return answer
        }
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func door(
        _ transport: Transport, _ service: FakeService, _ security: ServerSecurity?,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) throws -> any Service {
        let methods =
            (ServiceMethod.marketRegime(service) + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service))
            .map { $0.keepingDeadlines() }
        guard transport == .http else {
            return GRPCListener(
                host: "127.0.0.1", port: 0, methods: MethodTable(methods, logger: logger),
                security: security, onRunning: onRunning)
        }
        let configuration = HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "test")
        let routes = try MethodRoutes(
            methods, try ServiceDescriptors(), configuration: configuration,
            answers: ContentAnswers(thresholdBytes: 1 << 10, compressing: nil))
        return HTTPListener(
            configuration,
            operations: OperationRoutes(
                serviceName: "test", readiness: { [] }, metrics: { "" }),
            logger: logger, onRunning: onRunning, routes: { routes.add(to: $0) })
    }
}

/// The fault that a call throws.
func fault<Answer>(
    at location: SourceLocation = #_sourceLocation, _ call: () async throws -> Answer
) async -> RPCFault? {
    do {
        _ = try await call()
        Issue.record("nothing was thrown", sourceLocation: location)
    } catch let fault as RPCFault {
        return fault
    } catch {
        Issue.record("\(error) was thrown", sourceLocation: location)
    }
    return nil
}

extension RPCFault {
    /// What is told where nobody answers.
    static func nobody(at host: String) -> RPCFault { .unavailable("Service unavailable: \(host)") }
}
