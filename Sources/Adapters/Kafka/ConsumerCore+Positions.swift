import CRDKafka
import Synchronization

extension ConsumerCore {
    /// How long a group that is rebalancing is let alone before it is asked again.
    static let pause = Duration.milliseconds(50)

    // MARK: - Beginning

    /// Starts to take part in the group.
    func subscribe(to topics: [String]) throws {
        let list = PartitionList(topics.map { KafkaPartition($0, KafkaPartition.anyNumber) })
        let code = rd_kafka_subscribe(try handle().client, list.list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, "subscribe") }
    }

    /// Starts to read partitions without a group.
    func read(_ offsets: [KafkaOffset]) throws {
        let list = PartitionList(offsets: offsets)
        state.withLock { $0.buffer.begin(offsets.map(\.partition)) }
        let code = rd_kafka_assign(try handle().client, list.list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, "read") }
    }

    /// Commits where the group begins for partitions for which it has committed nothing.
    func storeStart(
        of topics: [String], at start: KafkaStart, within limit: Duration
    ) async throws {
        let handle = try handle()
        let partitions = try await handle.partitions(of: topics, within: limit)
        let watermarks = try await handle.watermarks(of: partitions, within: limit)
        var refusals = 0
        while true {
            let stored = try await handle.committed(partitions, within: limit)
            let missing = partitions.filter { stored[$0] == nil }.compactMap { partition in
                watermarks[partition].map {
                    KafkaOffset(partition, start == .earliest ? $0.lowerBound : $0.upperBound)
                }
            }
            guard !missing.isEmpty else { return }
            do {
                return try await store(missing, within: limit)
            } catch KafkaError.partitionLost(let partition, _) {
                // The group has members, who store their own starts: soon there is one, unless the
                // partition was added later. Without one a group begins at the earliest anyhow.
                guard start != .earliest else { return }
                refusals += 1
                guard Self.pause * refusals < limit else {
                    throw KafkaError.timedOut(
                        action: "store where group \(group) begins in \(partition)",
                        servers: router.servers, limit: limit)
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    // MARK: - Committing

    /// Stores the positions after messages; while the group rebalances, as soon as it has.
    func commit(_ messages: [KafkaMessage], within limit: Duration) async throws {
        var refusals = 0
        while true {
            let offsets = try state.withLock { state in
                for message in messages
                where state.buffer.epochs[message.position.partition] != message.epoch {
                    throw KafkaError.partitionLost(message.position.partition, group: group)
                }
                return state.commits.request(messages)
            }
            guard !offsets.isEmpty else { return }
            do {
                try await store(offsets, within: limit)
                return state.withLock { $0.commits.acknowledge(offsets) }
            } catch KafkaError.failed(let fault) where fault.code == Self.rebalancing {
                refusals += 1
                guard Self.pause * refusals < limit else { throw KafkaError.failed(fault) }
                // A rebalance waits for a poll, and who commits does not ask for messages.
                nudge()
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private static let rebalancing = String(
        cString: rd_kafka_err2name(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS))

    private func store(_ offsets: [KafkaOffset], within limit: Duration) async throws {
        let handle = try handle()
        let action = "commit an offset"
        let reply = try await router.ask(action, within: limit) { request in
            let list = PartitionList(offsets: offsets)
            let code = rd_kafka_commit_queue(
                handle.client, list.list, handle.events, nil, request)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { router.refuse(request, code) }
        }
        let outcomes = reply.partitions.map { ($0.code, Optional($0.partition)) }
        for (code, partition) in [(reply.code, nil)] + outcomes {
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            if Self.isLoss(code), let partition = partition ?? offsets.first?.partition {
                throw KafkaError.partitionLost(partition, group: group)
            }
            throw KafkaError.failed(
                KafkaFault(
                    code, action: action, servers: router.servers, topic: partition?.topic,
                    partition: partition?.number))
        }
    }

    /// The broker takes this member for none of the group's.
    private static func isLoss(_ code: rd_kafka_resp_err_t) -> Bool {
        [
            RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
        ].contains(code)
    }

    // MARK: - Pausing

    func pause(_ partitions: Set<KafkaPartition>) throws {
        let handle = try handle()
        state.withLock { $0.buffer.pause(partitions) }
        let list = PartitionList(partitions)
        let code = rd_kafka_pause_partitions(handle.client, list.list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, "pause") }
    }

    /// Pauses a message's partition, if that has not been revoked since.
    func pause(after message: KafkaMessage) throws {
        let partition = message.position.partition
        guard isCurrent(message) else { return }
        try pause([partition])
        // Revoked meanwhile: who gets it back finds it as any other.
        if !isCurrent(message) { try resume([partition]) }
    }

    private func isCurrent(_ message: KafkaMessage) -> Bool {
        state.withLock { $0.buffer.epochs[message.position.partition] == message.epoch }
    }

    func resume(_ partitions: Set<KafkaPartition>) throws {
        let handle = try handle()
        state.withLock { $0.buffer.resume(partitions) }
        let list = PartitionList(partitions)
        let code = rd_kafka_resume_partitions(handle.client, list.list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, "resume") }
        wake()
    }

    private func failure(_ code: rd_kafka_resp_err_t, _ action: String) -> KafkaError {
        .failed(KafkaFault(code, action: action, servers: router.servers))
    }
}

extension KafkaPartition {
    /// Stands for every partition of a topic.
    static let anyNumber: Int32 = -1
}

extension ClientHandle {
    /// How long a member may be silent.
    var pollInterval: Duration { .milliseconds(Int(property("max.poll.interval.ms")) ?? 300_000) }

    private func property(_ name: String) -> String {
        var value = [CChar](repeating: 0, count: 64)
        var size = value.count
        let result = rd_kafka_conf_get(rd_kafka_conf(client), name, &value, &size)
        return result == RD_KAFKA_CONF_OK ? KafkaProperty.text(value) : ""
    }
}
