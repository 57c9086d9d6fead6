/// Which offsets are committed: positions only move on.
struct CommitPlan {
    /// By partition, what the broker has acknowledged under the present assignment.
    private var acknowledged: [KafkaPartition: Int64] = [:]
    /// The same of what was asked of it.
    private var requested: [KafkaPartition: Int64] = [:]

    /// The offsets to ask for so that these messages are committed; those that already are, are
    /// left out. Of two requests under way the one that arrives last must not be the lower one:
    /// hence what was asked for before is asked again.
    mutating func request(_ messages: [KafkaMessage]) -> [KafkaOffset] {
        var wanted: [KafkaPartition: Int64] = [:]
        for message in messages {
            let partition = message.position.partition
            guard message.offset + 1 > acknowledged[partition] ?? 0 else { continue }
            let highest = max(requested[partition] ?? 0, message.offset + 1)
            requested[partition] = highest
            wanted[partition] = highest
        }
        return wanted.map { KafkaOffset($0.key, $0.value) }
    }

    mutating func acknowledge(_ offsets: [KafkaOffset]) {
        for offset in offsets where requested[offset.partition] != nil {
            acknowledged[offset.partition] = max(
                acknowledged[offset.partition] ?? 0, offset.offset)
        }
    }

    mutating func forget(_ partitions: some Sequence<KafkaPartition>) {
        for partition in partitions {
            acknowledged[partition] = nil
            requested[partition] = nil
        }
    }
}
