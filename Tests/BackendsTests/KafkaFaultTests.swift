import Backends
import CRDKafka
import Kafka
import Ports
import Synchronization
import TestSupport
import Testing

/// On librdkafka's mock cluster, which fails as it is told.
@Suite("Faults of the Kafka event bus", .timeLimit(.minutes(2)))
struct KafkaFaultTests {
    private static let topic = Topic("weather")

    private func bus(
        _ servers: String, _ change: (inout KafkaEventBus.Options) -> Void = { _ in }
    ) throws -> KafkaEventBus {
        var options = KafkaEventBus.Options()
        change(&options)
        return try KafkaEventBus(
            brokers: servers,
            environment: [
                "KAFKA_RECONNECT_BACKOFF_MS": "10", "KAFKA_RECONNECT_BACKOFF_MAX_MS": "100",
                "KAFKA_RETRY_BACKOFF_MS": "20", "KAFKA_FETCH_WAIT_MAX_MS": "50",
            ], options: options)
    }

    private func messages(_ texts: String...) -> [EventMessage] {
        texts.map { Samples.message($0, topic: Self.topic) }
    }

    @Test("topics that are there serve whoever may not make topics")
    func mayNotMakeTopics() async throws {
        // This cluster makes none for anybody.
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        let bus = try bus(cluster.servers)
        let published = try await bus.publish(messages("a", "b"))
        let tap = try await bus.tap(Self.topic, from: .earliest)
        for event in published { #expect(try await tap.next() == event) }
        await tap.close()
        await bus.close()
    }

    @Test("a topic without leaders yet is waited for")
    func leadersAreElected() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        cluster.setError(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, of: Self.topic.name)
        let proxy = try cluster.proxy()
        let bus = try bus("127.0.0.1:\(proxy.port)")
        let publishing = Task { try await bus.publish(messages("a")) }
        // It has asked several times.
        try await eventually { proxy.received > 1_000 }
        cluster.setError(RD_KAFKA_RESP_ERR_NO_ERROR, of: Self.topic.name)
        #expect(try await publishing.value.count == 1)
        await bus.close()
    }

    @Test("a topic that vanished is looked for again, and made")
    func topicVanishes() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        let bus = try bus(cluster.servers) {
            ($0.publishLimit, $0.questionLimit) = (.seconds(2), .seconds(2))
        }
        try await bus.publish(messages("a"))
        let unknown = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
        cluster.setError(unknown, of: Self.topic.name)
        cluster.fail(.produce, with: [rd_kafka_resp_err_t](repeating: unknown, count: 20))
        // This cluster makes none for anybody.
        try await eventually {
            let error = await failure { try await bus.publish(messages("b")) }
            #expect(isAway(error), "\(error as Any)")
            return "\(error as Any)".contains("create a topic")
        }
        cluster.setError(RD_KAFKA_RESP_ERR_NO_ERROR, of: Self.topic.name)
        try await eventually { (try? await bus.publish(messages("b"))) != nil }
        await bus.close()
    }

    @Test("brokers that are away when a topic is looked for are said so at once")
    func awayFromTheStart() async throws {
        let port = try LoopbackPort.free()
        let bus = try bus("127.0.0.1:\(port)") { $0.questionLimit = .milliseconds(300) }
        let elapsed = await ContinuousClock().measure {
            #expect(isAway(await failure { try await bus.publish(messages("a")) }))
            #expect(
                isAway(
                    await failure {
                        _ = try await bus.subscribe(
                            to: [Self.topic], as: ConsumerGroup("readers"), from: .earliest)
                    }))
        }
        #expect(elapsed < .seconds(10))
        await bus.close()
    }

    // MARK: - Refused, or away

    /// What a call throws.
    private func failure(_ body: () async throws -> Void) async -> EventBusError? {
        await #expect(throws: EventBusError.self) { try await body() }
    }

    private func isAway(_ error: EventBusError?) -> Bool {
        if case .unavailable? = error { true } else { false }
    }

    @Test("a message that no broker will ever take is refused by its index, the others are not")
    func tooLarge() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        let bus = try bus(cluster.servers)
        var batch = messages("a", "b", "c")
        batch[1].payload = [UInt8](repeating: 1, count: 2_000_000)
        let error = await failure { try await bus.publish(batch) }
        guard case .refused(let reasons)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(Array(reasons.keys) == [1])
        await bus.close()
    }

    @Test("what is just small enough is too large as a dead letter, and small enough when cut")
    func deadLetterTooLarge() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        cluster.makeTopic(Self.topic.deadLetter.name, partitions: 1)
        let bus = try bus(cluster.servers)
        var message = messages("a")[0]
        message.payload = [UInt8](repeating: 1, count: 999_700)
        let event = try #require(try await bus.publish([message]).first)
        let letter = event.deadLetter(
            reason: String(repeating: "no", count: 300), attempts: 1,
            firstFailure: "2018-12-31T21:00:01Z",
            lastFailure: "2018-12-31T21:00:01Z")
        let error = await failure { try await bus.publish([letter]) }
        guard case .refused? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await bus.publish([letter.cut]).count == 1)
        await bus.close()
    }

    @Test(
        "a client that may not write, or whose sequence broke, is no message's fault",
        arguments: [
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        ])
    func notTheMessage(code: rd_kafka_resp_err_t) async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        let bus = try bus(cluster.servers)
        try await bus.publish(messages("a"))
        cluster.fail(.produce, with: [code])
        let error = await failure { try await bus.publish(messages("b")) }
        #expect(isAway(error), "\(String(describing: error))")
        try await eventually {
            (try? await bus.publish(messages("b")))?.map(\.offset) == [1]
        }
        await bus.close()
    }

    @Test("a call that sent nothing disturbs nobody")
    func besideOneThatIsRefused() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        let proxy = try cluster.proxy()
        let bus = try bus("127.0.0.1:\(proxy.port)")
        let unsendable = [EventMessage(topic: Topic("a\0b"), key: "", payload: [])]
        #expect(isAway(await failure { try await bus.publish(unsendable) }))
        var large = messages("a", "b")
        large[1].payload = [UInt8](repeating: 1, count: 100_000)
        try await bus.publish(large)
        cluster.setRoundTrip(milliseconds: 500)
        let before = proxy.received
        let publishing = Task { [large] in try await bus.publish(large) }
        // It is in the queue, and on its way, when the other fails.
        try await eventually { proxy.received >= before + 100_000 }
        #expect(isAway(await failure { try await bus.publish(unsendable) }))
        #expect(try await publishing.value.map(\.offset) == [2, 3])
        await bus.close()
    }

    @Test("a tap's faults are the bus's")
    func tapFaults() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic(Self.topic.name, partitions: 1)
        let bus = try bus(cluster.servers)
        let tap = try await bus.tap(Self.topic, from: .latest)
        try await withThrowingTaskGroup(of: LoggedEvent?.self) { group in
            for _ in 0..<2 { group.addTask { try await tap.next() } }
            let second = await failure { _ = try await group.next() }
            #expect("\(second as Any)".contains("two tasks"), "\(second as Any)")
            let published = try await bus.publish(messages("a"))
            #expect(try await group.next() == published[0])
        }
        await tap.close()
        await bus.close()
    }
}
