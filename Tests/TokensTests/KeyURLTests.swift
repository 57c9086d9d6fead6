import Market
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Tokens

@Suite("Keys behind a URL")
struct KeyURLTests {
    private let workshop: Workshop
    private let pace = RefreshSchedule.Pace.url

    init() throws {
        workshop = try Workshop()
    }

    /// The key set with another name for its RSA key.
    private func document(_ name: String = "rsa-1") -> [UInt8] {
        Array(workshop.keySet.replacing("rsa-1", with: name).utf8)
    }

    private func token(_ name: String, seconds: Int64 = 100_000) async throws -> String {
        try await workshop.token(
            .rs256, header: #"{"alg":"RS256","kid":"\#(name)"}"#,
            claims: #"{"sub":"a","exp":\#(workshop.seconds + seconds)}"#)
    }

    private func verifier(
        _ fetcher: ScriptedFetcher, _ failures: Failures = Failures(), more: [KeySource] = []
    ) async throws -> JWTVerifier {
        try await JWTVerifier(
            more + [try Workshop.url()], expecting: TokenExpectations(), fetcher: fetcher,
            at: workshop.now, failed: { failures.add($0) })
    }

    @Test("are asked for at start; until there are any, nothing can be said of a token")
    func absent() async throws {
        let document = document()
        let fetcher = ScriptedFetcher { attempt throws(KeySourceError) in
            guard attempt > 2 else { throw ScriptedFetcher.failure }
            return document
        }
        let failures = Failures()
        let verifier = try await verifier(fetcher, failures)
        #expect(fetcher.count == 1)
        let token = try await token("rsa-1")
        let now = workshop.now
        #expect(await verifier.answer(token, at: now) == .failure(.keysUnavailable))
        await #expect(throws: ScriptedFetcher.failure) { try await verifier.keyCount(at: now) }
        let early = await verifier.answer(token, at: now + (pace.pause - 1))
        #expect(early == .failure(.keysUnavailable))
        #expect(fetcher.count == 1)
        let late = await verifier.answer(token, at: now + pace.pause)
        #expect(late == .failure(.keysUnavailable))
        #expect(fetcher.count == 2)
        #expect(try await verifier.principal(of: token, at: now + 2 * pace.pause).subject == "a")
        #expect(try await verifier.keyCount(at: now + 2 * pace.pause) == 2)
        #expect(failures.all.count == 2)
    }

    @Test("away, they do not keep the shared secret from verifying, nor are they asked for it")
    func secretAlone() async throws {
        let fetcher = ScriptedFetcher { _ throws(KeySourceError) in throw ScriptedFetcher.failure }
        let verifier = try await verifier(fetcher, more: [try workshop.secret()])
        let token = try workshop.golden.token("HS256, a text of scopes")
        let later = workshop.now + 250
        #expect(try await verifier.principal(of: token, at: later).subject == "alice")
        #expect(fetcher.count == 1)
    }

    @Test("an unknown name is looked for, but not more often than may be")
    func unknownName() async throws {
        let (old, new) = (document(), document("rsa-2"))
        let fetcher = ScriptedFetcher { $0 < 3 ? old : new }
        let verifier = try await verifier(fetcher)
        let token = try await token("rsa-2")
        let now = workshop.now
        for second in 0..<pace.pause {
            #expect(await verifier.answer(token, at: now + second) == .failure(.unknownKey))
        }
        #expect(fetcher.count == 1)
        #expect(await verifier.answer(token, at: now + pace.pause) == .failure(.unknownKey))
        #expect(fetcher.count == 2)
        #expect(try await verifier.principal(of: token, at: now + 2 * pace.pause).subject == "a")
        #expect(fetcher.count == 3)
    }

    @Test("a revoked key ends with the next refresh, a token of it that was verified too")
    func revoked() async throws {
        let (old, new) = (document(), document("rsa-2"))
        let fetcher = ScriptedFetcher { $0 == 1 ? old : new }
        let verifier = try await verifier(fetcher)
        let (first, second) = (try await token("rsa-1"), try await token("rsa-2"))
        let last = workshop.now + (pace.fresh - 1)
        #expect(try await verifier.principal(of: first, at: last).subject == "a")
        #expect(fetcher.count == 1)
        #expect(try await verifier.principal(of: second, at: last).subject == "a")
        #expect(await verifier.answer(first, at: last) == .failure(.unknownKey))
        #expect(fetcher.count == 2)
    }

    @Test("grown old they are asked for again; a failure leaves them in force")
    func old() async throws {
        let document = document()
        let fetcher = ScriptedFetcher { attempt throws(KeySourceError) in
            guard attempt == 1 else { throw ScriptedFetcher.failure }
            return document
        }
        let failures = Failures()
        let verifier = try await verifier(fetcher, failures)
        for round in 1...3 {
            let token = try await token("rsa-1", seconds: 100_000 + Int64(round))
            let now = workshop.now + (pace.fresh + (round - 1) * pace.pause)
            #expect(try await verifier.principal(of: token, at: now).subject == "a")
            try await eventually { failures.all.count == round }
            #expect(fetcher.count == 1 + round)
        }
        #expect(try await verifier.keyCount(at: workshop.now + 2 * pace.fresh) == 2)
    }

    @Test("a document without keys is a failure that names the URL, without its query")
    func noKeys() async throws {
        let failures = Failures()
        _ = try await JWTVerifier(
            [try Workshop.url("https://issuer.example/keys?token=hidden")],
            expecting: TokenExpectations(), fetcher: ScriptedFetcher { _ in Array("{}".utf8) },
            at: workshop.now, failed: { failures.add($0) })
        #expect(failures.all.map(\.location) == ["https://issuer.example/keys"])
        #expect(!"\(failures.all)".contains("hidden"))
    }

    @Test(
        "however many wait for keys, they are asked for once; who is cancelled ends it for nobody")
    func singleFlight() async throws {
        let (old, new) = (document(), document("rsa-2"))
        let (gate, opening) = AsyncStream<Void>.makeStream()
        let fetcher = ScriptedFetcher { attempt in
            guard attempt > 1 else { return old }
            for await _ in gate { break }
            return new
        }
        let verifier = try await verifier(fetcher)
        let token = try await token("rsa-2")
        let later = workshop.now + pace.pause
        let callers = (0..<50).map { _ in
            Task { try await verifier.principal(of: token, at: later) }
        }
        try await eventually { fetcher.count == 2 }
        for caller in callers.prefix(25) { caller.cancel() }
        opening.yield()
        for caller in callers { #expect(try await caller.value.subject == "a") }
        #expect(fetcher.count == 2)
    }
}
