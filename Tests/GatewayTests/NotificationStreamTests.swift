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

@Suite("What is told, as an event stream", .timeLimit(.minutes(5)))
struct NotificationStreamTests {
    private let inbox = FakeInbox()

    private func listener(_ configuration: HTTPConfiguration) throws -> HTTPListener {
        let routes = try MethodRoutes(
            inbox.methods(), ServiceDescriptors(), configuration: configuration,
            answers: ContentAnswers(thresholdBytes: 1_024, compressing: nil))
        return HTTPListener(
            configuration,
            operations: OperationRoutes(serviceName: "test", readiness: { [] }, metrics: { "" }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            routes: { routes.add(to: $0) })
    }

    /// A stream of what is given, whole.
    private func stream(_ events: FakeInbox.Event...) async throws -> String {
        let configuration = HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "test")
        return try await listener(configuration).application.test(.live) { client in
            async let response = client.execute(uri: "/v1/notifications/stream", method: .get) {
                $0.text
            }
            let source = try await inbox.nextSource()
            for event in events { source.yield(event) }
            source.finish()
            return try await response
        }
    }

    @Test(
        "a page from elsewhere opens no stream, unless it is named; the door's own and others do",
        arguments: [
            ("Sec-Fetch-Site", "cross-site", false), ("Sec-Fetch-Site", "same-site", false),
            ("Sec-Fetch-Site", "same-origin", true), ("Sec-Fetch-Site", "none", true),
            ("Origin", "https://evil.example", false), ("Origin", "https://desk.example", true),
            ("Origin", "http://localhost", true),
        ])
    func pages(field: String, value: String, isLet: Bool) async throws {
        var configuration = HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "test")
        configuration.allowedOrigins = ["https://desk.example"]
        let headers: HTTPFields = [try #require(HTTPField.Name(field)): value]
        // The head is refused as the stream is, and holds none open.
        let response = try await listener(configuration).application.test(.router) { client in
            try await client.execute(
                uri: "/v1/notifications/stream", method: .head, headers: headers
            ) { $0 }
        }
        #expect(response.status == (isLet ? .ok : .forbidden))
        configuration.allowedOrigins = ["*"]
        let open = try await listener(configuration).application.test(.router) { client in
            try await client.execute(
                uri: "/v1/notifications/stream", method: .head, headers: headers
            ) { $0 }
        }
        #expect(open.status == .ok)
    }

    @Test(
        "who has heard nothing yet can go on where the stream began",
        arguments: [(nil, 0, "0"), (nil, 12, "12"), (7, 12, "7"), (13, 12, "12")]
            as [(Int?, Int, String)]
    )
    func beginning(after: Int?, last: Int, id: String) async throws {
        let text = try await stream(
            FakeInbox.resumed(after: after, last: last), FakeInbox.notification(last + 1))
        #expect(text.contains("\n\nid: \(id)\nevent: resumed\ndata: {"), "\(text)")
        #expect(text.contains("\n\nid: \(last + 1)\nevent: notification\ndata: {"), "\(text)")
    }
}
