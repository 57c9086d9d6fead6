import HTTPTypes
import Hosting
import HummingbirdTesting
import Ports
import Testing

@testable import ConfigService

@Suite("Who may ask the registry")
struct RegistryAccessTests {
    private static let body = #"{"service_name":"a","service_url":"http://h:1"}"#
    private static let access = AccessControl(
        verifier: InMemoryTokenVerifier(
            [
                "nobody": Principal(subject: "n", scopes: []),
                "user": Principal(subject: "ann", scopes: [.user]),
                "source": Principal(subject: "feed", scopes: [.ingest]),
                "service": Principal(subject: "trading", scopes: [.service]),
                "admin": Principal(subject: "root", scopes: [.admin]),
            ], refusing: ["early": .keysUnavailable]))

    private func headers(_ token: String?) -> HTTPFields {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        return headers
    }

    private static let calls: [(HTTPRequest.Method, String, Int)] = [
        (.get, "services", 200), (.get, "services/a", 200), (.get, "services/a/url", 404),
        (.post, "register", 201), (.post, "deregister?service_name=a&instance_id=b", 200),
    ]

    @Test("who has no token, or a wrong one, is told 401 and how to authenticate")
    func unauthenticated() async throws {
        let fixture = await RegistryFixture(access: Self.access)
        for (method, path, _) in Self.calls {
            for token in [nil, "wrong"] {
                let body = method == .post ? Self.body : nil
                let answer = try await fixture.send(
                    method, path, headers: headers(token), body: body)
                #expect(answer.status == .unauthorized, "\(path): \(answer.text)")
                #expect(answer.headers[.wwwAuthenticate] == "Bearer")
                #expect(answer.text.hasPrefix(#"{"detail":"#) && answer.text.contains("token"))
            }
        }
    }

    @Test(
        "whoever has a token reads; services and administrators register",
        arguments: ["nobody", "user", "source", "service", "admin"])
    func scopes(token: String) async throws {
        let fixture = await RegistryFixture(access: Self.access)
        let mayChange = ["service", "admin"].contains(token)
        for (method, path, status) in Self.calls {
            let body = method == .post ? Self.body : nil
            let answer = try await fixture.send(method, path, headers: headers(token), body: body)
            #expect(
                answer.status.code == (method == .get || mayChange ? status : 403),
                "\(path): \(answer.text)")
        }
        let listed = try await fixture.send(.get, "services", headers: headers(token))
        #expect((listed.text == "[]") == !mayChange, "what is refused changes nothing")
    }

    @Test("while keys cannot be had it is 503, and no challenge")
    func unavailable() async throws {
        let fixture = await RegistryFixture(access: Self.access)
        let answer = try await fixture.send(.get, "services", headers: headers("early"))
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.headers[.wwwAuthenticate] == nil)
    }

    @Test("probes need no token", arguments: ["/health", "/ready", "/metrics"])
    func open(path: String) async throws {
        let fixture = await RegistryFixture(access: Self.access)
        #expect(try await fixture.send(.get, path).status == .ok)
    }

    @Test(
        "a registration does not say that it is something else than JSON",
        arguments: [
            ("application/json", 201), ("Application/JSON; charset=utf-8", 201),
            ("application/problem+json", 201), ("text/plain", 415), ("", 415),
            ("application/x-www-form-urlencoded", 201), ("multipart/form-data; boundary=x", 415),
            ("application/jsonp", 415), (nil, 201),
        ] as [(String?, Int)])
    func contentType(type: String?, status: Int) async throws {
        let fixture = await RegistryFixture()
        let headers: HTTPFields = type.map { [.contentType: $0] } ?? [:]
        let answer = try await fixture.send(.post, "register", headers: headers, body: Self.body)
        #expect(answer.status.code == status, "\(answer.text)")
        #expect(status == 201 || answer.text.hasPrefix(#"{"detail":"the body must be JSON"#))
        #expect((try await fixture.get("services") == "[]") == (status != 201))
    }
}
