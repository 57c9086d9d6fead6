import CRDKafka
import Kafka
import Synchronization
import TestSupport
import Testing

@Suite("Kafka's faults", .serialized)
struct FaultTests {
    @Test func errorsThatPassNeitherLoseNorDouble() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic("t", partitions: 1)
        let configuration = try Kafka.configuration(cluster.servers)
        let producer = try KafkaProducer(configuration)
        try await producer.ping(within: Kafka.patience)
        cluster.fail(
            .produce,
            with: [
                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            ])
        var sent = 0
        for _ in 0..<10 {
            try await producer.send(
                Kafka.records(sent..<sent + 100, to: "t"), within: Kafka.patience)
            sent += 100
        }
        let reader = try await KafkaReader.open(
            "t", from: .earliest, configuration, within: Kafka.patience)
        var texts: [String] = []
        while let message = try await reader.nextBeforeEnd() {
            texts.append(Kafka.text(message.value))
        }
        #expect(texts == (0..<1_000).map(String.init))
        await reader.close(within: Kafka.patience)
    }

    @Test func anErrorThatStaysIsToldByRecord() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic("t", partitions: 1)
        let producer = try KafkaProducer(try Kafka.configuration(cluster.servers))
        cluster.fail(.produce, with: [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(Kafka.records(0..<2, to: "t"), within: Kafka.patience)
        }
        guard case .undelivered(let losses) = error, let fault = losses.failures[0] else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.code == "TOPIC_AUTHORIZATION_FAILED" && fault.topic == "t")
        #expect(fault.partition == 0 && !fault.isRetriable && !fault.isFatal)
        #expect("\(losses)".isEmpty == false)
        let text = "\(KafkaError.undelivered(losses))"
        #expect(text.hasPrefix("2 of 2 records were not delivered"), "\(text)")
        #expect(text.contains("topic t, partition 0"), "\(text)")
    }

    @Test func aFatalErrorEndsTheProducer() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic("t", partitions: 1)
        let logged = Mutex<[KafkaLog]>([])
        let producer = try KafkaProducer(
            try Kafka.configuration(cluster.servers),
            observer: KafkaObserver(log: { line in logged.withLock { $0.append(line) } }))
        cluster.fail(.produce, with: [RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER])
        await #expect(throws: KafkaError.self) {
            try await producer.send(Kafka.records(0..<2, to: "t"), within: Kafka.patience)
        }
        try await eventually {
            logged.withLock { $0.contains { $0.facility == "OUT_OF_ORDER_SEQUENCE_NUMBER" } }
        }
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(Kafka.records(2..<3, to: "t"), within: Kafka.patience)
        }
        guard case .failed(let fault) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.isFatal && !fault.isRetriable && error?.isFatal == true)
        #expect("\(fault)".contains("make a new one"))
    }

    @Test func brokersThatAreDownAreWaitedFor() async throws {
        let cluster = try MockCluster()
        cluster.makeTopic("t", partitions: 1)
        let producer = try KafkaProducer(try Kafka.configuration(cluster.servers))
        try await producer.send(Kafka.records(0..<1, to: "t"), within: Kafka.patience)
        cluster.takeDown()
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(
                Kafka.records(1..<2, to: "t"), within: .milliseconds(100))
        }
        #expect(error?.isRetriable == true)
        cluster.setRoundTrip(milliseconds: 5)
        cluster.bringUp()
        let offsets = try await producer.send(
            Kafka.records(2..<3, to: "t"), within: Kafka.patience)
        #expect(offsets == [KafkaOffset(KafkaPartition("t", 0), 2)])
    }

    @Test func aCutConnectionLosesNothing() async throws {
        let topic = try await SharedTopic(partitions: 2)
        let proxy = try await KafkaBroker.shared.value.proxy()
        let producer = try KafkaProducer(try Kafka.configuration("127.0.0.1:\(proxy.port)"))
        let isDone = Atomic(false)
        let cutting = Task {
            // Cuts whenever something came since the last cut.
            while !isDone.load(ordering: .relaxed) {
                let before = proxy.received
                try await eventually {
                    proxy.received > before + 20_000 || isDone.load(ordering: .relaxed)
                }
                proxy.cut()
            }
        }
        var offsets: [KafkaOffset] = []
        for start in stride(from: 0, to: 20_000, by: 1_000) {
            offsets += try await producer.send(
                Kafka.records(start..<start + 1_000, to: topic.topic, keys: 7),
                within: Kafka.patience)
        }
        isDone.store(true, ordering: .relaxed)
        try await cutting.value
        #expect(proxy.accepted > 4)
        let texts = try await topic.everything()
        #expect(Set(texts).count == 20_000)
        #expect(texts.count == 20_000 && offsets.count == 20_000)
    }

    @Test func aBrokerThatStallsIsWaitedFor() async throws {
        let topic = try await SharedTopic()
        let proxy = try await KafkaBroker.shared.value.proxy()
        let producer = try KafkaProducer(try Kafka.configuration("127.0.0.1:\(proxy.port)"))
        try await producer.send(Kafka.records(0..<1, to: topic.topic), within: Kafka.patience)
        proxy.set(.stalled)
        await #expect(throws: KafkaError.self) {
            try await producer.send(
                Kafka.records(1..<2, to: topic.topic), within: .milliseconds(50))
        }
        proxy.set(.delaying(milliseconds: 2))
        try await producer.send(Kafka.records(2..<3, to: topic.topic), within: Kafka.patience)
        #expect(try await topic.everything() == ["0", "1", "2"])
    }

    @Test func aBrokerThatStartsAgainGoesOn() async throws {
        let broker = try await KafkaBroker()
        let configuration = try Kafka.configuration(broker.servers)
        let admin = try KafkaAdmin(configuration)
        try await admin.createTopics([KafkaTopic("t", partitions: 1)], within: Kafka.patience)
        let producer = try KafkaProducer(configuration)
        let consumer = try await KafkaConsumer.subscribe(
            to: ["t"], as: "g", from: .earliest, configuration, within: Kafka.patience)
        try await producer.send(Kafka.records(0..<50, to: "t"), within: Kafka.patience)
        let first = try await consumer.messages(50)
        try await consumer.commit(first, within: Kafka.patience)
        try await broker.stop()
        let sending = Task {
            try await producer.send(Kafka.records(50..<100, to: "t"), within: Kafka.patience)
        }
        try await eventually { producer.outstanding >= 50 }
        try await broker.start()
        let offsets = try await sending.value
        #expect(offsets.map(\.offset) == Array(50..<100))
        #expect(try await consumer.messages(50).texts == (50..<100).map(String.init))
        await consumer.close(within: Kafka.patience)
        try await producer.close(within: Kafka.patience)
        admin.close()
    }

    @Test func aBrokerThatIsNotThereIsNamed() async throws {
        try await LoopbackPort.withNobody { port in
            let servers = "127.0.0.1:\(port)"
            let admin = try KafkaAdmin(try Kafka.configuration(servers))
            let error = await #expect(throws: KafkaError.self) {
                try await admin.ping(within: .milliseconds(200))
            }
            #expect(error?.isRetriable == true)
            #expect("\(try #require(error))".contains(servers))
        }
    }
}

extension SharedTopic {
    /// The values of all messages.
    func everything() async throws -> [String] {
        let reader = try await KafkaReader.open(
            topic, from: .earliest, configuration, within: Kafka.patience)
        var texts: [String] = []
        while let message = try await reader.nextBeforeEnd() {
            texts.append(Kafka.text(message.value))
        }
        await reader.close(within: Kafka.patience)
        return texts
    }
}
