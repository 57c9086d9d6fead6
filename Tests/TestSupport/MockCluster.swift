package import CRDKafka

/// librdkafka's brokers within this process, that fail as they are told: they keep no transactions
/// and make no topics for clients that ask.
package final class MockCluster: Sendable {
    package struct Failure: Error {}

    /// Requests by their numbers in Kafka's protocol.
    package enum Request: Int16 {
        case produce = 0
        case fetch = 1
        case offsetCommit = 8
        case heartbeat = 12
    }

    /// Called from several tasks, as librdkafka allows.
    private struct Pointers: @unchecked Sendable {
        let client: OpaquePointer
        let cluster: OpaquePointer
    }

    private let pointers: Pointers
    package let servers: String

    package init(brokers: Int32 = 1) throws {
        let parameters = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(parameters) { _, _, _, _ in }
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, parameters, nil, 0) else {
            rd_kafka_conf_destroy(parameters)
            throw Failure()
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            throw Failure()
        }
        pointers = Pointers(client: client, cluster: cluster)
        servers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(pointers.cluster)
        rd_kafka_destroy(pointers.client)
    }

    /// Stands between clients and a cluster of one broker.
    package func proxy() throws -> FaultProxy {
        guard let port = servers.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Failure()
        }
        return try FaultProxy(toKafka: port)
    }

    package func makeTopic(_ name: String, partitions: Int32) {
        rd_kafka_mock_topic_create(pointers.cluster, name, partitions, 1)
    }

    /// The next requests of a kind get these answers.
    package func fail(_ request: Request, with codes: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(
            pointers.cluster, request.rawValue, codes.count, codes)
    }

    /// What clients are told of a topic; `RD_KAFKA_RESP_ERR_NO_ERROR` where it is.
    package func setError(_ code: rd_kafka_resp_err_t, of topic: String) {
        rd_kafka_mock_topic_set_error(pointers.cluster, topic, code)
    }

    package func setRoundTrip(milliseconds: Int32) {
        rd_kafka_mock_broker_set_rtt(pointers.cluster, -1, milliseconds)
    }

    package func takeDown() { rd_kafka_mock_broker_set_down(pointers.cluster, -1) }

    package func bringUp() { rd_kafka_mock_broker_set_up(pointers.cluster, -1) }
}
