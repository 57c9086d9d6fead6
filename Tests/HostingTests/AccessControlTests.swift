import Hosting
import Ports
import TestSupport
import Testing

@Suite("Asking callers who they are")
struct AccessControlTests {
    private static let portfolio = "bloasis.trading.TradingService/GetPortfolio"
    private static let health = "grpc.health.v1.Health/Check"
    private static let bars = "bloasis.trading.TradingService/RecordBars"
    private let alice = Principal(subject: "alice", scopes: [.user])
    private let now = Samples.day(19_000)

    private var control: AccessControl {
        AccessControl(
            verifier: InMemoryTokenVerifier(
                ["good": alice], refusing: ["old": .expired, "early": .keysUnavailable]))
    }

    /// Who a caller turns out to be, or why not.
    private func caller(
        _ control: AccessControl, of method: String, _ headers: [String]
    ) async -> Result<Caller, AccessRefusal> {
        do {
            return .success(
                try await control.caller(of: method, authorization: headers, at: now))
        } catch {
            return .failure(error)
        }
    }

    @Test("where nobody is asked, everything is allowed and no header looked at")
    func off() async throws {
        for headers in [[], ["Bearer good"], ["nonsense", "twice"]] {
            let caller = await caller(.off, of: "unheard", headers)
            #expect(caller == .success(.unasked))
            try AccessControl.off.check(try caller.get(), calling: "unheard", userID: "bob")
        }
    }

    @Test("an open method does not look at the token")
    func open() async throws {
        for headers in [[], ["Bearer old"], ["nonsense"]] {
            let caller = await caller(control, of: Self.health, headers)
            #expect(caller == .success(.anonymous))
            try control.check(try caller.get(), calling: Self.health)
        }
    }

    @Test("who shows a good token is that principal, and has what is their own")
    func verified() async throws {
        let caller = await caller(control, of: Self.portfolio, ["bearer good"])
        #expect(caller == .success(.verified(alice)))
        let verified = try caller.get()
        try control.check(verified, calling: Self.portfolio, userID: "alice")
        #expect(throws: AccessRefusal.self) {
            try control.check(verified, calling: Self.portfolio, userID: "bob")
        }
        #expect(throws: AccessRefusal.self) {
            try control.check(verified, calling: Self.portfolio)
        }
    }

    @Test("who may not on any data is refused before the request is read")
    func early() async {
        guard case .failure(.denied) = await caller(control, of: Self.bars, ["Bearer good"]),
            case .failure(.denied) = await caller(control, of: "unheard", ["Bearer good"])
        else {
            Issue.record("a user sends bars")
            return
        }
    }

    @Test("nobody, a bad token and missing keys are told apart, without the token")
    func refused() async {
        for headers in [[], ["Bearer old"], ["Bearer unheard-of"], ["Basic good"], ["", ""]] {
            let answer = await caller(control, of: Self.portfolio, headers)
            guard case .failure(.unauthenticated(let message)) = answer else {
                Issue.record("\(headers)")
                continue
            }
            #expect(!message.contains("unheard-of"))
        }
        let early = await caller(control, of: Self.portfolio, ["Bearer early"])
        #expect(early == .failure(.unavailable("\(TokenRefusal.keysUnavailable)")))
        #expect(throws: AccessRefusal.self) {
            try control.check(.anonymous, calling: Self.portfolio, userID: "alice")
        }
    }
}

@Suite("The Authorization header")
struct BearerTokenTests {
    private func token(_ headers: String...) throws(AccessRefusal) -> String? {
        try BearerToken.parse(headers)?.exposed
    }

    @Test("holds one bearer token, the scheme in any case")
    func accepted() throws {
        #expect(try BearerToken.parse([]) == nil)
        #expect(try token("Bearer a.b-c_d") == "a.b-c_d")
        #expect(try token("bearer   a~b+c/d==") == "a~b+c/d==")
        #expect(try token("BEARER x") == "x")
    }

    @Test(
        "anything else is refused, and not repeated",
        arguments: [
            "", "Bearer", "Bearer ", "Bearer  ", "Bearerhidden", "Basic hidden", "hidden",
            "Bearer hidden hidden", "Bearer hidden, Bearer hidden", "Bearer hidden ",
            "Bearer hidden\u{0}", "Bearer hidden\t", "Bearer =hidden", "Bearer hid=den",
            "Bearer \u{FC}hidden", "Bearer\thidden", " Bearer hidden", "Bearer \"hidden\"",
        ])
    func refused(header: String) {
        do {
            _ = try BearerToken.parse([header])
            Issue.record("'\(header)' holds a token")
        } catch {
            guard case .unauthenticated(let message) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!message.contains("hidden"))
        }
    }

    @Test("one header, not two, even of the same")
    func twice() {
        #expect(throws: AccessRefusal.self) { try token("Bearer a", "Bearer a") }
        #expect(throws: AccessRefusal.self) { try token("", "Bearer a") }
    }

    @Test("a token as long as may be, and one byte longer")
    func length() throws {
        let longest = String(repeating: "x", count: TokenLimits.tokenBytes)
        #expect(try token("Bearer " + longest) == longest)
        #expect(throws: AccessRefusal.self) { try token("Bearer x" + longest) }
    }

    @Test("it is not shown")
    func secrecy() throws {
        let token = try #require(try BearerToken.parse(["Bearer hidden"]))
        var shown = "\(token) \(String(reflecting: token))"
        dump(token, to: &shown)
        #expect(!shown.contains("hidden"))
    }
}
