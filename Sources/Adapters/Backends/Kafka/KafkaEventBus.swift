import Kafka
package import Ports
import Synchronization

/// The event bus in Kafka, or in Redpanda: partitions by key, groups whose members come and go.
package final class KafkaEventBus: Sendable {
    package struct Options: Sendable {
        /// Partitions of a topic that this program makes.
        package var partitions = Topic.defaultPartitions
        /// `nil` takes the brokers' default.
        package var retentionHours: Int?
        /// How long brokers may take to acknowledge what is published.
        package var publishLimit = Duration.seconds(30)
        /// How long any other question may take.
        package var questionLimit = Duration.seconds(10)
        /// How long the producer may take to deliver what it still has: less than a shutdown has,
        /// also when the brokers do not answer.
        package var closeLimit = Duration.seconds(4)
        /// How long a member may take to leave its group: services stop one after the other, each
        /// with a member of its own, and cancelled ones have a second for all of it.
        package var leaveLimit = Duration.milliseconds(800)
        /// How often clients tell what they count, as gauges; zero: never.
        package var statisticsInterval = Duration.seconds(5)

        package init() {}
    }

    private struct State {
        var producer: KafkaProducer?
        /// Topics that are known to be there.
        var topics: Set<Topic> = []
        var isClosed = false
    }

    private let configuration: KafkaConfiguration
    private let options: Options
    /// Hears of faults that pass by themselves.
    private let report: @Sendable (String) -> Void
    private let admin: KafkaAdmin
    private let state = Mutex(State())

    /// - Parameters:
    ///   - brokers: `host:port,…`
    ///   - environment: of which every `KAFKA_<PROPERTY>` is a property of librdkafka.
    ///   - report: hears of faults that pass by themselves, and of librdkafka's warnings.
    /// - Throws: `EventBusError.misconfigured` for properties that librdkafka does not take.
    package init(
        brokers: String, environment: [String: String] = [:], options: Options = Options(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(EventBusError) {
        self.options = options
        self.report = report
        do {
            var configuration = try KafkaConfiguration(servers: brokers)
            // A message that expired in the queue would let later ones of its key overtake it.
            try configuration.set("delivery.timeout.ms", "0")
            try configuration.set("linger.ms", "0")
            self.configuration = try configuration.adding(environment)
            admin = try KafkaAdmin(self.configuration, observer: Self.quietObserver(report))
        } catch {
            throw EventBusError(error, brokers)
        }
    }

    private static func quietObserver(
        _ report: @escaping @Sendable (String) -> Void
    ) -> KafkaObserver {
        KafkaObserver(log: { line in
            if line.level <= 4 { report("\(line.facility): \(line.message)") }
        })
    }

    /// - Parameter role: of the client, in its gauges.
    private func observer(_ role: String) -> KafkaObserver {
        var observer = Self.quietObserver(report)
        let gauges = KafkaGauges(role: role)
        observer.statisticsInterval = options.statisticsInterval
        observer.statistics = { gauges.record($0) }
        return observer
    }

    /// Waits for what was published, as long as `closeLimit`; later calls fail.
    package func close() async {
        let producer = state.withLock { state in
            state.isClosed = true
            defer { state.producer = nil }
            return state.producer
        }
        try? await producer?.close(within: options.closeLimit)
        admin.close()
    }
}

// MARK: - Event bus

extension KafkaEventBus: EventBus {
    @discardableResult
    package func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        guard !messages.isEmpty else { return [] }
        let topics = Set(messages.map(\.topic))
        try await make(topics)
        let producer = try await translating { try self.producer() }
        do {
            let offsets = try await producer.send(
                messages.map(KafkaRecord.init), within: options.publishLimit)
            return zip(messages, offsets).map { message, offset in
                LoggedEvent(
                    message: message, partition: offset.partition.number, offset: offset.offset)
            }
        } catch let error as KafkaError {
            forget(topics, after: error)
            retire(producer, after: error)
            throw EventBusError(error, configuration.servers)
        } catch {
            retire(producer, after: nil)
            throw error
        }
    }

    package func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        try await translating {
            try await make(Set(topics))
            let consumer = try await KafkaConsumer.subscribe(
                to: topics.map(\.name), as: group.name, from: KafkaStart(start), configuration,
                within: options.questionLimit, observer: observer(group.name))
            return KafkaSubscription(
                consumer, group: group, commitLimit: options.questionLimit,
                leaveLimit: options.leaveLimit, report: report)
        }
    }

    package func tap(
        _ topic: Topic, from start: StartingOffset
    ) async throws -> any EventReading {
        try await translating {
            try await make([topic])
            let reader = try await KafkaReader.open(
                topic.name, from: start == .earliest ? .earliest : .latest, configuration,
                within: options.questionLimit, observer: Self.quietObserver(report))
            return KafkaTap(reader, leaveLimit: options.leaveLimit, report: report)
        }
    }

    package func snapshot(of topic: Topic) async throws -> any EventReading {
        try await snapshot(of: topic, from: .earliest)
    }

    package func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading {
        // Of one from which nothing was read, nobody knows whether anything was removed.
        try await snapshot(
            of: topic, from: .offsets(offsets.mapValues { max(0, $0 + 1) })
        ) { (offsets[$0.number] ?? EventStep.beforeFirst) >= 0 }
    }

    private func snapshot(
        of topic: Topic, from start: KafkaReader.Start,
        wasRead: (KafkaPartition) -> Bool = { _ in false }
    ) async throws -> any EventReading {
        try await translating { () async throws -> any EventReading in
            do {
                let reader = try await KafkaReader.open(
                    topic.name, from: start, configuration, within: options.questionLimit,
                    observer: Self.quietObserver(report))
                KafkaGauges.count(removed: reader.removed.filter { wasRead($0.key) }, report)
                return KafkaTap(
                    reader, isSnapshot: true, leaveLimit: options.leaveLimit, report: report)
            } catch KafkaError.unknownTopic {
                return NothingToRead()
            }
        }
    }

    package func committed(
        _ topic: Topic, by group: ConsumerGroup
    ) async throws -> [Int32: Int64] {
        try await translating {
            do {
                // Kafka keeps what is to be read next.
                return try await admin.committedOffsets(
                    of: group.name, in: topic.name, within: options.questionLimit
                ).mapValues { $0 - 1 }
            } catch KafkaError.unknownTopic {
                return [:]
            }
        }
    }

    package func ping() async throws {
        try await translating { try await admin.ping(within: options.questionLimit) }
    }

    private func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as KafkaError {
            throw EventBusError(error, configuration.servers)
        }
    }
}

// MARK: - Topics and producers

extension KafkaEventBus {
    /// Makes topics that are not there yet, as it is done at the latest when they are used.
    package func prepare(_ topics: [Topic]) async throws { try await make(Set(topics)) }

    /// Makes topics that are not there; those that are stay as they are, also for whoever may not
    /// make any.
    private func make(_ topics: Set<Topic>) async throws {
        let unknown = state.withLock { topics.subtracting($0.topics) }
        guard !unknown.isEmpty else { return }
        try await translating {
            var missing: [Topic] = []
            for topic in unknown where try await !isThere(topic, attempts: 1) {
                missing.append(topic)
            }
            try await admin.createTopics(missing.map(description), within: options.questionLimit)
            for topic in missing
            where try await !isThere(topic, attempts: Self.appearAttempts) {
                throw KafkaError.unknownTopic(topic.name, servers: configuration.servers)
            }
        }
        state.withLock { $0.topics.formUnion(unknown) }
    }

    private func description(_ topic: Topic) -> KafkaTopic {
        let retention = options.retentionHours.map { "\(Int64($0) * 3_600_000)" }
        return KafkaTopic(
            topic.name, partitions: options.partitions,
            properties: retention.map { ["retention.ms": $0] } ?? [:])
    }

    /// Looks for a new topic this often, with a pause of `appearPause` in between.
    private static let appearAttempts = 100
    private static let appearPause = Duration.milliseconds(50)

    /// Whether a topic is there, after so many looks: brokers learn of a new topic one after the
    /// other. Until its partitions have leaders it is waited for.
    private func isThere(_ topic: Topic, attempts: Int) async throws -> Bool {
        var attempt = 0
        while true {
            attempt += 1
            do {
                _ = try await admin.partitions(of: topic.name, within: options.questionLimit)
                return true
            } catch KafkaError.unknownTopic {
                if attempt >= attempts { return false }
            } catch KafkaError.failed(let fault)
                where fault.topic != nil && fault.isRetriable && attempt < Self.appearAttempts
            {
                // Looked for again, as one that nobody knows. Brokers that are away are no answer
                // about the topic, and took the question's whole time: the caller hears of that.
            }
            try await Task.sleep(for: Self.appearPause)
        }
    }

    private func producer() throws -> KafkaProducer {
        try state.withLock { state in
            guard !state.isClosed else {
                throw KafkaError.closed(servers: configuration.servers)
            }
            if let producer = state.producer { return producer }
            let producer = try KafkaProducer(configuration, observer: observer("producer"))
            state.producer = producer
            return producer
        }
    }

    /// What vanished is looked for by the next call, and made again. Of a topic that vanished under
    /// records in the queue nothing may be heard in time.
    private func forget(_ topics: Set<Topic>, after error: KafkaError) {
        guard Self.isSpent(after: error) else { return }
        state.withLock { $0.topics.subtract(topics) }
    }

    /// Whether a call left records in the queue, or the producer can do nothing more. One that
    /// knows that a topic is not there would go on knowing it.
    private static func isSpent(after error: KafkaError?) -> Bool {
        switch error {
        case nil, .timedOut: true
        case let error?: error.isFatal || error.isOfLostTopic
        }
    }

    /// What a producer still has in its queue after a failure will be published again: it must not
    /// come twice because it is in two queues.
    private func retire(_ producer: KafkaProducer, after error: KafkaError?) {
        guard Self.isSpent(after: error) else { return }
        let isCurrent = state.withLock { state in
            guard state.producer === producer else { return false }
            state.producer = nil
            return true
        }
        guard isCurrent else { return }
        Task { try? await producer.close(within: .zero) }
    }
}

extension KafkaError {
    /// Whether records were not delivered because their topic is not there.
    fileprivate var isOfLostTopic: Bool {
        guard case .undelivered(let losses) = self else { return false }
        return losses.failures.values.contains(where: \.isOfLostTopic)
    }
}

extension EventBusError {
    init(_ error: KafkaError, _ servers: String) {
        if case .undelivered(let losses) = error {
            let refused = losses.failures.filter(\.value.isOfRecord)
            // What comes before a refusal counts as published: when it is not, all of it is tried
            // again first.
            if let first = refused.keys.min(), first == losses.failures.keys.min() {
                self = .refused(refused.mapValues(\.description))
                return
            }
        }
        switch error {
        case .badProperty, .unusable: self = .misconfigured("\(error)")
        default: self = .unavailable(location: "Kafka at \(servers)", detail: "\(error)")
        }
    }
}
