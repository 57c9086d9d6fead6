import CRDKafka
import Kafka
import Synchronization
import TestSupport
import Testing

@Suite("A Kafka group's members")
struct GroupTests {
    /// Reads and commits until it is cancelled.
    private final class Member: Sendable {
        struct Seen: Sendable {
            var texts: [String] = []
            var assigned = 0
            var revoked = 0
            var isMine: Set<KafkaPartition> = []
            var strays = 0
            var lost = 0
        }

        let consumer: KafkaConsumer
        let seen = Mutex(Seen())

        init(_ consumer: KafkaConsumer) {
            self.consumer = consumer
        }

        func run() async throws {
            while let event = try await consumer.next() {
                seen.withLock { note(event, in: &$0) }
                guard case .message(let message) = event else { continue }
                do {
                    try await consumer.commit(message, within: Kafka.patience)
                } catch KafkaError.partitionLost {
                    seen.withLock { $0.lost += 1 }
                }
            }
        }

        private func note(_ event: KafkaConsumerEvent, in seen: inout Seen) {
            switch event {
            case .assigned(let partitions):
                seen.assigned += partitions.count
                seen.isMine.formUnion(partitions)
            case .revoked(let partitions, _):
                seen.revoked += partitions.count
                seen.isMine.subtract(partitions)
            case .message(let message):
                seen.texts.append(Kafka.text(message.value))
                if !seen.isMine.contains(message.position.partition) { seen.strays += 1 }
            }
        }
    }

    @Test func membersShareAndTakeOver() async throws {
        try await share(
            try await SharedTopic(partitions: 4, ["partition.assignment.strategy": "range"]))
    }

    /// The broker of the other tests does not answer commits while the group is rejoined, and a
    /// member that keeps partitions meanwhile does commit.
    @Test func membersThatKeepWhatTheyCanShareToo() async throws {
        let cluster = try MockCluster()
        try await share(
            try SharedTopic(
                cluster, partitions: 4,
                [
                    "partition.assignment.strategy": "cooperative-sticky",
                    // That is how long these brokers wait for members to join again.
                    "session.timeout.ms": "3000",
                ]))
    }

    private func share(_ topic: SharedTopic) async throws {
        let one = Member(try await topic.subscribe())
        let running = Task { try await one.run() }
        try await topic.send(0..<200, keys: 50)
        try await eventually { one.seen.withLock { $0.texts.count } >= 200 }
        let two = Member(try await topic.subscribe())
        let alsoRunning = Task { try await two.run() }
        try await eventually {
            one.consumer.assignment.count == 2 && two.consumer.assignment.count == 2
        }
        try await topic.send(200..<400, keys: 50)
        try await eventually {
            Set(one.seen.withLock { $0.texts } + two.seen.withLock { $0.texts }).count == 400
        }
        await one.consumer.close(within: Kafka.patience)
        try await running.value
        try await topic.send(400..<600, keys: 50)
        try await eventually { two.consumer.assignment.count == 4 }
        try await eventually {
            Set(one.seen.withLock { $0.texts } + two.seen.withLock { $0.texts }).count == 600
        }
        await two.consumer.close(within: Kafka.patience)
        try await alsoRunning.value
        for member in [one, two] {
            let seen = member.seen.withLock { $0 }
            #expect(seen.strays == 0)
            #expect(seen.assigned > 0)
        }
        let shared = Set(two.seen.withLock { $0.texts }.compactMap(Int.init))
        #expect(shared.contains { (200..<400).contains($0) } && shared.isSuperset(of: 400..<600))
    }

    /// Of what is added later nobody has stored a start, and may not while the group has members.
    @Test func aGroupThatReadsGetsMoreToRead() async throws {
        let cluster = try MockCluster()
        for name in ["t", "u"] { cluster.makeTopic(name, partitions: 1) }
        let configuration = try Kafka.configuration(
            cluster.servers, ["session.timeout.ms": "3000"])
        let producer = try KafkaProducer(configuration)
        try await producer.send(Kafka.records(0..<1, to: "t"), within: Kafka.patience)
        try await producer.send(Kafka.records(1..<2, to: "u"), within: Kafka.patience)
        func member(of topics: [String]) async throws -> KafkaConsumer {
            try await KafkaConsumer.subscribe(
                to: topics, as: "g", from: .earliest, configuration, within: .seconds(5))
        }
        let first = try await member(of: ["t"])
        #expect(try await first.messages(1).texts == ["0"])
        let reading = Task { while try await first.next() != nil {} }
        let second = try await member(of: ["u"])
        #expect(try await second.messages(1).texts == ["1"])
        await second.close(within: Kafka.patience)
        await first.close(within: Kafka.patience)
        try await reading.value
    }

    @Test func aMemberThatLostAPartitionCannotCommit() async throws {
        let topic = try await SharedTopic()
        try await topic.send(0..<5)
        let first = try await topic.subscribe()
        let messages = try await first.messages(2)
        await first.close(within: Kafka.patience)
        let partition = KafkaPartition(topic.topic, 0)
        await #expect(throws: KafkaError.partitionLost(partition, group: topic.group)) {
            try await first.commit(messages, within: Kafka.patience)
        }
        let second = try await topic.subscribe()
        #expect(try await second.messages(5).texts == ["0", "1", "2", "3", "4"])
        await second.close(within: Kafka.patience)
    }

    @Test(
        arguments: [
            RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        ])
    func aBrokerThatDisownsAMemberIsHeard(code: rd_kafka_resp_err_t) async throws {
        let cluster = try MockCluster()
        cluster.makeTopic("t", partitions: 1)
        let configuration = try Kafka.configuration(cluster.servers)
        let producer = try KafkaProducer(configuration)
        try await producer.send(Kafka.records(0..<3, to: "t"), within: Kafka.patience)
        let consumer = try await KafkaConsumer.subscribe(
            to: ["t"], as: "g", from: .earliest, configuration, within: Kafka.patience)
        let message = try #require(try await consumer.message())
        cluster.fail(.offsetCommit, with: [code])
        await #expect(
            throws: KafkaError.partitionLost(KafkaPartition("t", 0), group: "g")
        ) {
            try await consumer.commit(message, within: Kafka.patience)
        }
        await consumer.close(within: Kafka.patience)
    }

    @Test func aMemberThatWaitsIsNotTakenForDead() async throws {
        let topic = try await SharedTopic(
            partitions: 1,
            [
                "max.poll.interval.ms": "6000", "session.timeout.ms": "6000",
                "heartbeat.interval.ms": "100",
            ])
        let consumer = try await topic.subscribe()
        guard case .assigned? = try await consumer.next() else {
            Issue.record("no assignment")
            return
        }
        let waiting = Task { try await consumer.next() }
        // The statistics of a second tell that the time has passed.
        try await ticking(topic, times: 8)
        try await topic.send(1..<2)
        guard case .message(let message)? = try await waiting.value else {
            Issue.record("not a message")
            return
        }
        try await consumer.commit(message, within: Kafka.patience)
        await consumer.close(within: Kafka.patience)
    }

    @Test func aMemberThatWasSilentForTooLongReadsOnAfterwards() async throws {
        let cluster = try MockCluster()
        let topic = try SharedTopic(
            cluster, partitions: 1,
            ["session.timeout.ms": "4000", "max.poll.interval.ms": "4000"])
        try await topic.send(0..<3)
        let logged = Mutex<[KafkaLog]>([])
        let consumer = try await KafkaConsumer.subscribe(
            to: [topic.topic], as: topic.group, from: .earliest, topic.configuration,
            within: Kafka.patience,
            observer: KafkaObserver(log: { line in logged.withLock { $0.append(line) } }))
        let first = try #require(try await consumer.message())
        // As one whose store is away: it works on its message and asks for no other.
        try await eventually { logged.withLock { $0.contains { $0.facility == "MAXPOLL" } } }
        await #expect(
            throws: KafkaError.partitionLost(first.position.partition, group: topic.group)
        ) {
            try await consumer.commit(first, within: Kafka.patience)
        }
        var (codes, texts): ([String], [String]) = ([], [])
        var isLost = false
        while texts.count < 3 {
            do {
                switch try await consumer.next() {
                case .message(let message)?:
                    if isLost { texts.append(Kafka.text(message.value)) }
                case .revoked(_, let wasLost)?: isLost = wasLost
                default: break
                }
            } catch KafkaError.failed(let fault) {
                codes.append(fault.code)
                #expect(fault.isRetriable && !fault.isFatal)
            }
        }
        #expect(texts == ["0", "1", "2"] && codes == ["_MAX_POLL_EXCEEDED"])
        await consumer.close(within: Kafka.patience)
    }

    /// Waits for as many seconds, by a client that tells of each.
    private func ticking(_ topic: SharedTopic, times: Int) async throws {
        let ticks = Atomic(0)
        let admin = try KafkaAdmin(
            topic.configuration,
            observer: KafkaObserver(
                statisticsInterval: .seconds(1),
                statistics: { _ in ticks.add(1, ordering: .relaxed) }))
        try await eventually { ticks.load(ordering: .relaxed) >= times }
        admin.close()
    }
}
