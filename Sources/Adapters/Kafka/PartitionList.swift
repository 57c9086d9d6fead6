import CRDKafka

/// The owner of librdkafka's list of partitions.
final class PartitionList {
    let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ partitions: some Sequence<KafkaPartition>) {
        list = rd_kafka_topic_partition_list_new(0)
        for partition in partitions { add(partition) }
    }

    init(offsets: some Sequence<KafkaOffset>) {
        list = rd_kafka_topic_partition_list_new(0)
        for offset in offsets { add(offset.partition).pointee.offset = offset.offset }
    }

    deinit { rd_kafka_topic_partition_list_destroy(list) }

    @discardableResult
    private func add(
        _ partition: KafkaPartition
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_t> {
        rd_kafka_topic_partition_list_add(list, partition.topic, partition.number)
    }

    var reports: [PartitionReport] { Self.reports(list) }

    static func reports(
        _ list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> [PartitionReport] {
        guard let list else { return [] }
        return (0..<Int(list.pointee.cnt)).map { index in
            let element = list.pointee.elems[index]
            return PartitionReport(
                partition: KafkaPartition(String(cString: element.topic), element.partition),
                offset: element.offset, code: element.err)
        }
    }
}
