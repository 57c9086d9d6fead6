import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A server on loopback that answers as a test wants, and remembers what it was asked.
final class StubServer: Sendable {
    struct Asked: Sendable, Equatable {
        var method: String
        var uri: String
        /// What the header `Host` says.
        var authority: String?
        var body: String
        var headers: HTTPFields
    }

    typealias Answering = @Sendable (Asked) async throws -> Response

    let port: Int
    private let journal: Journal

    private final class Journal: Sendable {
        let asked = Mutex<[Asked]>([])
    }

    var asked: [Asked] { journal.asked.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    private init(port: Int, journal: Journal) {
        self.port = port
        self.journal = journal
    }

    /// Serves while `body` runs; what is silent ends then.
    static func serving(
        _ answer: @escaping Answering, _ body: @Sendable (StubServer) async throws -> Void
    ) async throws {
        let journal = Journal()
        let (ports, port) = AsyncStream<Int>.makeStream()
        let responder = CallbackResponder<BasicRequestContext> { request, _ in
            let content = try await request.body.collect(upTo: 1 << 20)
            let asked = Asked(
                method: request.method.rawValue, uri: request.uri.string,
                authority: request.head.authority, body: String(buffer: content),
                headers: request.headers)
            journal.asked.withLock { $0.append(asked) }
            return try await answer(asked)
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(services: [application], logger: application.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let bound = await ports.first { _ in true } ?? 0
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(
                    try await body(StubServer(port: bound, journal: journal)))
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    /// Answers everybody alike.
    static func answering(
        _ status: HTTPResponse.Status, _ text: String, headers: HTTPFields = [:],
        _ body: @Sendable (StubServer) async throws -> Void
    ) async throws {
        try await serving({ _ in .text(text, status: status, headers: headers) }, body)
    }

    /// Answers nobody.
    static let silent: Answering = { _ in try await silence() }
    /// Begins, and then says nothing more.
    static let stalling: Answering = { _ in
        .body { writer in
            try await writer.write(ByteBuffer(string: "["))
            try await silence()
        }
    }
    /// Begins, and does not end.
    static let endless: Answering = { _ in
        .body { writer in
            let part = ByteBuffer(repeating: 0x20, count: 1 << 14)
            while !Task.isShuttingDownGracefully { try await writer.write(part) }
        }
    }

    /// Says nothing until the server stops.
    private static func silence() async throws -> Never {
        try await gracefulShutdown()
        throw CancellationError()
    }
}

extension Response {
    static func text(
        _ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    fileprivate static func body(
        _ write: @escaping @concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody { try await write(&$0) })
    }
}
