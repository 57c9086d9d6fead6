/// A partition of a topic.
package struct KafkaPartition: Hashable, Sendable {
    package var topic: String
    package var number: Int32

    package init(_ topic: String, _ number: Int32) {
        self.topic = topic
        self.number = number
    }
}

extension KafkaPartition: CustomStringConvertible {
    package var description: String { "\(topic)[\(number)]" }
}

/// A place in a partition.
package struct KafkaOffset: Hashable, Sendable {
    /// The broker had written the record before and did not say again where.
    package static let unknown: Int64 = -1

    package var partition: KafkaPartition
    package var offset: Int64

    package init(_ partition: KafkaPartition, _ offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}

/// A header; names may occur several times, and their order is kept.
package struct KafkaHeader: Hashable, Sendable {
    package var name: String
    /// Kafka tells an empty value from none.
    package var value: [UInt8]?

    package init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

/// What is to be appended to a topic.
package struct KafkaRecord: Equatable, Sendable {
    package var topic: String
    /// Records of one key go to one partition and keep their order; those without a key are
    /// spread.
    package var key: [UInt8]?
    /// `nil` is a tombstone: compaction deletes its key.
    package var value: [UInt8]?
    package var headers: [KafkaHeader]
    /// `nil` lets the key decide.
    package var partition: Int32?
    /// Milliseconds since 1970-01-01 00:00 UTC; `nil` takes the time of sending.
    package var timestampMilliseconds: Int64?

    package init(
        topic: String, key: [UInt8]? = nil, value: [UInt8]?, headers: [KafkaHeader] = [],
        partition: Int32? = nil, timestampMilliseconds: Int64? = nil
    ) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
        self.partition = partition
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// A record as it lies in the log.
package struct KafkaMessage: Equatable, Sendable {
    package let position: KafkaOffset
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [KafkaHeader]
    /// Milliseconds since 1970-01-01 00:00 UTC; `nil` when the topic keeps no times.
    package let timestampMilliseconds: Int64?
    /// The assignment under which it was read: a commit under a later one is refused.
    let epoch: Int

    package var topic: String { position.partition.topic }
    package var partition: Int32 { position.partition.number }
    package var offset: Int64 { position.offset }
}
