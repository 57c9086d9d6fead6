package import Market
package import Regimes

/// Messages written in the transaction of their cause, waiting to be published.
package protocol Outbox: Sendable {
    /// Unpublished rows in commit order, from behind a position on; 0 is before all of them.
    func pending(after position: Int64, limit: Int) async throws -> [OutboxRow]

    /// Marks every row up to a position published, once the bus has acknowledged them; never takes
    /// a mark back, and marks nothing that is not there yet. No news: nobody is told of it.
    func markPublished(through position: Int64) async throws

    /// Takes or extends the relay lease; `false` while another owner's may not be taken.
    ///
    /// One relay is active per store, so that nothing is published twice for long.
    func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool

    /// Gives the lease back, if this owner has it.
    func releaseLease(owner: String) async throws

    /// How many rows wait, and since when the oldest does.
    func lag() async throws -> OutboxLag

    /// As `RegimeReader.commits()`.
    func commits() -> AsyncStream<Void>
}

extension Outbox {
    /// Unpublished rows in commit order.
    package func pending(limit: Int) async throws -> [OutboxRow] {
        try await pending(after: 0, limit: limit)
    }
}

package struct OutboxRow: Sendable, Equatable {
    /// Follows commit order; 1 or greater.
    package var position: Int64
    package var eventID: EventID
    package var message: EventMessage

    package init(position: Int64, eventID: EventID, message: EventMessage) {
        self.position = position
        self.eventID = eventID
        self.message = message
    }
}

package struct OutboxLag: Sendable, Equatable {
    package var pending: Int
    package var oldestRecordedAt: Timestamp?

    package init(pending: Int, oldestRecordedAt: Timestamp?) {
        self.pending = pending
        self.oldestRecordedAt = oldestRecordedAt
    }
}

/// How a journal names and words a change. A value handed in by the composition root, so that an
/// adapter holds neither hashing nor wire formats.
package struct ChangeWording: Sendable {
    /// Deterministic: a hash of series, `asOf`, model version, revision and label.
    package var eventID: @Sendable (RegimeChange) -> EventID
    /// The message of an announced change.
    package var message: @Sendable (RegimeChange) -> EventMessage
    /// That what runs beside begins or ceases to disagree: named by a hash of series, `asOf`, both
    /// model versions, revision and label.
    package var disagreement: @Sendable (ShadowAnswer) -> OutboxEntry

    package init(
        eventID: @escaping @Sendable (RegimeChange) -> EventID,
        message: @escaping @Sendable (RegimeChange) -> EventMessage,
        disagreement: @escaping @Sendable (ShadowAnswer) -> OutboxEntry
    ) {
        self.eventID = eventID
        self.message = message
        self.disagreement = disagreement
    }
}
