import Market
import Ports

/// What a durable event log keeps in a store: events, the offsets of groups, and the leases under
/// which their members read. One partition, 0, per topic.
///
/// Each call is one transaction.
protocol EventLogStorage: Sendable {
    /// Tells of commits, by whatever process.
    var signal: CommitSignal { get }

    /// Appends messages in order, with offsets that follow the order of commits.
    func append(_ messages: [EventMessage], at instant: Timestamp) async throws -> [LoggedEvent]

    /// Up to `limit` events later than the positions of their topics, in order of offset.
    func events(after positions: [Topic: Int64], limit: Int) async throws -> [LoggedEvent]

    /// The offset of a topic's last event; 0 without one.
    func lastOffset(_ topic: Topic) async throws -> Int64

    /// The last offset whose effect a group has done, 0 before the first; `nil` when it never
    /// began.
    func committed(_ topic: Topic, by group: ConsumerGroup) async throws -> Int64?

    /// Gives a group its first offset in topics where it has none.
    func begin(
        _ topics: [Topic], as group: ConsumerGroup, from start: StartingOffset,
        at instant: Timestamp
    ) async throws

    /// Those of some topics that a member could read now.
    func free(
        _ topics: [Topic], for member: GroupMember, during term: LeaseTerm
    ) async throws -> [Topic]

    /// Takes or extends the leases of topics.
    func take(
        _ topics: [Topic], for member: GroupMember, during term: LeaseTerm
    ) async throws -> [TakenTopic]

    /// Stores a position and extends the lease; `false` when the member has it no more.
    func commit(
        _ event: LoggedEvent, by member: GroupMember, extending term: LeaseTerm
    ) async throws -> Bool

    /// Gives leases back, as far as the member has them.
    func release(_ topics: [Topic], by member: GroupMember) async throws

    func ping() async throws
}

/// A member of a consumer group, in the table of leases.
struct GroupMember: Sendable {
    let group: ConsumerGroup
    let owner: String

    func resource(_ topic: Topic) -> String {
        "consumer/\(group.name)/\(topic)/\(DurableEventLog.partition)"
    }
}

/// A topic whose lease a member has got.
struct TakenTopic: Sendable {
    let topic: Topic
    /// Nobody else read it since the member had the lease last.
    let wasHeld: Bool
    /// The last offset whose effect the group has done; 0 before the first.
    let committed: Int64
}
