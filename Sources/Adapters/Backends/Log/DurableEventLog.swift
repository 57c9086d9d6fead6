import Foundation
import Market
package import Ports
import Synchronization

/// How long a member of a consumer group keeps its topics, and how often it looks for lost ones.
package struct EventLogTiming: Sendable {
    /// A lease that its member does not extend for this long goes to another member. A member
    /// extends it by calling `next` or `commit`, so an effect may take this long at the most.
    package var leaseSeconds: Int64
    /// How often a waiting member looks whether another one's lease has run out.
    package var recheckInterval: Duration

    package init(leaseSeconds: Int64 = 15, recheckInterval: Duration = .seconds(1)) {
        self.leaseSeconds = leaseSeconds
        self.recheckInterval = recheckInterval
    }
}

/// The event bus where no broker is configured: a durable log in the store itself. One partition,
/// 0, per topic; events are kept for good.
package final class DurableEventLog: Sendable {
    /// Events read at once into a reader's buffer.
    static let prefetchLimit = 64
    static let partition = 0

    private let storage: any EventLogStorage
    private let timing: EventLogTiming
    private let now: @Sendable () -> Timestamp
    /// Tells this opened log from every other one, in lease owners.
    private let identity: String
    private let lastMember = Mutex(0)
    /// Logs that this process has opened.
    private static let opened = Atomic(0)

    init(
        storage: any EventLogStorage, timing: EventLogTiming,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.storage = storage
        self.timing = timing
        self.now = now
        let process = ProcessInfo.processInfo
        let number = Self.opened.wrappingAdd(1, ordering: .relaxed).newValue
        identity =
            "\(process.hostName)-\(process.processIdentifier)-\(now().nanoseconds)-\(number)"
    }
}

extension DurableEventLog: EventBus {
    @discardableResult
    package func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        messages.isEmpty ? [] : try await storage.append(messages, at: now())
    }

    package func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        try await storage.begin(topics, as: group, from: start, at: now())
        let member = lastMember.withLock { last in
            last += 1
            return last
        }
        return DurableSubscription(
            storage: storage, topics: topics,
            member: GroupMember(group: group, owner: "\(identity)-\(member)"), timing: timing,
            now: now)
    }

    package func tap(
        _ topic: Topic, from start: StartingOffset
    ) async throws -> any EventReading {
        let position = start == .earliest ? 0 : try await storage.lastOffset(topic)
        return DurableTap(storage: storage, topic: topic, after: position)
    }

    package func snapshot(of topic: Topic) async throws -> any EventReading {
        DurableTap(
            storage: storage, topic: topic, after: 0,
            through: try await storage.lastOffset(topic))
    }

    package func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading {
        let last = try await storage.lastOffset(topic)
        let first = offsets[Int32(Self.partition)].map { max(0, $0) }
        return DurableTap(storage: storage, topic: topic, after: first ?? last, through: last)
    }

    package func committed(
        _ topic: Topic, by group: ConsumerGroup
    ) async throws -> [Int32: Int64] {
        try await storage.committed(topic, by: group).map { [Int32(Self.partition): $0] } ?? [:]
    }

    package func ping() async throws {
        try await storage.ping()
    }
}
