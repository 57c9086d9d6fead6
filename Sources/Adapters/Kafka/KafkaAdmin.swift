import CRDKafka

/// A topic as it is to be made.
package struct KafkaTopic: Equatable, Sendable {
    package var name: String
    package var partitions: Int32
    /// `nil` takes the brokers' default.
    package var replicas: Int32?
    /// Kafka's topic properties, as `retention.ms` and `cleanup.policy`.
    package var properties: [String: String]

    package init(
        _ name: String, partitions: Int32, replicas: Int32? = nil,
        properties: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replicas = replicas
        self.properties = properties
    }
}

/// Makes topics and tells of them and of groups.
package final class KafkaAdmin: Sendable {
    package let servers: String
    private let slot: HandleSlot
    private let router: EventRouter

    /// - Throws: `KafkaError.unusable`. Brokers that are not there are no error here: see `ping`.
    package init(
        _ configuration: KafkaConfiguration, observer: KafkaObserver = KafkaObserver()
    ) throws(KafkaError) {
        servers = configuration.servers
        router = EventRouter(configuration, observer)
        // A producer's questions would make topics where brokers make what they are asked about.
        slot = HandleSlot(
            try ClientHandle(
                .consumer, configuration, router: router, defaults: [:], fixed: [:]))
    }

    /// Throws when no broker answers in time.
    package func ping(within limit: Duration) async throws {
        _ = try await slot.handle(servers).metadata(of: nil, within: limit)
    }

    /// Makes topics, each of them or none that is refused; one that is there stays as it is.
    ///
    /// - Throws: `KafkaError.unsendable`, `failed` with the first that was refused, `timedOut`,
    ///   `closed`; `CancellationError`.
    package func createTopics(_ topics: [KafkaTopic], within limit: Duration) async throws {
        guard !topics.isEmpty else { return }
        let handle = try slot.handle(servers)
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics { requests.append(try Self.request(topic)) }
        let options = rd_kafka_AdminOptions_new(handle.client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, limit.milliseconds, nil, 0)
        rd_kafka_AdminOptions_set_operation_timeout(options, limit.milliseconds, nil, 0)
        let action = "create a topic"
        let reply = try await router.ask(action, within: limit) { request in
            rd_kafka_AdminOptions_set_opaque(options, request)
            rd_kafka_CreateTopics(
                handle.client, &requests, requests.count, options, handle.events)
        }
        try refuseFailure(of: reply, action)
        for report in reply.topics
        where report.code != RD_KAFKA_RESP_ERR_NO_ERROR
            && report.code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
        {
            throw KafkaError.failed(
                KafkaFault(
                    report.code, message: report.message, action: action, servers: servers,
                    topic: report.topic))
        }
    }

    private static func request(_ topic: KafkaTopic) throws(KafkaError) -> OpaquePointer? {
        var message = [CChar](repeating: 0, count: 256)
        let request = rd_kafka_NewTopic_new(
            topic.name, topic.partitions, topic.replicas ?? -1, &message, message.count)
        guard let request else {
            throw KafkaError.unsendable(
                reason: "topic \(topic.name): \(KafkaProperty.text(message))")
        }
        for (name, value) in topic.properties.sorted(by: { $0.key < $1.key }) {
            rd_kafka_NewTopic_set_config(request, name, value)
        }
        return request
    }

    /// The partitions of a topic.
    ///
    /// - Throws: `KafkaError.unknownTopic`, `failed`, `timedOut`, `closed`; `CancellationError`.
    package func partitions(of topic: String, within limit: Duration) async throws -> [Int32] {
        try await slot.handle(servers).partitions(of: [topic], within: limit).map(\.number)
    }

    /// By partition the first offset that is there, and the one that the next record will get.
    package func watermarks(
        of topic: String, within limit: Duration
    ) async throws -> [Int32: Range<Int64>] {
        let handle = try slot.handle(servers)
        let partitions = try await handle.partitions(of: [topic], within: limit)
        let watermarks = try await handle.watermarks(of: partitions, within: limit)
        return Dictionary(
            uniqueKeysWithValues: watermarks.map { ($0.key.number, $0.value) })
    }

    /// What a group has committed, by partition; partitions without a committed offset are left
    /// out.
    package func committedOffsets(
        of group: String, in topic: String, within limit: Duration
    ) async throws -> [Int32: Int64] {
        let handle = try slot.handle(servers)
        let partitions = try await handle.partitions(of: [topic], within: limit)
        let reply = try await committed(partitions, by: group, handle, within: limit)
        let offsets = try reply.partitions.compactMap { report -> (Int32, Int64)? in
            guard report.code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.failed(
                    KafkaFault(
                        report.code, action: "tell committed offsets", servers: servers,
                        topic: topic, partition: report.partition.number))
            }
            return report.offset >= 0 ? (report.partition.number, report.offset) : nil
        }
        return Dictionary(offsets) { $1 }
    }

    /// How many messages a group has yet to handle, by partition; for one without a committed
    /// offset, all of them.
    package func lag(
        of group: String, in topic: String, within limit: Duration
    ) async throws -> [Int32: Int64] {
        let committed = try await committedOffsets(of: group, in: topic, within: limit)
        let watermarks = try await watermarks(of: topic, within: limit)
        return Dictionary(
            uniqueKeysWithValues: watermarks.map { partition, offsets in
                let position = max(committed[partition] ?? 0, offsets.lowerBound)
                return (partition, max(0, offsets.upperBound - position))
            })
    }

    private func committed(
        _ partitions: [KafkaPartition], by group: String, _ handle: ClientHandle,
        within limit: Duration
    ) async throws -> EventReply {
        let list = PartitionList(partitions)
        var request = rd_kafka_ListConsumerGroupOffsets_new(group, list.list)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let options = rd_kafka_AdminOptions_new(
            handle.client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, limit.milliseconds, nil, 0)
        let action = "tell committed offsets"
        let reply = try await router.ask(action, within: limit) { number in
            rd_kafka_AdminOptions_set_opaque(options, number)
            rd_kafka_ListConsumerGroupOffsets(handle.client, &request, 1, options, handle.events)
        }
        try refuseFailure(of: reply, action)
        return reply
    }

    private func refuseFailure(of reply: EventReply, _ action: String) throws(KafkaError) {
        guard reply.code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError.failed(
                KafkaFault(
                    reply.code, message: reply.message.map(router.redacted), action: action,
                    servers: servers))
        }
    }

    /// Safe to call again; the client ends once nothing that it was asked is under way.
    package func close() {
        _ = slot.empty()
    }
}
