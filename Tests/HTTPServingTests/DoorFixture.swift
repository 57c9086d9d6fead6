import HTTPServing
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Ports
import ServiceLifecycle
import Synchronization
import Testing

/// A door with a few routes of a test's own.
struct DoorFixture {
    var configuration = HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "test")
    var compressing: ContentAnswers.Compressing?

    /// More than the system takes for a client that does not read.
    static let large = String(repeating: "x", count: 16 << 20)

    func door(
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> HTTPListener {
        let (configuration, compressing) = (configuration, compressing)
        // Time stands still: how fast this machine is decides nothing.
        let now = ContinuousClock().now
        let answers = ContentAnswers(
            thresholdBytes: configuration.compressionThresholdBytes, compressing: compressing)
        return HTTPListener(
            configuration,
            operations: OperationRoutes(
                serviceName: "test", readiness: { [] }, metrics: { "" }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { now },
            onRunning: onRunning,
            routes: { routes in
                routes.add(.get, "/text") { request, _ in
                    answers.answer(
                        Content(Array("hello".utf8), type: "text/plain"), to: request)
                }
                routes.add(.get, "/large") { _, _ in .json(DoorFixture.large) }
                routes.add(.post, "/length") { request, _ in
                    let body = try await configuration.collect(request, upTo: .max)
                    return .json("\(body.readableBytes)")
                }
                routes.add(.post, "/echo") { request, _ in
                    Response(
                        status: .ok,
                        body: ResponseBody { writer in
                            for try await part in request.body { try await writer.write(part) }
                            try await writer.finish(nil)
                        })
                }
                let sockets = WebSocketDoor(configuration)
                routes.add(.get, "/echo-socket") { request, _ in
                    try Self.socket(request, sockets) { socket in
                        for try await part in request.body {
                            let text = String(buffer: part)
                            if text == "end" { return }
                            try await socket.send(text)
                        }
                    }
                }
                routes.add(.get, "/flood-socket") { request, _ in
                    try Self.socket(request, sockets) { socket in
                        do {
                            while true {
                                try await socket.send(String(repeating: "x", count: 65_536))
                                Self.sent.note()
                            }
                        } catch {
                            Self.sent.fail()
                            throw error
                        }
                    }
                }
                routes.add(.get, "/deadline") { _, _ in
                    .json(CallContext.current.deadline == nil ? "null" : "true")
                }
            })
    }

    /// A route that is a WebSocket.
    private static func socket(
        _ request: Request, _ door: WebSocketDoor,
        _ talk: @escaping @Sendable @concurrent (inout WebSocketWriter) async throws -> Void
    ) throws -> Response {
        do {
            return door.open(try door.handshake(request), selecting: nil, talk)
        } catch let refusal as WebSocketRefusal {
            return .refusal(refusal)
        }
    }

    /// What was sent to a client that reads nothing.
    static let sent = SentMessages()

    /// Runs the door on a port, and stops it.
    func serving(_ body: (Int, ServiceGroup) async throws -> Void) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            services: [door(onRunning: { port.yield($0) })], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(try #require(await ports.first { _ in true }), group)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ uri: String, headers: HTTPFields = [:],
        body: ByteBuffer? = nil
    ) async throws -> TestResponse {
        try await door().application.test(.router) { client in
            try await client.execute(uri: uri, method: method, headers: headers, body: body) { $0 }
        }
    }
}

/// Counts what a route sends.
final class SentMessages: Sendable {
    private let state = Mutex((count: 0, hasFailed: false))

    var count: Int { state.withLock { $0.count } }
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    func note() { state.withLock { $0.count += 1 } }
    func fail() { state.withLock { $0.hasFailed = true } }
}
