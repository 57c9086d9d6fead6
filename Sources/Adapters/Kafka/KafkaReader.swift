import Synchronization

/// Reads all partitions of a topic without a group: it commits nothing and hinders nobody.
///
/// Partitions that are added to the topic later are not read.
package final class KafkaReader: Sendable {
    package enum Start: Equatable, Sendable {
        case earliest
        /// What is published from now on.
        case latest
        /// The first offset to read, by partition's number; the others are not read.
        case offsets([Int32: Int64])
    }

    /// A name for librdkafka, which asks readers for one too; no such group is joined.
    private static let group = "bloasis-reader"

    package let partitions: [KafkaPartition]
    package let servers: String
    /// Offsets that were asked for and are not there any more.
    package let removed: [KafkaPartition: Range<Int64>]
    private let core: ConsumerCore
    /// The first offset behind what was there when this was opened.
    private let ends: [KafkaPartition: Int64]
    /// Read as far as that.
    private let ended: Mutex<Set<KafkaPartition>>

    private init(
        _ core: ConsumerCore, _ ranges: [KafkaPartition: Range<Int64>],
        removed: [KafkaPartition: Range<Int64>]
    ) {
        self.core = core
        self.removed = removed
        servers = core.router.servers
        partitions = ranges.keys.sorted { $0.number < $1.number }
        ends = ranges.mapValues(\.upperBound)
        ended = Mutex(Set(ranges.filter(\.value.isEmpty).keys))
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
                .filter(start.includes)
            // Looked up here and not when the first fetch is sent, so that nothing is missed that
            // is published once this has returned.
            let watermarks = try await handle.watermarks(of: partitions, within: limit)
            let ranges = watermarks.reduce(into: [KafkaPartition: Range<Int64>]()) {
                $0[$1.key] = start.offset($1.key, $1.value)..<$1.value.upperBound
            }
            try core.read(ranges.map { KafkaOffset($0.key, $0.value.lowerBound) })
            return KafkaReader(core, ranges, removed: start.removed(of: watermarks))
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

    /// As `next`, of what was there when this was opened; `nil` behind it.
    package func nextBeforeEnd() async throws -> KafkaMessage? {
        while !isAtEnd, let item = try await core.next() {
            if let message = note(item), message.offset < end(of: message) { return message }
        }
        return nil
    }

    private func end(of message: KafkaMessage) -> Int64 {
        ends[message.position.partition] ?? .max
    }

    private var isAtEnd: Bool { ended.withLock { $0.count == partitions.count } }

    private func note(_ item: ConsumerItem) -> KafkaMessage? {
        switch item {
        case .message(let message):
            // The last offsets may hold no message: then the end of the partition tells.
            if message.offset + 1 >= end(of: message) {
                ended.withLock { _ = $0.insert(message.position.partition) }
            }
            return message
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
    func includes(_ partition: KafkaPartition) -> Bool {
        guard case .offsets(let offsets) = self else { return true }
        return offsets[partition.number] != nil
    }

    /// Offsets that are asked for and are not there any more.
    func removed(
        of watermarks: [KafkaPartition: Range<Int64>]
    ) -> [KafkaPartition: Range<Int64>] {
        guard case .offsets(let offsets) = self else { return [:] }
        return watermarks.reduce(into: [:]) { removed, partition in
            let (asked, first) = (offsets[partition.key.number], partition.value.lowerBound)
            if let asked, asked < first { removed[partition.key] = asked..<first }
        }
    }

    /// The first offset to read, among those that are there.
    func offset(_ partition: KafkaPartition, _ watermarks: Range<Int64>) -> Int64 {
        switch self {
        case .earliest: watermarks.lowerBound
        case .latest: watermarks.upperBound
        // One outside would be taken for a fault, and begin anew.
        case .offsets(let offsets):
            min(max(offsets[partition.number] ?? 0, watermarks.lowerBound), watermarks.upperBound)
        }
    }
}
