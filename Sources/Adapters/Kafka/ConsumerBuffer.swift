/// What a consumer may be handed next.
enum ConsumerItem: Equatable, Sendable {
    case message(KafkaMessage)
    case assigned([KafkaPartition])
    case revoked([KafkaPartition], isLost: Bool)
    /// A reader has read a partition to where it ended.
    case end(KafkaPartition)
}

/// What a consumer has been told and its owner has not yet taken: the decisions, without a client.
struct ConsumerBuffer {
    private var items: [ConsumerItem] = []
    /// Items before it are taken.
    private var start = 0
    /// By partition, when it was assigned.
    private(set) var epochs: [KafkaPartition: Int] = [:]
    private var paused: Set<KafkaPartition> = []
    private var lastEpoch = 0

    var count: Int { items.count - start }

    mutating func assign(_ partitions: [KafkaPartition]) {
        guard !partitions.isEmpty else { return }
        lastEpoch += 1
        for partition in partitions { epochs[partition] = lastEpoch }
        items.append(.assigned(partitions))
    }

    /// Partitions that no group has assigned.
    mutating func begin(_ partitions: [KafkaPartition]) {
        for partition in partitions { epochs[partition] = lastEpoch }
    }

    /// Messages that lie here are another's to handle.
    ///
    /// - Returns: those of the partitions that were paused, and are no more.
    @discardableResult
    mutating func revoke(_ partitions: [KafkaPartition], isLost: Bool) -> Set<KafkaPartition> {
        let gone = partitions.filter { epochs.removeValue(forKey: $0) != nil }
        guard !gone.isEmpty else { return [] }
        let resumed = paused.intersection(gone)
        paused.subtract(gone)
        items.removeFirst(start)
        start = 0
        items.removeAll { item in
            guard case .message(let message) = item else { return false }
            return epochs[message.position.partition] == nil
        }
        items.append(.revoked(gone, isLost: isLost))
        return resumed
    }

    /// A message of a partition that is not assigned any more is dropped.
    mutating func append(_ position: KafkaOffset, _ message: (_ epoch: Int) -> KafkaMessage) {
        guard let epoch = epochs[position.partition] else { return }
        items.append(.message(message(epoch)))
    }

    mutating func end(_ partition: KafkaPartition) { items.append(.end(partition)) }

    mutating func pause(_ partitions: Set<KafkaPartition>) {
        paused.formUnion(partitions.filter { epochs[$0] != nil })
    }

    mutating func resume(_ partitions: Set<KafkaPartition>) { paused.subtract(partitions) }

    /// The next item; messages of paused partitions stay.
    mutating func take() -> ConsumerItem? {
        guard let index = items.indices[start...].first(where: { !isHeld(items[$0]) }) else {
            return nil
        }
        let item = items[index]
        guard index == start else {
            items.remove(at: index)
            return item
        }
        start += 1
        if start == items.count || start > 1_024 {
            items.removeFirst(start)
            start = 0
        }
        return item
    }

    /// An item that was taken for somebody who left.
    mutating func putBack(_ item: ConsumerItem) {
        if case .message(let message) = item, epochs[message.position.partition] != message.epoch {
            return
        }
        items.insert(item, at: start)
    }

    private func isHeld(_ item: ConsumerItem) -> Bool {
        guard !paused.isEmpty, case .message(let message) = item else { return false }
        return paused.contains(message.position.partition)
    }
}
