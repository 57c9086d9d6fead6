import Hosting
import Logging
import Market
import Ports
import Synchronization
import TestSupport
import Testing

/// What events came to, in a store that can be put back to what it was.
final class RestorableEffect: AccountedEffect {
    struct State: Sendable {
        /// In the order in which they were taken.
        var texts: [String] = []
        var taken: [Topic: [Int32: Int64]] = [:]

        mutating func reach(_ step: EventStep, isNew: Bool) throws {
            let last = taken[step.topic]?[step.partition] ?? EventStep.beforeFirst
            try LedgerBehind.check(step, taken: last)
            guard step.leads(beyond: last, isNew: isNew) else { return }
            taken[step.topic, default: [:]][step.partition] = step.offset
        }
    }

    private let state = Mutex(State())
    /// Calls that fail, for a reason that passes, before one does not.
    private let failures: Mutex<Int>

    init(failures: Int = 0) {
        self.failures = Mutex(failures)
    }

    /// From now on so many calls fail before one does not.
    func fail(_ count: Int) { failures.withLock { $0 = count } }

    var backup: State { state.withLock { $0 } }

    func restore(_ backup: State) { state.withLock { $0 = backup } }

    var texts: [String] { backup.texts }

    private func stumble() throws {
        let isToFail = failures.withLock { left in
            left -= 1
            return left >= 0
        }
        guard isToFail else { return }
        throw StoreError(.busy, location: "store", detail: "told to fail", advice: "Try again.")
    }

    func take(_ event: LoggedEvent, as step: EventStep) async throws {
        try stumble()
        let text = String(decoding: event.message.payload, as: UTF8.self)
        if text.hasPrefix("poison") { throw UnprocessableEvent(reason: text) }
        try state.withLock { state in
            let isNew = !state.texts.contains(text)
            try state.reach(step, isNew: isNew)
            if isNew { state.texts.append(text) }
        }
    }

    func pass(_ step: EventStep) async throws {
        try stumble()
        try state.withLock { try $0.reach(step, isNew: false) }
    }

    func taken(of topic: Topic) async throws -> [Int32: Int64] {
        try stumble()
        return backup.taken[topic] ?? [:]
    }

    func willRestore() async throws { try stumble() }

    func isRaced(_ error: any Error) -> Bool { false }
}

/// A log with a group whose store of effects may lose what it had.
struct LedgerWorld {
    static let topics = [Topic("a"), Topic("b")]
    private static let group = ConsumerGroup("readers")

    let bus = InMemoryEventBus(partitions: 3)
    let effect: RestorableEffect

    init(failures: Int = 0) {
        effect = RestorableEffect(failures: failures)
    }

    func consumer(checkedEvery interval: Duration = .milliseconds(1)) -> EventConsumer {
        EventConsumer(
            of: Self.topics, on: bus, as: Self.group, having: effect,
            now: { Samples.day(1_000) },
            logger: Logger(label: "events") { _ in SwiftLogNoOpLogHandler() },
            retryDelay: .milliseconds(1), ledgerCheckInterval: interval)
    }

    /// Runs a member of the group while `body` runs, and then kills it.
    func running(
        checkedEvery interval: Duration = .milliseconds(1), _ body: () async throws -> Void
    ) async throws {
        let work = Task { try await consumer(checkedEvery: interval).run() }
        try await carryOut(body) {
            work.cancel()
            _ = await work.result
        }
    }

    /// Publishes texts, each under its last letter as the key.
    func publish(_ texts: [String], on topic: Topic = topics[0]) async throws {
        try await bus.publish(
            texts.map {
                EventMessage(topic: topic, key: String($0.suffix(1)), payload: Array($0.utf8))
            })
    }

    /// Waits until everything that was published was taken, and the group has it by its offsets.
    func untilDone() async throws {
        try await eventually {
            for topic in Self.topics {
                let last = Dictionary(
                    bus.logged(topic).map { ($0.partition, $0.offset) }
                ) { $1 }
                let done = try await bus.committed(topic, by: Self.group)
                let taken = effect.backup.taken[topic] ?? [:]
                for (partition, offset) in last
                where done[partition] != offset || taken[partition] != offset {
                    return false
                }
            }
            return true
        }
    }

    /// The texts of one partition after the other, as the log has them; without those that nobody
    /// can process.
    func logged(_ topic: Topic) -> [[String]] {
        Dictionary(grouping: bus.logged(topic), by: \.partition).sorted { $0.key < $1.key }.map {
            $0.value.map { String(decoding: $0.message.payload, as: UTF8.self) }
                .filter { !$0.hasPrefix("poison") }
        }
    }

    /// Whether everything was taken once, in the order of its partition.
    var hasEverythingInOrder: Bool {
        let texts = effect.texts
        let all = Self.topics.flatMap(logged)
        return Set(texts).count == texts.count && texts.count == all.joined().count
            && all.allSatisfy { partition in
                let mine = Set(partition)
                return texts.filter(mine.contains) == partition
            }
    }

    var setAside: Int { Self.topics.reduce(0) { $0 + bus.logged($1.deadLetter).count } }
}
