import Backends
import Foundation
import Ports
import Synchronization
import TestSupport
import Testing

/// A stream of events that goes on while members of the group come, leave and are killed.
@Suite("A rebalance in the middle", .serialized, .timeLimit(.minutes(2)))
struct KafkaRebalanceTests {
    private static let topic = Topic("weather")
    private static let group = ConsumerGroup("readers")
    private static let keys = 24

    /// Publishes one batch after the other until it is told to stop, not too far ahead of effects.
    private final class Source: Sendable {
        private static let lead = 2_000

        private let isStopped = Atomic(false)
        private let acknowledged = Mutex(0)
        private let bus: KafkaEventBus
        private let ledger: EffectLedger

        init(_ bus: KafkaEventBus, _ ledger: EffectLedger) {
            self.bus = bus
            self.ledger = ledger
        }

        var published: Int { acknowledged.withLock { $0 } }

        func run() async throws {
            while !isStopped.load(ordering: .relaxed) {
                let start = published
                try await eventually { start - ledger.effects < Self.lead }
                let batch = (start..<start + 10).map {
                    Samples.message(
                        "\($0)", topic: KafkaRebalanceTests.topic,
                        key: KafkaRebalanceTests.key($0))
                }
                try await bus.publish(batch)
                acknowledged.withLock { $0 += batch.count }
            }
        }

        func stop() { isStopped.store(true, ordering: .relaxed) }
    }

    /// Does effects and then commits, every few events; a commit that comes too late is another's
    /// repeat.
    private final class Member: Sendable {
        private static let commitInterval = 7

        let subscription: any EventSubscription
        private let ledger: EffectLedger
        private let deliveries = Atomic(0)

        init(_ subscription: any EventSubscription, _ ledger: EffectLedger) {
            self.subscription = subscription
            self.ledger = ledger
        }

        var delivered: Int { deliveries.load(ordering: .relaxed) }

        func run() async {
            while let event = try? await subscription.next() {
                let name = String(decoding: event.message.payload, as: UTF8.self)
                ledger.enter(name, key: event.message.key)
                let count = deliveries.wrappingAdd(1, ordering: .relaxed).newValue
                if count.isMultiple(of: Self.commitInterval) {
                    try? await subscription.commit(event)
                }
            }
        }
    }

    /// A member in a process of its own, which commits nothing.
    private final class MortalMember: Sendable {
        private let process = Process()
        private let deliveries = Atomic(0)

        var delivered: Int { deliveries.load(ordering: .relaxed) }

        init(of group: String, at servers: String, of topic: String, _ ledger: EffectLedger) throws
        {
            let output = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [
                "kcat", "-b", servers, "-G", group, "-q", "-u", "-f", "%k\\t%s\\n",
                "-X", "session.timeout.ms=3000", "-X", "heartbeat.interval.ms=100",
                "-X", "enable.auto.commit=false", topic,
            ]
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let lines = output.fileHandleForReading
            Thread.detachNewThread { [self] in
                var rest = Data()
                while let more = try? lines.read(upToCount: 4_096), !more.isEmpty {
                    rest.append(more)
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        let words = String(decoding: rest[..<end], as: UTF8.self)
                            .split(separator: "\t")
                        if words.count == 2 { ledger.enter("\(words[1])", key: "\(words[0])") }
                        deliveries.add(1, ordering: .relaxed)
                        rest = Data(rest[(end + 1)...])
                    }
                }
            }
        }

        func kill() {
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    private static func key(_ number: Int) -> String { "market \(number % keys)" }

    private func bus(_ servers: String, _ properties: [String: String]) throws -> KafkaEventBus {
        var options = KafkaEventBus.Options()
        (options.questionLimit, options.leaveLimit) = (.seconds(5), .seconds(5))
        let quick = [
            "KAFKA_HEARTBEAT_INTERVAL_MS": "100", "KAFKA_FETCH_WAIT_MAX_MS": "20",
            "KAFKA_RECONNECT_BACKOFF_MS": "10", "KAFKA_RECONNECT_BACKOFF_MAX_MS": "100",
        ]
        return try KafkaEventBus(
            brokers: servers, environment: quick.merging(properties) { $1 }, options: options)
    }

    @Test("members come and go")
    func comeAndGo() async throws {
        let broker = try await KafkaBroker()
        let counts = try await disturb(
            broker.servers,
            [
                "KAFKA_SESSION_TIMEOUT_MS": "6000",
                // How long this broker may forget a member that waits to be let in.
                "KAFKA_MAX_POLL_INTERVAL_MS": "6000",
            ])
        counts.note("members come and go in mid-stream", on: "Kafka (noida-db)")
    }

    @Test("members come, go and are killed")
    func comeGoAndAreKilled() async throws {
        // The other broker leaves a member that was killed its partitions.
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 6)
        let counts = try await disturb(
            cluster.servers, ["KAFKA_SESSION_TIMEOUT_MS": "3000"], killing: true)
        counts.note(
            "members come, go and are killed in mid-stream", on: "Kafka (mock cluster)")
    }

    /// A second member joins in mid-stream and the first leaves; then a third joins, which is
    /// killed before it has committed anything.
    private func disturb(
        _ servers: String, _ properties: [String: String], killing: Bool = false
    ) async throws -> FaultCounts {
        let ledger = EffectLedger()
        let bus = try bus(servers, properties)
        let source = Source(bus, ledger)
        func member() async throws -> Member {
            Member(
                try await bus.subscribe(to: [Self.topic], as: Self.group, from: .earliest), ledger)
        }
        let first = try await member()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let publishing = Task { try await source.run() }
            defer { source.stop() }
            group.addTask { await first.run() }
            try await eventually { first.delivered >= 100 }
            let second = try await member()
            group.addTask { await second.run() }
            try await eventually { second.delivered >= 100 }
            await first.subscription.close()
            var before = source.published
            try await eventually { source.published >= before + 500 }
            if killing {
                let third = try MortalMember(
                    of: Self.group.name, at: servers, of: Self.topic.name, ledger)
                try await eventually { third.delivered >= 100 }
                third.kill()
                before = source.published
                try await eventually { source.published >= before + 500 }
            }
            source.stop()
            try await publishing.value
            try await eventually { ledger.effects >= source.published }
            await second.subscription.close()
            try await group.waitForAll()
        }
        await bus.close()
        let counts = ledger.counts(of: (0..<source.published).map(String.init))
        #expect(counts.lost == 0 && counts.strange == 0, "\(counts)")
        #expect(counts.effects == source.published, "\(counts)")
        for key in (0..<Self.keys).map(Self.key) {
            let effects = ledger.effects(of: key).compactMap { Int($0) }
            #expect(effects == effects.sorted(), "the first appearances of \(key) in order")
        }
        return counts
    }
}
