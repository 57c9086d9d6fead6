import HTTPTypes
import Hosting
import Logging
import Ports
import Synchronization
import TestSupport
import Testing

@testable import ConfigService

@Suite("The poller")
struct HealthPollerTests {
    @Test("an instance is asked at once, again after 10 s, and leaves when it is dead")
    func life() async throws {
        let fixture = await RegistryFixture()
        let url = "http://127.0.0.1:1/health"
        fixture.probe.set(url, isHealthy: true)
        @Sendable func status(_ text: String) async throws {
            try await eventually { try await fixture.get("services").contains("\"\(text)\"") }
        }
        try await fixture.polling {
            try await fixture.register("a", port: 1)
            try await status("healthy")
            #expect(fixture.probe.asked == [url])
            fixture.probe.set(url, isHealthy: false)
            fixture.steady.advance(by: RegistryState.pollInterval)
            try await status("unhealthy")
            #expect(fixture.probe.asked == [url, url])
            fixture.steady.advance(by: RegistryState.deadAfter)
            try await eventually { try await fixture.get("services") == "[]" }
        }
        // The archive heard of it.
        let text = try #require(fixture.archive.text)
        #expect(try RegistrySnapshot.decode(text).isEmpty)
    }

    @Test("the log tells the life of an instance, and nothing that may be a secret")
    func log() async throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in
            LineLogHandler(
                service: "config-service", level: .debug, format: .text,
                now: { Samples.day(0) }, write: { line, _ in lines.withLock { $0.append(line) } })
        }
        let fixture = await RegistryFixture(logger: logger)
        let url = "http://127.0.0.1:1/health?token=hunter2"
        @Sendable func body(_ health: String) -> String {
            #"{"service_name":"a","service_url":"http://h/?hunter2","#
                + #""health_check_url":"\#(health)","#
                + #""service_metadata":{"instance_id":"1","password":"hunter2"}}"#
        }
        try await fixture.polling {
            _ = try await fixture.send(.post, "register", body: body(url))
            try await eventually { try await fixture.get("services").contains("unhealthy") }
            fixture.steady.advance(by: RegistryState.deadAfter)
            try await eventually { try await fixture.get("services") == "[]" }
            _ = try await fixture.send(
                .post, "register", body: body("http://169.254.169.254/?hunter2"))
        }
        let text = lines.withLock { $0.joined(separator: "\n") }
        for message in [
            "Instance registered", "Instance is unhealthy", "it does not answer",
            "Instance expired", "Request refused", "it points at a metadata service",
        ] {
            #expect(text.contains(message), "\(message)")
        }
        #expect(!text.contains("hunter2"))
    }

    @Test("a URL that came from the archive is looked at before it is asked")
    func archivedURL() async throws {
        let text = RegistrySnapshot.encode([
            ServiceInstance(
                registration: ServiceRegistration(
                    serviceName: "a", instanceID: "1", serviceURL: "http://h",
                    healthCheckURL: "http://169.254.169.254/"),
                status: .healthy, registeredAt: nil)
        ])
        let fixture = await RegistryFixture(archive: InMemoryRegistryArchive(text))
        fixture.probe.set("http://169.254.169.254/", isHealthy: true)
        try await fixture.polling {
            try await eventually { try await fixture.get("services").contains("\"unhealthy\"") }
        }
        #expect(fixture.probe.asked.isEmpty)
    }

    /// Answers nobody until it is cancelled, and counts who waits.
    private final class SilentProbe: HealthProbe {
        private let counts = Mutex((waiting: 0, most: 0))
        var most: Int { counts.withLock { $0.most } }

        func check(_ url: String, within limit: Duration) async throws {
            counts.withLock { counts in
                counts.waiting += 1
                counts.most = max(counts.most, counts.waiting)
            }
            for await _ in AsyncStream<Void>.makeStream().stream {}
            counts.withLock { $0.waiting -= 1 }
            try Task.checkCancellation()
        }
    }

    @Test("so many are asked at the same time; a shutdown does not wait for them")
    func bound() async throws {
        let probe = SilentProbe()
        let instances = (1...RegistryState.pollLimit + 5).map { number in
            ServiceInstance(
                registration: ServiceRegistration(
                    serviceName: "a", instanceID: "\(number)", serviceURL: "http://h",
                    healthCheckURL: "http://h/\(number)"),
                status: .unknown, registeredAt: nil)
        }
        let archive = InMemoryRegistryArchive(RegistrySnapshot.encode(instances))
        let fixture = await RegistryFixture(archive: archive)
        let registry = LiveRegistry(
            restoring: instances, archive: archive, now: { Samples.day(0) },
            steady: { fixture.steady.now }, logger: RegistryFixture.logger)
        let poller = HealthPoller(
            registry, probe: probe, policy: HealthURLPolicy(bindAddress: "127.0.0.1"),
            tick: .milliseconds(1))
        let running = Task { await poller.run() }
        try await eventually { probe.most >= RegistryState.pollLimit }
        running.cancel()
        await running.value
        #expect(probe.most == RegistryState.pollLimit)
        // Nothing was found out.
        #expect(registry.instances().allSatisfy { $0.status == .unknown })
    }
}
