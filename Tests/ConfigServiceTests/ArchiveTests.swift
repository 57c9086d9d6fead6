import HTTPTypes
import Hosting
import HummingbirdTesting
import Market
import Ports
import Synchronization
import TestSupport
import Testing

@testable import ConfigService

@Suite("What is kept over a restart")
struct ArchiveTests {
    private struct Broken: Error, CustomStringConvertible {
        let description = "the disk is full"
    }

    @Test("a restart knows who was registered, and hands out nobody before it has asked")
    func restart() async throws {
        let first = await RegistryFixture()
        first.probe.set("http://127.0.0.1:1/health", isHealthy: true)
        try await first.polling {
            try await first.register("a", port: 1)
            try await first.register("b", port: 2)
            try await eventually { try await first.get("services").contains("\"healthy\"") }
        }
        _ = try await first.send(.post, "deregister?service_name=trading&instance_id=b")
        let second = await RegistryFixture(archive: first.archive)
        let listed = try await second.get("services")
        #expect(listed.contains(#""instance_id":"a""#) && !listed.contains(#""instance_id":"b""#))
        #expect(listed.contains(#""status":"unknown""#))
        #expect(try await second.send(.get, "services/trading/url").status == .notFound)
        second.probe.set("http://127.0.0.1:1/health", isHealthy: true)
        try await second.polling {
            try await eventually {
                try await second.send(.get, "services/trading/url").status == .ok
            }
        }
    }

    @Test("what is written is read", arguments: 0..<20)
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let instances = (0..<Int.random(in: 0...5, using: &generator)).map { number in
            ServiceInstance(
                registration: ServiceRegistration(
                    serviceName: "s\(number % 2)", instanceID: "\(number)",
                    serviceURL: "http://h:\(number)",
                    healthCheckURL: Bool.random(using: &generator) ? "http://h/\"" : nil,
                    metadata: JSONObject([.init("n", .number("1.\(number)0"))])),
                status: .unknown, registeredAt: Samples.day(number))
        }
        #expect(try RegistrySnapshot.decode(RegistrySnapshot.encode(instances)) == instances)
    }

    @Test(
        "a damaged archive is set aside, and the registry begins empty",
        arguments: [
            "", "{", "[]", "{}", #"{"version":2,"instances":[]}"#, #"{"version":1}"#,
            #"{"version":1,"instances":[{}]}"#, "\u{0}\u{0}\u{0}",
        ])
    func damaged(text: String) async throws {
        let archive = InMemoryRegistryArchive(Array(text.utf8))
        let fixture = await RegistryFixture(archive: archive)
        #expect(try await fixture.get("services") == "[]")
        #expect(archive.damaged == Array(text.utf8))
        try await fixture.register("a")
        #expect(archive.text.map { String(decoding: $0, as: UTF8.self).contains("\"a\"") } == true)
    }

    @Test("an archive cut short anywhere is set aside", arguments: 0..<32)
    func cut(seed: UInt64) async throws {
        let fixture = await RegistryFixture()
        try await fixture.register("a")
        let whole = try #require(fixture.archive.text)
        var generator = SplitMix64(seed: seed)
        // Without its last byte, a new line, it is whole.
        let length = Int.random(in: 0..<whole.count - 1, using: &generator)
        let archive = InMemoryRegistryArchive(Array(whole.prefix(length)))
        let next = await RegistryFixture(archive: archive)
        #expect(try await next.get("services") == "[]")
        #expect(archive.damaged?.count == length)
    }

    @Test("an archive that fails is said by /ready, refuses nobody, and is made up for")
    func failing() async throws {
        let archive = InMemoryRegistryArchive()
        archive.fail(with: Broken())
        let fixture = await RegistryFixture(archive: archive)
        try await fixture.register("a")
        #expect(try await fixture.get("services").contains("\"a\""))
        let registry = fixture.registry
        func isReady() async throws -> Bool {
            try await Readiness(registry.healthChecks).report().isReady
        }
        #expect(try await !isReady())
        archive.fail(with: nil)
        fixture.steady.advance(by: ArchiveKeeper.retryDelay)
        try await fixture.polling { try await eventually { archive.writes == 1 } }
        #expect(try await isReady())
    }
}

/// An archive whose writes wait until they are let go on.
private final class SlowArchive: RegistryArchive {
    private let texts = Mutex<[[UInt8]]>([])
    private let gate = AsyncStream<Void>.makeStream()

    var location: String { "slow" }
    var begun: Int { texts.withLock { $0.count } }

    func letOn() { gate.continuation.yield() }

    func read() async throws -> [UInt8]? { nil }

    func write(_ text: [UInt8]) async throws {
        texts.withLock { $0.append(text) }
        for await _ in gate.stream { return }
    }

    func setAside() async throws -> String { location }
}

@Suite("The keeper of the archive")
struct ArchiveKeeperTests {
    @Test("who asks while a write is under way shares the next one")
    func coalescing() async throws {
        let archive = SlowArchive()
        let keeper = ArchiveKeeper(
            archive, steady: { ContinuousClock.now }, logger: RegistryFixture.logger)
        let first = Task { await keeper.save { [] } }
        try await eventually { archive.begun == 1 }
        let others = (0..<20).map { _ in Task { await keeper.save { [] } } }
        archive.letOn()
        await first.value
        // Those that ask only after the second write has begun need a third.
        archive.letOn()
        archive.letOn()
        for other in others { await other.value }
        #expect((2...3).contains(archive.begun))
    }
}
