import CRDKafka
import Foundation

/// librdkafka's own broker for tests, in a process of its own: it keeps everything in memory, and
/// holds an empty Fetch back for as long as its client asked (`fetch.wait.max.ms`), whatever comes
/// meanwhile.
enum MockBroker {
    private static let topics = [
        "market-bars", "market-bars.dlq", "regime-change", "regime-change.dlq", "order-filled",
        "order-filled.dlq",
    ]
    private static let partitions: Int32 = 6

    /// Prints its address, and serves until the process is ended.
    static func run() async throws {
        let parameters = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(parameters) { _, _, _, _ in }
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, parameters, nil, 0),
            let cluster = rd_kafka_mock_cluster_new(client, 1)
        else { throw Refusal(reason: "no broker could be made") }
        // It makes no topics for those who ask.
        for topic in topics { rd_kafka_mock_topic_create(cluster, topic, partitions, 1) }
        Output.text(String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) + "\n")
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }
}
