import Ports
import TestSupport
import Testing

@Suite("Where keys come from")
struct KeySourceTests {
    @Test(
        "a key set is fetched by https, or by http from this machine",
        arguments: [
            "https://issuer.example/.well-known/jwks.json", "https://issuer.example",
            "HTTPS://issuer.example:8443/keys?p=policy", "https://10.0.0.1/keys",
            "http://127.0.0.1:9000/keys", "http://localhost/keys", "http://[::1]:9000/",
        ])
    func locations(text: String) throws {
        let url = try #require(KeySetURL(text))
        #expect(url.text == text)
        #expect("\(url)" == text.prefix { $0 != "?" })
    }

    @Test(
        "anything else is no place for keys",
        arguments: [
            "", "https", "https://", "https:///keys", "/keys", "file:///keys", "ftp://h/keys",
            "http://issuer.example/keys", "http://10.0.0.1/keys", "http://0.0.0.0/", "http://[::]/",
            "http://localhost.example/", "http://127.0.0.1.example/", "http://127.0.0.1@evil/",
            "http://127.0.0.1\\@evil/", "https://user@issuer.example/",
            "https://:p@issuer.example/",
            "https://issuer.example/keys#1", "https://issuer.example/a b", "https://h:0/",
            "https://h:65536/", "https://issuer.example/\u{E9}",
        ])
    func noLocations(text: String) {
        #expect(KeySetURL(text) == nil)
    }

    @Test("loopback is what is written as such")
    func loopback() {
        for host in ["127.0.0.1", "127.255.0.9", "::1", "[::1]", "localhost", "LocalHost"] {
            #expect(LoopbackHost.contains(host), "\(host)")
        }
        for host in [
            "", "0.0.0.0", "::", "10.0.0.1", "127.0.0", "127.0.0.1.1", "127.0.0.256", "127.0.0.",
            "127.0.0.x", "128.0.0.1", "1270.0.0.1", "localhost.", "my-localhost",
            "::ffff:127.0.0.1",
            "127.0.0.+1", "127.0.0.0001",
        ] {
            #expect(!LoopbackHost.contains(host), "\(host)")
        }
    }

    @Test("a secret as short as may be, one byte shorter, and neither is shown")
    func secrets() throws {
        let shortest = String(repeating: "é", count: TokenLimits.secretBytesMinimum / 2)
        let secret = try #require(SharedSecret(shortest))
        #expect(secret.exposed == shortest)
        #expect(SharedSecret(String(repeating: "s", count: 31)) == nil)
        var dumped = ""
        dump(KeySource.secret(secret), to: &dumped)
        for shown in ["\(secret)", String(reflecting: KeySource.secret(secret)), dumped] {
            #expect(!shown.contains("é"))
        }
        let url = try #require(KeySetURL("https://h/keys?token=hidden"))
        dump(KeySource.url(url), to: &dumped)
        #expect(!(String(reflecting: KeySource.url(url)) + dumped).contains("hidden"))
    }

    @Test("the twin knows its table")
    func twin() async throws {
        let alice = Principal(subject: "alice", scopes: [.user])
        let verifier = InMemoryTokenVerifier(["a": alice], refusing: ["b": .expired])
        let now = Samples.day(19_000)
        #expect(try await verifier.principal(of: "a", at: now) == alice)
        await #expect(throws: TokenRefusal.expired) {
            try await verifier.principal(of: "b", at: now)
        }
        await #expect(throws: TokenRefusal.badSignature) {
            try await verifier.principal(of: "c", at: now)
        }
    }
}
