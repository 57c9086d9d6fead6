package import Accounts

/// A topic's name.
package struct Topic: Hashable, Sendable {
    package let name: String

    package static let regimeChange = Topic("regime-change")
    package static let orderFilled = Topic("order-filled")
    package static let marketBars = Topic("market-bars")
    package static let backfillJobs = Topic("backfill-jobs")
    /// Looked at by whoever put jobs; nothing of it is set aside.
    package static let backfillProgress = Topic("backfill-progress")
    /// That a model which runs beside begins or ceases to disagree; looked at by whoever likes to.
    package static let modelDisagreement = Topic("model-disagreement")
    /// Every topic of the contract, each with the one for its dead letters.
    package static let all =
        setAside.flatMap { [$0, $0.deadLetter] }
        + [backfillProgress, modelDisagreement]

    /// Those of which somebody sets aside what nobody can process.
    package static let setAside = [marketBars, regimeChange, orderFilled, backfillJobs]

    /// Partitions of a topic that this program makes, unless it is told how many.
    package static let defaultPartitions: Int32 = 6

    package init(_ name: String) {
        self.name = name
    }
}

extension Topic: CustomStringConvertible {
    package var description: String { name }
}

/// A consumer group's name.
package struct ConsumerGroup: Hashable, Sendable {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    /// The same for one organisation: it has read so far by itself.
    package func ofOrganisation(_ organisation: OrganisationName) -> ConsumerGroup {
        ConsumerGroup(name + "." + organisation.text)
    }
}

package struct EventMessage: Sendable, Equatable {
    package var topic: Topic
    /// Messages of one key keep their order.
    package var key: String
    package var payload: [UInt8]
    package var headers: [String: String]

    package init(
        topic: Topic, key: String, payload: [UInt8], headers: [String: String] = [:]
    ) {
        self.topic = topic
        self.key = key
        self.payload = payload
        self.headers = headers
    }
}

/// A message as it lies in the log.
package struct LoggedEvent: Sendable, Equatable {
    package var message: EventMessage
    package var partition: Int32
    /// Grows along the partition; gaps are allowed.
    package var offset: Int64

    package init(message: EventMessage, partition: Int32, offset: Int64) {
        self.message = message
        self.partition = partition
        self.offset = offset
    }
}

/// Where a consumer group without a stored offset begins.
package enum StartingOffset: Sendable, Equatable {
    case earliest
    case latest
}

/// A durable, ordered log of topics with consumer groups.
///
/// Delivery is at least once: an event comes again until its consumer committed it. Within one
/// group each partition is read by one subscription at a time.
package protocol EventBus: Sendable {
    /// Appends messages in order; returns once they are durable, with their offsets.
    @discardableResult
    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent]

    /// Starts reading topics as a member of a group.
    ///
    /// `start` is where a group begins that has no stored offset; it is stored at once, so that
    /// nothing published from then on is skipped by a later member.
    func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription

    /// Follows a topic without a group, from its beginning, or from its end as it is now.
    /// Partitions are read as they come; one's order is kept.
    func tap(_ topic: Topic, from start: StartingOffset) async throws -> any EventReading

    /// Reads a topic without a group, from its beginning to its end as it is now: behind that
    /// `next` is `nil`. Partitions are read as they come; one's order is kept. A topic that is not
    /// there is empty, and is not made.
    func snapshot(of topic: Topic) async throws -> any EventReading

    /// As `snapshot(of:)`, of some partitions only, each from behind an offset. Where the log has
    /// removed what follows that offset, it begins with the earliest that is there.
    func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading

    /// The offset of the last event whose effect a group has done, by partition; one below the
    /// first where it has done none, and nothing where it never began.
    func committed(_ topic: Topic, by group: ConsumerGroup) async throws -> [Int32: Int64]

    /// Throws when the bus cannot answer.
    func ping() async throws
}

/// A reading position. Pull, don't push: `next` asks the log once. It is called by one task at a
/// time.
package protocol EventReading: Sendable {
    /// The next event; waits until there is one. `nil` once closed, and behind the last event of a
    /// snapshot.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    func next() async throws -> LoggedEvent?

    func close() async
}

/// One member's reading position in a group; closing leaves the group, and what was not committed
/// will be delivered again.
package protocol EventSubscription: EventReading {
    /// How often this member was given something to read. After each time, what it knew from
    /// before may be behind what another member did meanwhile.
    var assignments: Int { get }

    /// Stores the position after an event whose effect is done.
    ///
    /// - Throws: `EventBusError.partitionLost`.
    func commit(_ event: LoggedEvent) async throws

    /// Whether an event that was handed out is still this member's: nobody else was given it since,
    /// and it may be committed.
    func holds(_ event: LoggedEvent) -> Bool

    /// Keeps back what follows an event in its partition until `resume`; other partitions go on.
    ///
    /// For an effect that takes long: a member that waits in `next` meanwhile keeps its place in
    /// the group. A partition that is lost is paused no more.
    func pause(after event: LoggedEvent)

    /// What was kept back after an event comes now.
    func resume(after event: LoggedEvent)
}

package enum EventBusError: Error, Equatable, Sendable {
    /// Another member of the group reads the topic now: it gets what was not committed.
    case partitionLost(Topic, ConsumerGroup)
    /// The bus cannot be reached or does not answer in time; what was published may be there.
    case unavailable(location: String, detail: String)
    /// What it was configured with cannot be; asking again is of no use.
    case misconfigured(String)
    /// Messages that the bus will never take, by their index, with the reason; of several, some may
    /// only have been sent together with such a one. Those before the first are published, those
    /// after it may be.
    case refused([Int: String])
}

extension EventBusError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .partitionLost(let topic, let group):
            return "another member of group \(group.name) reads topic \(topic) now, because this "
                + "one was closed or silent for too long: read on, the event comes to the other"
        case .unavailable(let location, let detail):
            return "\(location): \(detail). Check that the brokers run and REDPANDA_BROKERS names "
                + "them"
        case .misconfigured(let reason): return reason
        case .refused(let reasons):
            let first = reasons.min { $0.key < $1.key }?.value ?? "no reason"
            return "\(reasons.count) messages can never be published; the first: \(first)"
        }
    }
}
