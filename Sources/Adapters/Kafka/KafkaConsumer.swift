import CRDKafka

/// Where a group, or a reader, begins that has no stored offset.
package enum KafkaStart: Equatable, Sendable {
    case earliest
    case latest
}

/// What a member of a group reads, in order.
package enum KafkaConsumerEvent: Equatable, Sendable {
    case message(KafkaMessage)
    /// These partitions are the member's from now on; their messages follow.
    case assigned([KafkaPartition])
    /// These are the member's no more: none of their messages follows, and none can be committed.
    /// - isLost: another member may have read them already.
    case revoked([KafkaPartition], isLost: Bool)
}

/// One member of a consumer group. It pulls: `next` asks librdkafka once, and what nobody asks for
/// stays in a bounded buffer.
///
/// Nothing is committed but by `commit`, after the effect: what was not committed is delivered
/// again, to this member's heir. A member that asks for nothing during `max.poll.interval.ms` loses
/// its partitions, as any of Kafka's clients does; one that waits in `next` does not.
package final class KafkaConsumer: Sendable {
    package struct Limits: Sendable {
        /// Messages that librdkafka fetches ahead, for all partitions together.
        package var prefetchedKilobytes = 16_384

        package init() {}
    }

    package let group: String
    package let servers: String
    private let core: ConsumerCore

    private init(_ core: ConsumerCore, _ group: String) {
        self.core = core
        self.group = group
        servers = core.router.servers
    }

    deinit { core.close() }

    /// Joins a group.
    ///
    /// Partitions for which the group has no offset yet get one at once, at `start`: nothing that
    /// is published from then on is skipped by whoever reads them later. Partitions that are added
    /// later are read from their beginning.
    ///
    /// - Parameter limit: bounds each question to the brokers; joining goes on afterwards, and its
    ///   end is the first `KafkaConsumerEvent.assigned`.
    /// - Throws: `KafkaError.unknownTopic`, `unusable`, `failed`, `timedOut`; `CancellationError`.
    package static func subscribe(
        to topics: [String], as group: String, from start: KafkaStart,
        _ configuration: KafkaConfiguration, _ limits: Limits = Limits(), within limit: Duration,
        observer: KafkaObserver = KafkaObserver()
    ) async throws -> KafkaConsumer {
        let core = try ConsumerCore(
            configuration, observer, group: group, prefetchedKilobytes: limits.prefetchedKilobytes,
            fixed: ["auto.offset.reset": "earliest", "enable.partition.eof": "false"])
        let consumer = KafkaConsumer(core, group)
        try await core.storeStart(of: topics, at: start, within: limit)
        try core.subscribe(to: topics)
        return consumer
    }

    /// What comes next; waits until there is something. `nil` once closed. One task at a time.
    ///
    /// - Throws: `KafkaError.failed`: unless it is fatal, the next call goes on; `busy`;
    ///   `CancellationError`, and nothing is lost then.
    package func next() async throws -> KafkaConsumerEvent? {
        while let event = try await core.next() {
            switch event {
            case .message(let message): return .message(message)
            case .assigned(let partitions): return .assigned(partitions)
            case .revoked(let partitions, let isLost):
                return .revoked(partitions, isLost: isLost)
            case .end: continue
            }
        }
        return nil
    }

    /// Stores the position after messages whose effects are done; the broker has it on return.
    ///
    /// Positions only move on: what lies before a committed message is committed with it.
    ///
    /// - Throws: `KafkaError.partitionLost`, `failed`, `timedOut`, `closed`; `CancellationError`.
    package func commit(_ messages: [KafkaMessage], within limit: Duration) async throws {
        try await core.commit(messages, within: limit)
    }

    package func commit(_ message: KafkaMessage, within limit: Duration) async throws {
        try await commit([message], within: limit)
    }

    /// The partitions of the last `assigned` that are not revoked.
    package var assignment: Set<KafkaPartition> { core.assignment }

    /// Messages of these partitions stay where they are until `resume`. A revocation resumes.
    ///
    /// - Throws: `KafkaError.closed`.
    package func pause(_ partitions: Set<KafkaPartition>) throws {
        try core.pause(partitions)
    }

    /// What follows a message in its partition stays where it is until `resume`, unless the
    /// partition was revoked since the message was handed out.
    ///
    /// - Throws: `KafkaError.closed`.
    package func pause(after message: KafkaMessage) throws {
        try core.pause(after: message)
    }

    package func resume(_ partitions: Set<KafkaPartition>) throws {
        try core.resume(partitions)
    }

    /// Leaves the group, so that others take over at once. When that takes longer than the limit,
    /// it goes on by itself. Safe to call again, and in a cancelled task.
    package func close(within limit: Duration) async {
        core.close()
        await core.left(within: limit)
    }
}
