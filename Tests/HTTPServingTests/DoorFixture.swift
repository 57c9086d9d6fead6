import HTTPServing
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Ports
import Testing

/// A door with a few routes of a test's own.
struct DoorFixture {
    var configuration = HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "test")
    var compressing: ContentAnswers.Compressing?

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
                routes.add(.post, "/length") { request, _ in
                    let body = try await configuration.collect(request, upTo: .max)
                    return .json("\(body.readableBytes)")
                }
                routes.add(.get, "/deadline") { _, _ in
                    .json(CallContext.current.deadline == nil ? "null" : "true")
                }
            })
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
