import CRDKafka

extension KafkaFault {
    /// Errors that pass without anyone changing anything.
    private static let passing: Set<Int32> = [
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
        RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD,
        RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
        RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__RETRY,
        RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
        RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
        RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
        // A producer was given up with its queue, and a new one may do better.
        RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
    ].reduce(into: []) { $0.insert($1.rawValue) }

    /// Errors that the record brings upon itself, whoever sends it and whenever.
    private static let ofRecords: Set<Int32> = [
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
        RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
        RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
    ].reduce(into: []) { $0.insert($1.rawValue) }

    /// The topic is not there, as librdkafka and as brokers say it; records choose no partitions
    /// themselves, so that one that is unknown went with its topic.
    private static let ofLostTopics = Set(
        [
            RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
        ].map { String(cString: rd_kafka_err2name($0)) })

    /// The topic is not there, or not any more.
    package var isOfLostTopic: Bool { Self.ofLostTopics.contains(code) }

    /// - Parameter message: librdkafka's; what it says of the code when there is none.
    init(
        _ code: rd_kafka_resp_err_t, message: String? = nil, action: String, servers: String,
        topic: String? = nil, partition: Int32? = nil
    ) {
        self.init(
            code: String(cString: rd_kafka_err2name(code)),
            message: message ?? String(cString: rd_kafka_err2str(code)),
            action: action, servers: servers, topic: topic, partition: partition,
            isRetriable: Self.passing.contains(code.rawValue),
            isOfRecord: Self.ofRecords.contains(code.rawValue),
            isFatal: code == RD_KAFKA_RESP_ERR__FATAL)
    }

    /// - Parameter error: whose owner this becomes.
    init(
        owning error: OpaquePointer, action: String, servers: String, topic: String? = nil
    ) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            rd_kafka_error_code(error), message: String(cString: rd_kafka_error_string(error)),
            action: action, servers: servers, topic: topic)
        isRetriable = isRetriable || rd_kafka_error_is_retriable(error) != 0
        isFatal = isFatal || rd_kafka_error_is_fatal(error) != 0
    }
}
