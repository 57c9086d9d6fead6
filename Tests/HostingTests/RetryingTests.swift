import Hosting
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("Calls that are made again")
struct RetryingTests {
    private struct Passing: Error, CustomStringConvertible {
        var seconds: Double?
        var description: String { "busy" }
    }

    private struct Lasting: Error {}

    /// Fails so often before it answers.
    private func call(
        failing failures: Int, with error: any Error = Passing(), chance: Double = 0
    ) async -> (result: Result<Int, any Error>, slept: [Duration], log: RecordedLog) {
        let (clock, log) = (SkippingClock(), RecordedLog())
        let retrier = Retrier(chance: { chance }, clock: clock, logger: log.logger())
        let calls = Mutex(0)
        do {
            let made = try await retrier.call(
                "probe", isRetriable: { $0 is Passing },
                asked: { ($0 as? Passing)?.seconds.map { .seconds($0) } },
                {
                    let made = calls.withLock { calls in
                        calls += 1
                        return calls
                    }
                    if made <= failures { throw error }
                    return made
                })
            return (.success(made), clock.slept, log)
        } catch {
            return (.failure(error), clock.slept, log)
        }
    }

    @Test("three attempts, with pauses that double, and each is told")
    func attempts() async throws {
        let second = await call(failing: 2)
        #expect(try second.result.get() == 3)
        #expect(second.slept == [.milliseconds(500), .seconds(1)])
        #expect(second.log.texts == ["warning retry_operation", "warning retry_operation"])
        let told = second.log.lines.map { line in
            ["attempt", "wait_seconds", "error"].map { "\(line.metadata[$0] ?? "")" }
        }
        #expect(told == [["1", "0.5", "busy"], ["2", "1.0", "busy"]])
        let spread = await call(failing: 2, chance: 0.5)
        #expect(spread.slept == [.milliseconds(750), .milliseconds(1_500)])
        let third = await call(failing: 3)
        #expect(throws: Passing.self) { try third.result.get() }
        #expect(third.slept.count == 2)
    }

    @Test("what does not pass is not tried again, nor what was cancelled")
    func lasting() async {
        let lasting = await call(failing: 1, with: Lasting())
        #expect(throws: Lasting.self) { try lasting.result.get() }
        let cancelled = await call(failing: 1, with: CancellationError())
        #expect(throws: CancellationError.self) { try cancelled.result.get() }
        #expect(lasting.slept.isEmpty && cancelled.slept.isEmpty)
    }

    @Test("a pause that was asked for is kept, unless it is too long")
    func asked() async throws {
        let polite = await call(failing: 1, with: Passing(seconds: 9))
        #expect(try polite.result.get() == 2 && polite.slept == [.seconds(9)])
        let brief = await call(failing: 1, with: Passing(seconds: 0.1))
        #expect(brief.slept == [.milliseconds(500)])
        let long = await call(failing: 1, with: Passing(seconds: 31))
        #expect(throws: Passing.self) { try long.result.get() }
        #expect(long.slept.isEmpty)
    }
}
