import Backends
import Ports
import Synchronization
import TestSupport
import Testing

/// Who plays Kafka.
private enum BrokerKind: Sendable {
    case noida, mock
}

/// Brokers of a test's own: no topic or group of one test is another's.
private final class TemporaryBroker: Sendable {
    private enum Broker: Sendable {
        case noida(KafkaBroker)
        case mock(MockCluster)

        var servers: String {
            switch self {
            case .noida(let broker): broker.servers
            case .mock(let cluster): cluster.servers
            }
        }
    }

    private let broker: Broker
    private let opened = Mutex<[KafkaEventBus]>([])

    private init(_ kind: BrokerKind) async throws {
        switch kind {
        case .noida: broker = .noida(try await KafkaBroker())
        case .mock:
            let cluster = try MockCluster()
            // It makes none for clients that ask.
            for topic in EventBusConformance.topics {
                cluster.makeTopic(topic.name, partitions: 1)
            }
            broker = .mock(cluster)
        }
    }

    /// Runs a test with a broker of its own.
    static func with(
        _ kind: BrokerKind = .noida, _ body: (TemporaryBroker) async throws -> Void
    ) async throws {
        let home = try await TemporaryBroker(kind)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(home)) } catch { outcome = .failure(error) }
        await home.closeAll()
        try outcome.get()
    }

    func open(partitions: Int32 = 1) throws -> KafkaEventBus {
        var options = KafkaEventBus.Options()
        options.partitions = partitions
        let bus = try KafkaEventBus(
            brokers: broker.servers,
            environment: [
                "KAFKA_SESSION_TIMEOUT_MS": "6000", "KAFKA_HEARTBEAT_INTERVAL_MS": "200",
                "KAFKA_FETCH_WAIT_MAX_MS": "50",
                // How long this broker may forget a member that waits to be let in.
                "KAFKA_MAX_POLL_INTERVAL_MS": "6000",
            ], options: options)
        opened.withLock { $0.append(bus) }
        return bus
    }

    func closeAll() async {
        let buses = opened.withLock { opened in
            defer { opened = [] }
            return opened
        }
        for bus in buses { await bus.close() }
    }

    func busWorld() throws -> BusWorld {
        BusWorld(
            bus: try open(), time: ManualTime(), another: { try self.open() },
            restart: {
                await self.closeAll()
                return try self.open()
            })
    }
}

/// On librdkafka's mock cluster, whose groups take seconds to agree.
@Suite("Conformance of the Kafka event bus, on the mock cluster", .timeLimit(.minutes(10)))
struct MockConformanceTests {
    @Test("event bus", arguments: EventBusConformance.laws)
    func eventBus(keeps law: Law<BusWorld>) async throws {
        try await TemporaryBroker.with(.mock) { try await law.holds(in: $0.busWorld()) }
    }
}

/// On noida-db, with one partition a topic, as the durable logs have.
@Suite("Conformance of the Kafka event bus", .serialized, .timeLimit(.minutes(10)))
struct KafkaConformanceTests {
    @Test("event bus", arguments: EventBusConformance.laws)
    func eventBus(keeps law: Law<BusWorld>) async throws {
        try await TemporaryBroker.with { try await law.holds(in: $0.busWorld()) }
    }

    @Test("event bus, random scripts", arguments: Sweep.seeds(2))
    func eventBusScript(seed: UInt64) async throws {
        try await TemporaryBroker.with {
            try await EventBusScript.play(seed: seed, steps: 60, in: $0.busWorld())
        }
    }

    @Test("a key keeps its partition, and its order, among six")
    func orderPerKey() async throws {
        try await TemporaryBroker.with { home in
            let bus = try home.open(partitions: 6)
            let messages = (0..<300).map { number in
                EventMessage(
                    topic: .regimeChange, key: "market \(number % 7)",
                    payload: Array("\(number)".utf8))
            }
            let published = try await bus.publish(messages)
            #expect(Set(published.map(\.partition)).count > 1)
            let reader = try await bus.subscribe(
                to: [.regimeChange], as: ConsumerGroup("readers"), from: .earliest)
            var read: [LoggedEvent] = []
            while read.count < published.count {
                let event = try #require(try await reader.next())
                read.append(event)
            }
            for key in Set(messages.map(\.key)) {
                let mine = { (event: LoggedEvent) in event.message.key == key }
                #expect(read.filter(mine) == published.filter(mine))
                #expect(Set(read.filter(mine).map(\.partition)).count == 1)
            }
            #expect(reader.assignments == 1)
            await reader.close()
        }
    }

    @Test("brokers that are away are said so, with their address and what to do")
    func away() async throws {
        var options = KafkaEventBus.Options()
        options.questionLimit = .milliseconds(300)
        options.publishLimit = .milliseconds(300)
        let port = try LoopbackPort.free()
        let bus = try KafkaEventBus(brokers: "127.0.0.1:\(port)", options: options)
        await #expect {
            try await bus.publish([Samples.message("a")])
        } throws: { error in
            guard case EventBusError.unavailable? = error as? EventBusError else { return false }
            return "\(error)".contains("127.0.0.1:\(port)")
                && "\(error)".contains("REDPANDA_BROKERS")
        }
        await bus.close()
    }
}
