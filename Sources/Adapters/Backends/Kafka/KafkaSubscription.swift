import Kafka
import Ports
import Synchronization

/// One member of a consumer group.
final class KafkaSubscription: EventSubscription {
    private struct State {
        /// Handed out and not committed, in order.
        var open: [KafkaPartition: [KafkaMessage]] = [:]
        var assignments = 0
    }

    private let consumer: KafkaConsumer
    private let group: ConsumerGroup
    private let commitLimit: Duration
    private let leaveLimit: Duration
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(
        _ consumer: KafkaConsumer, group: ConsumerGroup, commitLimit: Duration,
        leaveLimit: Duration, report: @escaping @Sendable (String) -> Void
    ) {
        self.consumer = consumer
        self.group = group
        self.commitLimit = commitLimit
        self.leaveLimit = leaveLimit
        self.report = report
    }

    var assignments: Int { state.withLock { $0.assignments } }

    func next() async throws -> LoggedEvent? {
        while let event = try await passing(
            consumer.next, servers: consumer.servers, report: report)
        {
            if let event = take(event) { return event }
        }
        return nil
    }

    private func take(_ event: KafkaConsumerEvent) -> LoggedEvent? {
        state.withLock { state in
            switch event {
            case .message(let message):
                let event = LoggedEvent(message)
                state.open[message.position.partition, default: []].append(message)
                return event
            case .assigned:
                state.assignments += 1
            case .revoked(let partitions, _):
                for partition in partitions { state.open[partition] = nil }
            }
            return nil
        }
    }

    func commit(_ event: LoggedEvent) async throws {
        let partition = event.place
        guard let message = message(of: event) else {
            // Committed with a later one, or not this member's any more.
            guard consumer.assignment.contains(partition) else { throw lost(event) }
            return
        }
        do {
            try await consumer.commit(message, within: commitLimit)
            state.withLock { state in
                state.open[partition]?.removeAll { $0.offset <= event.offset }
            }
        } catch KafkaError.partitionLost, KafkaError.closed {
            throw lost(event)
        } catch let error as KafkaError {
            throw EventBusError(error, consumer.servers)
        }
    }

    func holds(_ event: LoggedEvent) -> Bool { message(of: event) != nil }

    private func message(of event: LoggedEvent) -> KafkaMessage? {
        state.withLock { $0.open[event.place]?.first { $0.offset == event.offset } }
    }

    func pause(after event: LoggedEvent) {
        guard let message = message(of: event) else { return }
        tell { try consumer.pause(after: message) }
    }

    func resume(after event: LoggedEvent) { tell { try consumer.resume([event.place]) } }

    /// A member that is closed has nothing to keep back; anything else is reported.
    private func tell(_ change: () throws -> Void) {
        do {
            try change()
        } catch KafkaError.closed {
            return
        } catch {
            report("\(error)")
        }
    }

    private func lost(_ event: LoggedEvent) -> EventBusError {
        .partitionLost(event.message.topic, group)
    }

    func close() async { await consumer.close(within: leaveLimit) }
}

/// Reads a topic without a group.
struct KafkaTap: EventReading {
    let reader: KafkaReader
    /// Whether it ends where the topic ended when the reader was opened.
    let isSnapshot: Bool
    let leaveLimit: Duration
    let report: @Sendable (String) -> Void

    init(
        _ reader: KafkaReader, isSnapshot: Bool = false, leaveLimit: Duration,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.reader = reader
        self.isSnapshot = isSnapshot
        self.leaveLimit = leaveLimit
        self.report = report
    }

    func next() async throws -> LoggedEvent? {
        let next = isSnapshot ? reader.nextBeforeEnd : reader.next
        return try await passing(next, servers: reader.servers, report: report)
            .map { LoggedEvent($0) }
    }

    func close() async { await reader.close(within: leaveLimit) }
}

/// What a topic holds that is not there.
struct NothingToRead: EventReading {
    func next() async throws -> LoggedEvent? { nil }

    func close() async {}
}

/// What comes next; faults after which reading goes on are reported.
private func passing<Item>(
    _ next: () async throws -> Item?, servers: String, report: (String) -> Void
) async throws -> Item? {
    while true {
        do {
            return try await next()
        } catch let error as KafkaError where !error.isFatal && error != .busy {
            report("\(error)")
        } catch let error as KafkaError {
            throw EventBusError(error, servers)
        }
    }
}

// MARK: - Values

extension KafkaRecord {
    init(_ message: EventMessage) {
        self.init(
            topic: message.topic.name, key: Array(message.key.utf8), value: message.payload,
            headers: message.headers.sorted { $0.key < $1.key }.map {
                KafkaHeader($0.key, Array($0.value.utf8))
            })
    }
}

extension LoggedEvent {
    fileprivate var place: KafkaPartition { KafkaPartition(message.topic.name, partition) }

    /// Of headers that came twice the last one counts.
    init(_ message: KafkaMessage) {
        let headers = message.headers.map {
            ($0.name, String(decoding: $0.value ?? [], as: UTF8.self))
        }
        self.init(
            message: EventMessage(
                topic: Topic(message.topic),
                key: String(decoding: message.key ?? [], as: UTF8.self),
                payload: message.value ?? [],
                headers: Dictionary(headers, uniquingKeysWith: { $1 })),
            partition: message.partition, offset: message.offset)
    }
}

extension KafkaStart {
    init(_ start: StartingOffset) {
        self = start == .earliest ? .earliest : .latest
    }
}
