import Hosting
import Testing

@Suite("Readiness")
struct ReadinessTests {
    @Test("ready when every dependency answers, in the order given")
    func ready() async {
        let report = await Readiness([
            HealthCheck("store") { "sqlite" }, HealthCheck("events") { "embedded" },
        ]).report()
        #expect(report.isReady)
        #expect(report.dependencies.map(\.name) == ["store", "events"])
        #expect(report.dependencies.map(\.detail) == ["sqlite", "embedded"])
    }

    @Test("one failing dependency is named, without its password")
    func failing() async {
        let report = await Readiness([
            HealthCheck("store") { throw ConfigurationError(["postgresql://u:hunter2@h is away"]) },
            HealthCheck("events") { "embedded" },
        ]).report()
        #expect(!report.isReady)
        #expect(report.failing.map(\.name) == ["store"])
        #expect(report.failing.first?.detail == "postgresql://u:<redacted>@h is away")
    }

    @Test("a dependency that does not answer in time is failing")
    func slow() async {
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        let report = await Readiness(
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

    @Test("nothing to ask is ready")
    func empty() async {
        #expect(await Readiness([]).report().isReady)
    }
}
