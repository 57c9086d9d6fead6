import Hosting
import Synchronization
import TestSupport
import Testing

@Suite("Readiness")
struct ReadinessTests {
    @Test("ready when every dependency answers, in the order given")
    func ready() async throws {
        let report = try await Readiness([
            HealthCheck("store") { "sqlite" }, HealthCheck("events") { "embedded" },
        ]).report()
        #expect(report.isReady)
        #expect(report.dependencies.map(\.name) == ["store", "events"])
        #expect(report.dependencies.map(\.detail) == ["sqlite", "embedded"])
    }

    @Test("one failing dependency is named, without its password")
    func failing() async throws {
        let report = try await Readiness([
            HealthCheck("store") { throw ConfigurationError(["postgresql://u:hunter2@h is away"]) },
            HealthCheck("events") { "embedded" },
        ]).report()
        #expect(!report.isReady)
        #expect(report.failing.map(\.name) == ["store"])
        #expect(report.failing.first?.detail == "postgresql://u:<redacted>@h is away")
    }

    @Test("a dependency that does not answer in time is failing")
    func slow() async throws {
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        let report = try await Readiness(
            [
                HealthCheck("bus") {
                    for await _ in never {}
                    throw CancellationError()
                }
            ], limit: .milliseconds(1)
        ).report()
        continuation.finish()
        #expect(!report.isReady)
        #expect(report.failing.map(\.name) == ["bus"])
    }

    @Test("a crowd of probes asks each dependency once, and the next second's asks again")
    func crowd() async throws {
        let asked = Mutex(0)
        let clock = ManualInstant()
        let readiness = Readiness(
            [
                HealthCheck("store") {
                    asked.withLock { $0 += 1 }
                    return "sqlite"
                }
            ], now: { clock.now })
        for round in 1...3 {
            try await withThrowingTaskGroup(of: Bool.self) { probes in
                for _ in 0..<100 { probes.addTask { try await readiness.report().isReady } }
                for try await isReady in probes { #expect(isReady) }
            }
            #expect(asked.withLock { $0 } == round)
            clock.advance(by: Readiness.reportLifetime)
        }
    }

    @Test("nothing to ask is ready")
    func empty() async throws {
        #expect(try await Readiness([]).report().isReady)
    }
}
