import CRDKafka

/// A topic as the brokers describe it.
struct TopicMetadata: Sendable {
    var topic: String
    var partitions: [Int32]
    var code: rd_kafka_resp_err_t
}

/// Calls of librdkafka that block, each on a thread of its own. A limit that passes is the call's
/// own, too: no thread stays behind for long.
extension ClientHandle {
    /// The partitions of a topic; nothing without a topic, which only asks whether a broker
    /// answers.
    func metadata(of topic: String?, within limit: Duration) async throws -> TopicMetadata? {
        try await blocking(topic.map { "describe topic \($0)" } ?? "answer", within: limit) {
            client throws(LibraryError) in
            var answer: UnsafePointer<rd_kafka_metadata>?
            let handle = topic.map { rd_kafka_topic_new(client, $0, nil) } ?? nil
            defer { if let handle { rd_kafka_topic_destroy(handle) } }
            let code = rd_kafka_metadata(client, 0, handle, &answer, limit.milliseconds)
            try LibraryError.check(code)
            defer { rd_kafka_metadata_destroy(answer) }
            guard topic != nil, let content = answer?.pointee, content.topic_cnt > 0 else {
                return nil
            }
            let found = content.topics[0]
            return TopicMetadata(
                topic: String(cString: found.topic),
                partitions: (0..<Int(found.partition_cnt)).map { found.partitions[$0].id }.sorted(),
                code: found.err)
        }
    }

    /// The partitions of topics that are there.
    ///
    /// - Throws: `KafkaError.unknownTopic`.
    func partitions(of topics: [String], within limit: Duration) async throws -> [KafkaPartition] {
        var all: [KafkaPartition] = []
        for topic in topics {
            let metadata = try await metadata(of: topic, within: limit)
            guard let metadata, metadata.code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART else {
                throw KafkaError.unknownTopic(topic, servers: router.servers)
            }
            guard metadata.code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.failed(
                    KafkaFault(
                        metadata.code, action: "describe a topic", servers: router.servers,
                        topic: topic))
            }
            all += metadata.partitions.map { KafkaPartition(topic, $0) }
        }
        return all
    }

    /// The first offset of each partition, and the one after its last.
    func watermarks(
        of partitions: [KafkaPartition], within limit: Duration
    ) async throws -> [KafkaPartition: Range<Int64>] {
        try await blocking("tell where partitions begin and end", within: limit) {
            client throws(LibraryError) in
            var watermarks: [KafkaPartition: Range<Int64>] = [:]
            for partition in partitions {
                var (low, high): (Int64, Int64) = (0, 0)
                try LibraryError.check(
                    rd_kafka_query_watermark_offsets(
                        client, partition.topic, partition.number, &low, &high,
                        limit.milliseconds),
                    partition)
                watermarks[partition] = low..<max(low, high)
            }
            return watermarks
        }
    }

    /// What a consumer's group has committed, by partition.
    func committed(
        _ partitions: [KafkaPartition], within limit: Duration
    ) async throws -> [KafkaPartition: Int64] {
        try await blocking("tell committed offsets", within: limit) {
            client throws(LibraryError) in
            let list = PartitionList(partitions)
            try LibraryError.check(rd_kafka_committed(client, list.list, limit.milliseconds))
            return try CommittedOffsets.read(list.reports)
        }
    }

    private func blocking<Value: Sendable>(
        _ action: String, within limit: Duration,
        _ body: @escaping @Sendable (OpaquePointer) throws(LibraryError) -> Value
    ) async throws -> Value {
        let late = KafkaError.timedOut(action: action, servers: router.servers, limit: limit)
        do {
            return try await offThePool(within: limit, else: late) { try body(self.client) }
        } catch let error as LibraryError {
            guard error.code != RD_KAFKA_RESP_ERR__TIMED_OUT else { throw late }
            throw KafkaError.failed(
                KafkaFault(
                    error.code, action: action, servers: router.servers,
                    topic: error.partition?.topic, partition: error.partition?.number))
        }
    }
}

/// What a call of librdkafka gave instead of an answer.
struct LibraryError: Error {
    var code: rd_kafka_resp_err_t
    var partition: KafkaPartition?

    static func check(
        _ code: rd_kafka_resp_err_t, _ partition: KafkaPartition? = nil
    ) throws(LibraryError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw LibraryError(code: code, partition: partition)
        }
    }
}

enum CommittedOffsets {
    /// Partitions without a committed offset are left out.
    static func read(
        _ reports: [PartitionReport]
    ) throws(LibraryError) -> [KafkaPartition: Int64] {
        var offsets: [KafkaPartition: Int64] = [:]
        for report in reports {
            try LibraryError.check(report.code, report.partition)
            if report.offset >= 0 { offsets[report.partition] = report.offset }
        }
        return offsets
    }
}
