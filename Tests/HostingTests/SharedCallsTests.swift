import Contracts
import Hosting
import Synchronization
import TestSupport
import Testing

@Suite("Calls that are shared, and bounded", .timeLimit(.minutes(5)))
struct SharedCallsTests {
    private struct Broken: Error {}

    /// Answers how often it was called, when it is let.
    private final class Work: Sendable {
        private let called = Mutex(0)
        private let gate = Flight<Void>()

        var count: Int { called.withLock { $0 } }

        func open() { gate.land(.success(())) }

        func make() async throws -> Int {
            let number = called.withLock { called in
                called += 1
                return called
            }
            try await gate.value()
            return number
        }
    }

    private let calls = SharedCalls<Int, Int>(of: "drawings", limit: 2, retrySeconds: 3)
    private let work = Work()

    private func begin(_ key: Int) -> Task<Int, any Error> {
        Task { [calls, work] in try await calls.value(of: key) { try await work.make() } }
    }

    @Test("who asks for what is being made waits for that, however many calls there are")
    func crowd() async throws {
        let first = begin(1)
        try await eventually { work.count == 1 }
        let second = begin(2)
        try await eventually { work.count == 2 }
        // Were it a call of its own, it would be refused.
        let leaving = begin(1)
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        work.open()
        #expect(try await first.value == 1)
        #expect(try await second.value == 2)
        #expect(work.count == 2)
        #expect(try await begin(1).value == 3, "what was made is not remembered")
    }

    @Test("one call more than there may be is refused, and told when to ask again")
    func bound() async throws {
        let kept = (1...2).map { begin($0) }
        try await eventually { work.count == 2 }
        let refusal = await #expect(throws: RPCFault.self) { try await begin(3).value }
        #expect(refusal?.code == .resourceExhausted && refusal?.retryAfterSeconds == 3)
        #expect(refusal?.message == "2 drawings are being made: ask again in 3 s")
        work.open()
        for call in kept { _ = try await call.value }
        #expect(try await begin(3).value == 3)
    }

    @Test("when the one who calls for all is cancelled, another does")
    func leader() async throws {
        let leader = begin(1)
        try await eventually { work.count == 1 }
        let others = (0..<20).map { _ in begin(1) }
        leader.cancel()
        await #expect(throws: CancellationError.self) { try await leader.value }
        try await eventually { work.count == 2 }
        work.open()
        for other in others { #expect(try await other.value >= 2) }
    }

    @Test("what goes wrong is told to who waits, and not remembered")
    func failure() async throws {
        let gate = Flight<Void>()
        let begun = Flight<Void>()
        let failing = Task { [calls] in
            try await calls.value(of: 1) {
                begun.land(.success(()))
                try await gate.value()
                throw Broken()
            }
        }
        try await begun.value()
        gate.land(.success(()))
        await #expect(throws: Broken.self) { try await failing.value }
        work.open()
        #expect(try await begin(1).value == 1)
    }
}
