import Kafka
import Synchronization
import TestSupport
import Testing

@Suite("Reading from Kafka")
struct ConsumerTests {
    @Test func anAssignmentComesBeforeItsMessages() async throws {
        let topic = try await SharedTopic(partitions: 2)
        try await topic.send(0..<10)
        let consumer = try await topic.subscribe()
        let partitions = Set([0, 1].map { KafkaPartition(topic.topic, $0) })
        guard case .assigned(let assigned)? = try await consumer.next() else {
            Issue.record("no assignment")
            return
        }
        #expect(Set(assigned) == partitions && consumer.assignment == partitions)
        #expect(try await consumer.messages(10).texts == (0..<10).map(String.init))
        await consumer.close(within: Kafka.patience)
        #expect(try await consumer.next() == nil)
        await consumer.close(within: Kafka.patience)
    }

    @Test func whatWasNotCommittedComesAgain() async throws {
        let topic = try await SharedTopic()
        try await topic.send(0..<10)
        let first = try await topic.subscribe()
        let messages = try await first.messages(10)
        try await first.commit(messages[4], within: Kafka.patience)
        try await first.commit(messages[2], within: Kafka.patience)
        await first.close(within: Kafka.patience)
        let second = try await topic.subscribe(from: .latest)
        #expect(try await second.messages(5).texts == (5..<10).map(String.init))
        await second.close(within: Kafka.patience)
        let admin = try KafkaAdmin(topic.configuration)
        let offsets = try await admin.committedOffsets(
            of: topic.group, in: topic.topic, within: Kafka.patience)
        #expect(offsets == [0: 5])
        let lag = try await admin.lag(of: topic.group, in: topic.topic, within: Kafka.patience)
        #expect(lag == [0: 5])
    }

    @Test func aMemberThatIsLetGoLeavesItsGroup() async throws {
        let topic = try await SharedTopic()
        try await topic.send(0..<3)
        var first: KafkaConsumer? = try await topic.subscribe()
        #expect(try await first?.messages(3).count == 3)
        first = nil
        let second = try await topic.subscribe()
        #expect(try await second.messages(3).texts == ["0", "1", "2"])
        await second.close(within: Kafka.patience)
    }

    @Test func aGroupThatStartsAtTheEndMissesNothingFromThenOn() async throws {
        let topic = try await SharedTopic(partitions: 3)
        try await topic.send(0..<30, keys: 30)
        let first = try await topic.subscribe(from: .latest)
        await first.close(within: Kafka.patience)
        try await topic.send(30..<60, keys: 30)
        let second = try await topic.subscribe(from: .latest)
        let texts = try await second.messages(30).texts
        #expect(Set(texts) == Set((30..<60).map(String.init)))
        await second.close(within: Kafka.patience)
    }

    @Test func aWaitingMemberWakesAndOnlyOneWaits() async throws {
        let topic = try await SharedTopic()
        let consumer = try await topic.subscribe()
        guard case .assigned? = try await consumer.next() else {
            Issue.record("no assignment")
            return
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    do {
                        return Kafka.text(try await consumer.message()?.value)
                    } catch KafkaError.busy {
                        return "busy"
                    }
                }
            }
            #expect(try await group.next() == "busy")
            try await topic.send(7..<8)
            #expect(try await group.next() == "7")
        }
        await consumer.close(within: Kafka.patience)
    }

    @Test func aCancelledMemberLosesNothing() async throws {
        let topic = try await SharedTopic()
        let consumer = try await topic.subscribe()
        for number in 0..<20 {
            let waiting = Task { try await consumer.message() }
            try await topic.send(number..<number + 1)
            waiting.cancel()
            do {
                let message = try await waiting.value
                #expect(Kafka.text(message?.value) == "\(number)")
            } catch is CancellationError {
                #expect(Kafka.text(try await consumer.message()?.value) == "\(number)")
            }
        }
        // Whoever asks after a cancellation need not wait until the other has noticed.
        let leaving = Task { try await consumer.next() }
        leaving.cancel()
        try await topic.send(20..<21)
        #expect(Kafka.text(try await consumer.message()?.value) == "20")
        await #expect(throws: CancellationError.self) { try await leaving.value }
        let waiting = Task { try await consumer.next() }
        await consumer.close(within: Kafka.patience)
        #expect(try await waiting.value == nil)
    }

    @Test func closingFromACancelledTaskGivesThePartitionsBack() async throws {
        let topic = try await SharedTopic()
        try await topic.send(0..<1)
        let first = try await topic.subscribe()
        #expect(try await first.messages(1).count == 1)
        let closing = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await first.close(within: Kafka.patience)
        }
        await closing.value
        let second = try await topic.subscribe()
        #expect(try await second.messages(1).texts == ["0"])
        await second.close(within: Kafka.patience)
    }

    @Test func pausedPartitionsWait() async throws {
        let topic = try await SharedTopic(partitions: 2)
        let (one, two) = (KafkaPartition(topic.topic, 0), KafkaPartition(topic.topic, 1))
        let producer = try KafkaProducer(topic.configuration)
        for partition: Int32 in [0, 1] {
            try await producer.send(
                (0..<100).map {
                    KafkaRecord(
                        topic: topic.topic, value: Kafka.bytes("\($0)"), partition: partition)
                }, within: Kafka.patience)
        }
        let consumer = try await topic.subscribe()
        var texts: [KafkaPartition: [String]] = [:]
        func take(_ count: Int) async throws {
            for message in try await consumer.messages(count) {
                texts[message.position.partition, default: []].append(Kafka.text(message.value))
            }
        }
        try await take(10)
        try consumer.pause([one])
        let before = texts[one]?.count ?? 0
        try await take(100 - (texts[two]?.count ?? 0))
        #expect(texts[one]?.count ?? 0 == before && texts[two]?.count == 100)
        try consumer.pause([two])
        try consumer.resume([one])
        try await take(100 - before)
        #expect(texts[one] == (0..<100).map(String.init) && texts[two] == texts[one])
        await consumer.close(within: Kafka.patience)
        #expect(throws: KafkaError.self) { try consumer.pause([one]) }
    }

    @Test func aTopicThatIsNotThereIsNamed() async throws {
        let broker = try await KafkaBroker.shared.value
        let topic = broker.name("missing")
        let error = await #expect(throws: KafkaError.self) {
            try await KafkaConsumer.subscribe(
                to: [topic], as: "g", from: .earliest,
                Kafka.configuration(broker.servers, ["allow.auto.create.topics": "false"]),
                within: Kafka.patience)
        }
        #expect(error == .unknownTopic(topic, servers: broker.servers))
    }

    @Test func aReaderFollowsWithoutAGroup() async throws {
        let topic = try await SharedTopic(partitions: 2)
        try await topic.send(0..<20, keys: 20)
        let all = try await topic.everything()
        #expect(Set(all) == Set((0..<20).map(String.init)) && all.count == 20)
        let tail = try await KafkaReader.open(
            topic.topic, from: .latest, topic.configuration, within: Kafka.patience)
        try await topic.send(20..<21)
        #expect(Kafka.text(try await tail.next()?.value) == "20")
        let waiting = Task { try await tail.next() }
        await tail.close(within: Kafka.patience)
        #expect(try await waiting.value == nil)
        let single = try await SharedTopic()
        #expect(try await single.everything().isEmpty)
        try await single.send(0..<10)
        let part = try await KafkaReader.open(
            single.topic, from: .offsets([0: 7]), single.configuration, within: Kafka.patience)
        var texts: [String] = []
        while let message = try await part.nextBeforeEnd() {
            texts.append(Kafka.text(message.value))
        }
        #expect(texts == ["7", "8", "9"])
    }

    @Test func topicsAreMadeAndDescribed() async throws {
        let broker = try await KafkaBroker.shared.value
        let admin = try KafkaAdmin(Kafka.configuration(broker.servers))
        try await admin.ping(within: Kafka.patience)
        let topic = KafkaTopic(
            broker.name("made"), partitions: 5, replicas: 1,
            properties: ["retention.ms": "86400000"])
        for _ in 0..<2 { try await admin.createTopics([topic], within: Kafka.patience) }
        #expect(
            try await admin.partitions(of: topic.name, within: Kafka.patience) == [0, 1, 2, 3, 4])
        let watermarks = try await admin.watermarks(of: topic.name, within: Kafka.patience)
        #expect(watermarks == [0: 0..<0, 1: 0..<0, 2: 0..<0, 3: 0..<0, 4: 0..<0])
        await #expect(throws: KafkaError.self) {
            try await admin.createTopics(
                [KafkaTopic("none", partitions: 0)], within: Kafka.patience)
        }
        admin.close()
        await #expect(throws: KafkaError.closed(servers: broker.servers)) {
            try await admin.ping(within: Kafka.patience)
        }
    }
}
