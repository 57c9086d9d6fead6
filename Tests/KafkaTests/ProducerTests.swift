import Kafka
import TestSupport
import Testing

@Suite("Sending to Kafka")
struct ProducerTests {
    @Test func everythingArrivesAsItWasSent() async throws {
        let topic = try await SharedTopic()
        let large = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let records = [
            KafkaRecord(topic: topic.topic, key: nil, value: nil),
            KafkaRecord(topic: topic.topic, key: [], value: []),
            KafkaRecord(topic: topic.topic, key: [0, 1, 0], value: Array(0...255)),
            KafkaRecord(
                topic: topic.topic, key: Kafka.bytes("größe 🐻"), value: large,
                headers: [
                    KafkaHeader("ce-id", Kafka.bytes("7")), KafkaHeader("leer", []),
                    KafkaHeader("ce-id", [0, 0xFF]), KafkaHeader("fehlt 🐻", nil),
                ], timestampMilliseconds: 1_709_164_800_123),
        ]
        let producer = try KafkaProducer(topic.configuration)
        let offsets = try await producer.send(records, within: Kafka.patience)
        let partition = KafkaPartition(topic.topic, 0)
        #expect(offsets == (0..<4).map { KafkaOffset(partition, $0) })
        let consumer = try await topic.subscribe()
        let messages = try await consumer.messages(4)
        #expect(messages.map(\.position) == offsets)
        #expect(messages.map(\.key) == records.map(\.key))
        #expect(messages.map(\.value) == records.map(\.value))
        #expect(messages.map(\.headers) == records.map(\.headers))
        #expect(messages[3].timestampMilliseconds == 1_709_164_800_123)
    }

    @Test func recordsOfAKeyKeepTheirOrderAndAnotherClientReadsTheSame() async throws {
        let topic = try await SharedTopic(partitions: 3)
        let producer = try KafkaProducer(topic.configuration)
        var offsets: [KafkaOffset] = []
        for start in stride(from: 0, to: 5_000, by: 500) {
            offsets += try await producer.send(
                Kafka.records(start..<start + 500, to: topic.topic, keys: 11),
                within: Kafka.patience)
        }
        let printed = try await Tool.run(
            "kcat", "-C", "-e", "-q", "-b", topic.servers, "-X",
            "receive.message.max.bytes=1000000000", "-t", topic.topic, "-o", "beginning", "-f",
            "%s %p %o\\n")
        var seen: [Int: KafkaOffset] = [:]
        for line in printed.split(separator: "\n") {
            let words = line.split(separator: " ")
            let (index, partition) = (try #require(Int(words[0])), try #require(Int32(words[1])))
            seen[index] = KafkaOffset(
                KafkaPartition(topic.topic, partition), try #require(Int64(words[2])))
        }
        #expect(seen.count == 5_000)
        #expect((0..<5_000).map { seen[$0] } == offsets)
        for key in 0..<11 {
            let ofKey = stride(from: key, to: 5_000, by: 11).map { offsets[$0] }
            #expect(Set(ofKey.map(\.partition)).count == 1)
            #expect(ofKey.map(\.offset) == ofKey.map(\.offset).sorted())
        }
    }

    @Test func keysGoWhereJavaClientsSendThem() async throws {
        let topic = try await SharedTopic(partitions: 10)
        let producer = try KafkaProducer(topic.configuration)
        // The first four bytes without their sign, modulo the number of partitions.
        let hashes: [(String, Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
        ]
        let records = hashes.map {
            KafkaRecord(topic: topic.topic, key: Kafka.bytes($0.0), value: [])
        }
        let offsets = try await producer.send(records, within: Kafka.patience)
        #expect(offsets.map(\.partition.number) == hashes.map { ($0.1 & 0x7FFF_FFFF) % 10 })
    }

    @Test func aPartitionCanBeNamed() async throws {
        let topic = try await SharedTopic(partitions: 3)
        let producer = try KafkaProducer(topic.configuration)
        let record = KafkaRecord(topic: topic.topic, value: [1], partition: 2)
        let offsets = try await producer.send([record], within: Kafka.patience)
        #expect(offsets == [KafkaOffset(KafkaPartition(topic.topic, 2), 0)])
        let wrong = KafkaRecord(topic: topic.topic, value: [1], partition: 7)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send([record, wrong], within: Kafka.patience)
        }
        guard case .undelivered(let losses) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(losses.delivered == [0: KafkaOffset(KafkaPartition(topic.topic, 2), 1)])
        #expect(losses.failures[1]?.code == "_UNKNOWN_PARTITION")
        #expect(losses.failures[1]?.topic == topic.topic && error?.isRetriable == false)
    }

    @Test func aFullQueueMakesCallersWait() async throws {
        let topic = try await SharedTopic()
        var limits = KafkaProducer.Limits()
        limits.queuedRecords = 5
        let producer = try KafkaProducer(topic.configuration, limits)
        try await withThrowingTaskGroup { group in
            for sender in 0..<20 {
                group.addTask {
                    try await producer.send(
                        Kafka.records(sender * 20..<sender * 20 + 20, to: topic.topic),
                        within: Kafka.patience)
                }
            }
            var offsets: Set<Int64> = []
            for try await batch in group { offsets.formUnion(batch.map(\.offset)) }
            #expect(offsets == Set(0..<400))
        }
    }

    @Test func noMoreCallersWaitThanMay() async throws {
        let proxy = try await KafkaBroker.shared.value.proxy()
        proxy.set(.refusing)
        var limits = KafkaProducer.Limits()
        (limits.queuedRecords, limits.waiters) = (1, 2)
        let producer = try KafkaProducer(
            try Kafka.configuration("127.0.0.1:\(proxy.port)"), limits)
        let records = Kafka.records(0..<2, to: "nowhere")
        try await withThrowingTaskGroup { group in
            // One waits for room and two wait for it: the fourth is refused.
            for _ in 0..<4 {
                group.addTask {
                    do {
                        try await producer.send(records, within: Kafka.patience)
                    } catch KafkaError.crowded(let waiters) {
                        #expect(waiters == 2)
                        return true
                    } catch is CancellationError {
                        return false
                    }
                    Issue.record("sent to nobody")
                    return false
                }
            }
            #expect(try await group.next() == true)
            group.cancelAll()
            while let isRefused = try await group.next() { #expect(!isRefused) }
        }
    }

    @Test func whoLeavesLeavesNothingBehind() async throws {
        let broker = try await KafkaBroker.shared.value
        let topic = try await SharedTopic()
        let proxy = try broker.proxy()
        proxy.set(.refusing)
        let producer = try KafkaProducer(try Kafka.configuration("127.0.0.1:\(proxy.port)"))
        let limit = Duration.milliseconds(30)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(Kafka.records(0..<3, to: topic.topic), within: limit)
        }
        #expect(error?.isRetriable == true)
        let task = Task {
            try await producer.send(
                Kafka.records(3..<5, to: topic.topic), within: Kafka.patience)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // What was queued is delivered all the same.
        proxy.set(.passing)
        let offsets = try await producer.send(
            Kafka.records(5..<6, to: topic.topic), within: Kafka.patience)
        #expect(try #require(offsets.first).offset >= 3)
        try await producer.close(within: Kafka.patience)
    }

    @Test func aClosedProducerSaysSo() async throws {
        let topic = try await SharedTopic()
        let producer = try KafkaProducer(topic.configuration)
        try await producer.flush(within: Kafka.patience)
        try await producer.close(within: Kafka.patience)
        try await producer.close(within: Kafka.patience)
        await #expect(throws: KafkaError.closed(servers: topic.servers)) {
            try await producer.send(Kafka.records(0..<1, to: topic.topic), within: Kafka.patience)
        }
        await #expect(throws: KafkaError.closed(servers: topic.servers)) {
            try await producer.ping(within: Kafka.patience)
        }
    }

    @Test func closingDoesNotKeepWhoWaits() async throws {
        let proxy = try await KafkaBroker.shared.value.proxy()
        proxy.set(.refusing)
        let producer = try KafkaProducer(try Kafka.configuration("127.0.0.1:\(proxy.port)"))
        let task = Task {
            try await producer.send(Kafka.records(0..<3, to: "nowhere"), within: Kafka.patience)
        }
        try await eventually { producer.outstanding >= 3 }
        await #expect(throws: KafkaError.self) {
            try await producer.flush(within: .milliseconds(5))
        }
        await #expect(throws: KafkaError.self) {
            try await producer.close(within: .milliseconds(5))
        }
        let error = await #expect(throws: KafkaError.self) { try await task.value }
        // Another producer may do better.
        #expect(error?.isRetriable == true)
    }

    @Test func whatKafkaCannotTakeIsNotSent() async throws {
        let topic = try await SharedTopic()
        let producer = try KafkaProducer(topic.configuration)
        for name in ["", "a\0b"] {
            await #expect(throws: KafkaError.self) {
                try await producer.send(
                    [KafkaRecord(topic: name, value: [1])], within: Kafka.patience)
            }
        }
        let large = KafkaRecord(topic: topic.topic, value: [UInt8](repeating: 1, count: 2_000_000))
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send([large], within: Kafka.patience)
        }
        guard case .undelivered(let losses) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(losses.failures[0]?.code == "MSG_SIZE_TOO_LARGE")
        #expect(try await producer.send([], within: Kafka.patience).isEmpty)
    }
}
