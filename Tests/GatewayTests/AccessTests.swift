import Contracts
import Gateway
import HTTPTypes
import Hosting
import HummingbirdTesting
import Ports
import TestSupport
import Testing

@Suite("Who may call, over HTTP")
struct AccessTests {
    private let bars = #"{"market":"SPX","timestamp":"2018-12-31T21:00:00Z","close":2506.85}"#

    private var fixture: GatewayFixture {
        var fixture = GatewayFixture()
        fixture.access = AccessControl(
            verifier: InMemoryTokenVerifier(
                [
                    "user": Principal(subject: "ann", scopes: [.user]),
                    "source": Principal(subject: "feed", scopes: [.ingest]),
                    "admin": Principal(subject: "root", scopes: [.admin]),
                ], refusing: ["early": .keysUnavailable]))
        return fixture
    }

    private func bearer(_ token: String) -> HTTPFields { [.authorization: "Bearer \(token)"] }

    @Test("without a token, or with a wrong one, it is 401 and says how to authenticate")
    func unauthenticated() async throws {
        for headers in [[:], bearer("wrong")] {
            let response = try await fixture.get("/v1/market-regime/current", headers: headers)
            response.expectFault(.unauthenticated, "token")
            #expect(response.headers[.wwwAuthenticate] == "Bearer")
        }
        var twice = bearer("user")
        twice.append(HTTPField(name: .authorization, value: "Bearer admin"))
        try await fixture.get("/v1/market-regime/current", headers: twice)
            .expectFault(.unauthenticated, "one token")
    }

    @Test("while keys cannot be had it is 503, and no challenge")
    func unavailable() async throws {
        let response = try await fixture.get(
            "/v1/market-regime/current", headers: bearer("early"))
        response.expectFault(.unavailable, "try again")
        #expect(response.headers[.wwwAuthenticate] == nil)
    }

    @Test("a user reads regimes and their own portfolio, and nobody else's")
    func user() async throws {
        for (path, status) in [
            ("/v1/market-regime/current", 200), ("/v1/users/ann/portfolio", 200),
            ("/v1/users/bob/portfolio", 403), ("/v1/users/an%6E/portfolio", 200),
        ] {
            let response = try await fixture.get(path, headers: bearer("user"))
            #expect(response.status.code == status, "\(path): \(response.text)")
        }
        let all = try await fixture.get("/v1/users/bob/portfolio", headers: bearer("admin"))
        #expect(all.status == .ok)
    }

    @Test("bars are for sources of data")
    func ingestion() async throws {
        func status(_ token: String) async throws -> Int {
            try await fixture.send(
                .post, "/v1/market-data/bars", headers: bearer(token), body: bars
            ).status.code
        }
        #expect(try await status("user") == 403)
        #expect(try await status("source") == 200)
        #expect(try await status("admin") == 200)
    }

    @Test("what is no method needs no token", arguments: ["/health", "/ready", "/metrics", "/"])
    func open(path: String) async throws {
        #expect(try await fixture.get(path).status == .ok)
    }

    @Test("requests say whose data they are about exactly where the rules ask for it")
    func requests() {
        let service = FakeService()
        for method in ServiceMethod.marketRegime(service)
            + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service)
        {
            var isOwn = false
            if case .ownData = AccessPolicy.standard.rule(of: method.fullName) { isOwn = true }
            #expect((method.asked is any UserRequest.Type) == isOwn, "\(method.fullName)")
        }
        var fill = Bloasis_Trading_RecordFillRequest()
        fill.fill.userID = "ann"
        #expect((fill as any UserRequest).userID == "ann")
    }
}
