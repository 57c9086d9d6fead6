import Hosting
import Synchronization
import TestSupport
import Testing

@Suite("One answer for all who ask", .timeLimit(.minutes(5)))
struct SharedAnswerTests {
    private static let lifetime = Duration.seconds(1)

    /// Answers how often it was asked; the first time once it is let.
    private final class Dependency: Sendable {
        private let asked = Mutex(0)
        private let (gate, opening) = AsyncStream<Void>.makeStream()
        private let waits: Bool

        init(waits: Bool = false) { self.waits = waits }

        var count: Int { asked.withLock { $0 } }

        func open() { opening.finish() }

        func answer() async -> Int {
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            if waits, number == 1 { for await _ in gate {} }
            return number
        }
    }

    private let clock = ManualInstant()

    private func shared(_ dependency: Dependency) -> SharedAnswer<Int> {
        SharedAnswer(
            lifetime: Self.lifetime, now: { [clock] in clock.now },
            question: { await dependency.answer() })
    }

    @Test("a crowd costs one question")
    func crowd() async throws {
        let dependency = Dependency(waits: true)
        let shared = shared(dependency)
        let askers = (0..<100).map { _ in Task { try await shared.value() } }
        try await eventually { dependency.count == 1 }
        dependency.open()
        for asker in askers { #expect(try await asker.value == 1) }
        #expect(dependency.count == 1)
    }

    @Test("an answer is kept for its lifetime and no longer")
    func lifetime() async throws {
        let dependency = Dependency()
        let shared = shared(dependency)
        #expect(try await shared.value() == 1)
        clock.advance(by: Self.lifetime - .nanoseconds(1))
        #expect(try await shared.value() == 1)
        clock.advance(by: .nanoseconds(1))
        #expect(try await shared.value() == 2)
    }

    @Test("who comes a lifetime after the question was asked has it asked again")
    func slow() async throws {
        let dependency = Dependency(waits: true)
        let shared = shared(dependency)
        let first = Task { try await shared.value() }
        try await eventually { dependency.count == 1 }
        clock.advance(by: Self.lifetime)
        let late = Task { try await shared.value() }
        dependency.open()
        #expect(try await first.value == 1)
        #expect(try await late.value == 2)
    }

    @Test("when the one who asks for all is cancelled, another asks")
    func leader() async throws {
        let dependency = Dependency(waits: true)
        let shared = shared(dependency)
        let leader = Task { try await shared.value() }
        try await eventually { dependency.count == 1 }
        let others = (0..<20).map { _ in Task { try await shared.value() } }
        leader.cancel()
        await #expect(throws: CancellationError.self) { try await leader.value }
        for other in others { #expect(try await other.value == 2) }
    }

    @Test("who is cancelled while waiting leaves alone")
    func follower() async throws {
        let dependency = Dependency(waits: true)
        let shared = shared(dependency)
        let leader = Task { try await shared.value() }
        try await eventually { dependency.count == 1 }
        let follower = Task { try await shared.value() }
        follower.cancel()
        await #expect(throws: CancellationError.self) { try await follower.value }
        dependency.open()
        #expect(try await leader.value == 1)
    }
}
