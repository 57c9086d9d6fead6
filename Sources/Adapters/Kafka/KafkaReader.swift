import Synchronization

/// Reads all partitions of a topic without a group: it commits nothing and hinders nobody.
///
/// Partitions that are added to the topic later are not read.
package final class KafkaReader: Sendable {
    package enum Start: Equatable, Sendable {
        case earliest
        /// What is published from now on.
        case latest
        /// The first offset to read, by partition's number; the others from the earliest.
        case offsets([Int32: Int64])
    }

    /// A name for librdkafka, which asks readers for one too; no such group is joined.
    private static let group = "bloasis-reader"

    package let partitions: [KafkaPartition]
    package let servers: String
    private let core: ConsumerCore
    private let ended = Mutex(Set<KafkaPartition>())

    private init(_ core: ConsumerCore, _ partitions: [KafkaPartition]) {
        self.core = core
        servers = core.router.servers
        self.partitions = partitions
    }

    deinit { core.close() }

    /// - Parameter limit: bounds each question to the brokers.
    /// - Throws: `KafkaError.unknownTopic`, `unusable`, `failed`, `timedOut`; `CancellationError`.
    package static func open(
        _ topic: String, from start: Start, _ configuration: KafkaConfiguration,
        _ limits: KafkaConsumer.Limits = KafkaConsumer.Limits(), within limit: Duration,
        observer: KafkaObserver = KafkaObserver()
    ) async throws -> KafkaReader {
        let core = try ConsumerCore(
            configuration, observer, group: group, prefetchedKilobytes: limits.prefetchedKilobytes,
            fixed: ["auto.offset.reset": "earliest", "enable.partition.eof": "true"])
        do {
            let handle = try core.handle()
            let partitions = try await handle.partitions(of: [topic], within: limit)
            // Looked up here and not when the first fetch is sent, so that nothing is missed that
            // is published once this has returned.
            let watermarks = try await handle.watermarks(of: partitions, within: limit)
            try core.read(
                partitions.compactMap { partition in
                    watermarks[partition].map {
                        KafkaOffset(partition, start.offset(partition, $0))
                    }
                })
            return KafkaReader(core, partitions)
        } catch {
            core.close()
            throw error
        }
    }

    /// The next message, of any partition; waits until there is one. `nil` once closed. One task at
    /// a time.
    ///
    /// - Throws: `KafkaError.failed`: unless it is fatal, the next call goes on; `busy`;
    ///   `CancellationError`, and nothing is lost then.
    package func next() async throws -> KafkaMessage? {
        while let item = try await core.next() {
            if let message = note(item) { return message }
        }
        return nil
    }

    /// As `next`; `nil` also when every partition was once read to its end.
    package func nextBeforeEnd() async throws -> KafkaMessage? {
        while !isAtEnd, let item = try await core.next() {
            if let message = note(item) { return message }
        }
        return nil
    }

    private var isAtEnd: Bool { ended.withLock { $0.count == partitions.count } }

    private func note(_ item: ConsumerItem) -> KafkaMessage? {
        switch item {
        case .message(let message): return message
        case .end(let partition): ended.withLock { _ = $0.insert(partition) }
        case .assigned, .revoked: break
        }
        return nil
    }

    /// Safe to call again, and in a cancelled task.
    package func close(within limit: Duration) async {
        core.close()
        await core.left(within: limit)
    }
}

extension KafkaReader.Start {
    fileprivate func offset(_ partition: KafkaPartition, _ watermarks: Range<Int64>) -> Int64 {
        switch self {
        case .earliest: watermarks.lowerBound
        case .latest: watermarks.upperBound
        case .offsets(let offsets): offsets[partition.number] ?? watermarks.lowerBound
        }
    }
}
