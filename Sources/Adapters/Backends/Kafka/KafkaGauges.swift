import CoreMetrics
import Kafka
import Synchronization

/// What librdkafka counts of one client, as gauges of the process.
///
/// A partition that went to another member has no lag here any more: its gauge says 0, and the
/// member that has it tells the rest.
final class KafkaGauges: Sendable {
    private let role: String
    private let partitions = Mutex<Set<KafkaPartition>>([])

    /// - Parameter role: `producer`, or the name of a consumer group.
    init(role: String) {
        self.role = role
    }

    func record(_ statistics: KafkaStatistics) {
        let client = [("client", role)]
        gauge("kafka_queued_messages", client, Double(statistics.queuedMessages))
        gauge("kafka_queued_bytes", client, Double(statistics.queuedBytes))
        gauge("kafka_messages_sent", client, Double(statistics.sentMessages))
        gauge("kafka_messages_received", client, Double(statistics.receivedMessages))
        for broker in statistics.brokers {
            let labels = client + [("broker", broker.name)]
            gauge("kafka_broker_up", labels, broker.state == "UP" ? 1 : 0)
            gauge("kafka_broker_disconnects", labels, Double(broker.disconnects))
            gauge(
                "kafka_broker_round_trip_p99_seconds", labels,
                Double(broker.roundTrip.percentile99) / 1e6)
        }
        let gone = partitions.withLock { known in
            defer { known = Set(statistics.lag.keys) }
            return known.subtracting(statistics.lag.keys)
        }
        for partition in gone { lag(partition, 0) }
        for (partition, messages) in statistics.lag { lag(partition, messages) }
    }

    /// Tells of what is to be read and was removed.
    static func count(removed: [KafkaPartition: Range<Int64>], _ report: (String) -> Void) {
        for (partition, offsets) in removed {
            Counter(label: "events_removed_unread_total", dimensions: [("topic", partition.topic)])
                .increment(by: offsets.count)
            report(
                "topic \(partition.topic), partition \(partition.number): offsets "
                    + "\(offsets.lowerBound) to \(offsets.upperBound - 1) were to be read and are "
                    + "removed: what follows them is read. Keep events longer")
        }
    }

    private func lag(_ partition: KafkaPartition, _ messages: Int64) {
        let labels = [
            ("consumergroup", role), ("topic", partition.topic),
            ("partition", "\(partition.number)"),
        ]
        gauge("kafka_consumergroup_lag", labels, Double(messages))
    }

    private func gauge(_ name: String, _ labels: [(String, String)], _ value: Double) {
        Gauge(label: name, dimensions: labels).record(value)
    }
}
