import Contracts
import Gateway
import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import Logging
import TestSupport
import Testing

/// A gateway over a fake service, asked without a socket.
struct GatewayFixture {
    let service = FakeService()
    var dependencies: [DependencyHealth] = []
    var configuration = HTTPConfiguration(
        host: "127.0.0.1", port: 0, serviceName: "market-regime")
    var access = AccessControl.off
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func gateway(
        clock: some Clock<Duration> = ContinuousClock(),
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws -> HTTPListener {
        let dependencies = dependencies
        let answers = ContentAnswers(
            thresholdBytes: configuration.compressionThresholdBytes, compressing: nil)
        let descriptors = try ServiceDescriptors()
        let methods =
            ServiceMethod.marketRegime(service) + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service)
        let routes = try MethodRoutes(
            methods.map { $0.guarded(by: access) },
            descriptors, configuration: configuration, answers: answers, clock: clock)
        let page = PageRoutes(
            document: routes.document(descriptors, version: "1.2.3"), answers: answers)
        return HTTPListener(
            configuration,
            operations: OperationRoutes(
                serviceName: configuration.serviceName, readiness: { dependencies },
                metrics: { "up 1\n" }),
            logger: logger, onRunning: onRunning,
            routes: { table in
                routes.add(to: table)
                page.add(to: table)
            })
    }

    func get(_ uri: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        try await send(.get, uri, headers: headers)
    }

    func send(
        _ method: HTTPRequest.Method, _ uri: String, headers: HTTPFields = [:],
        body: String? = nil
    ) async throws -> TestResponse {
        try await gateway().application.test(.router) { client in
            try await client.execute(
                uri: uri, method: method, headers: headers, body: body.map(ByteBuffer.init(string:))
            ) { $0 }
        }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    /// Asserts a `google.rpc.Status` with a code and, somewhere in its message, some words.
    func expectFault(
        _ code: RPCFault.Code, _ words: String, status: Int? = nil,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status.code == status ?? code.httpStatus, sourceLocation: location)
        #expect(headers[.contentType]?.hasPrefix("application/json") == true)
        #expect(
            text.hasPrefix("{\"code\":\(code.rawValue),\"message\":\""), "\(text)",
            sourceLocation: location)
        #expect(text.hasSuffix("\",\"details\":[]}"), "\(text)", sourceLocation: location)
        #expect(text.contains(words), "\(text)", sourceLocation: location)
    }
}
