import Market
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Tokens

/// Asks an issuer that answers at once at first, and later when a test lets it.
@Suite("Keys of an issuer that is slow", .timeLimit(.minutes(5)))
struct SlowIssuerTests {
    private let workshop: Workshop
    private let fetcher: ScriptedFetcher
    private let opening: AsyncStream<Void>.Continuation
    private let failures = Failures()

    private static let fresh = RefreshSchedule.Pace.url.fresh

    init() throws {
        let workshop = try Workshop()
        let (gate, opening) = AsyncStream<Void>.makeStream()
        fetcher = ScriptedFetcher { attempt throws(KeySourceError) in
            guard attempt > 1 else { return Array(workshop.keySet.utf8) }
            for await _ in gate { break }
            if Task.isCancelled { throw ScriptedFetcher.failure }
            return Array(workshop.keySet.replacing("rsa-1", with: "rsa-2").utf8)
        }
        (self.workshop, self.opening) = (workshop, opening)
    }

    private func token(_ name: String) async throws -> String {
        try await workshop.token(
            .rs256, header: #"{"alg":"RS256","kid":"\#(name)"}"#,
            claims: #"{"sub":"a","exp":\#(workshop.seconds + 100_000)}"#)
    }

    private func verifier() async throws -> JWTVerifier {
        try await JWTVerifier(
            [try Workshop.url()], expecting: TokenExpectations(), fetcher: fetcher,
            at: workshop.now, failed: { [failures] in failures.add($0) })
    }

    @Test("who shows a token of a known key never waits, and neither does readiness")
    func known() async throws {
        let verifier = try await verifier()
        let (old, new) = (try await token("rsa-1"), try await token("rsa-2"))
        let later = workshop.now + Self.fresh
        // Nobody lets the issuer answer: whoever waited would wait for good.
        for _ in 1...3 {
            #expect(try await verifier.principal(of: old, at: later).subject == "a")
            #expect(try await verifier.keyCount(at: later) == 2)
        }
        try await eventually { fetcher.count == 2 }
        let stranger = Task { try await verifier.principal(of: new, at: later) }
        opening.finish()
        #expect(try await stranger.value.subject == "a", "who has an unknown one waits")
        #expect(await verifier.answer(old, at: later) == .failure(.unknownKey))
        #expect(fetcher.count == 2)
    }

    @Test("keys that nobody asks for do not grow old")
    func unasked() async throws {
        let verifier = try await verifier()
        let looks = Mutex(0)
        let clock = SleepsAtOnce(count: 2)
        // Too early, then a moment too early, then due.
        let instants = [0, Self.fresh - 1, Self.fresh].map { workshop.now + $0 }
        let running = Task {
            await verifier.run(clock: clock) {
                looks.withLock { looks in
                    looks += 1
                    return instants[min(looks, instants.count) - 1]
                }
            }
        }
        try await eventually { fetcher.count == 2 }
        #expect(looks.withLock { $0 } == 3)
        opening.finish()
        let new = try await token("rsa-2")
        try await eventually {
            await verifier.answer(new, at: workshop.now)
                == .success(.init(subject: "a", scopes: []))
        }
        running.cancel()
        await running.value
        #expect(failures.all.isEmpty)
    }

    @Test("at the end nothing is looked for any more, and nobody calls that a failure")
    func end() async throws {
        let verifier = try await verifier()
        let later = workshop.now + Self.fresh
        let running = Task { await verifier.run { later } }
        try await eventually { fetcher.count == 2 }
        running.cancel()
        await running.value
        let old = try await token("rsa-1")
        let last = later + Self.fresh
        #expect(try await verifier.principal(of: old, at: last).subject == "a")
        #expect(fetcher.count == 2 && failures.all.isEmpty)
    }
}

/// A clock whose first sleeps return at once and whose later ones end when they are cancelled.
private final class SleepsAtOnce: Clock {
    typealias Instant = ContinuousClock.Instant

    private let left: Mutex<Int>

    init(count: Int) {
        left = Mutex(count)
    }

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let isOver = left.withLock { left in
            left -= 1
            return left < 0
        }
        guard isOver else { return }
        let (never, _) = AsyncStream<Void>.makeStream()
        for await _ in never {}
        throw CancellationError()
    }
}
