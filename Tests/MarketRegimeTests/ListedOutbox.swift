import Ports
import Regimes
import Synchronization

/// An outbox of the rows it is given, whose lease is anybody's.
final class ListedOutbox: Outbox {
    private let rows: Mutex<[OutboxRow]>

    /// - Parameter messages: a row each, in their order.
    init(_ messages: [EventMessage]) {
        rows = Mutex(
            messages.enumerated().map { index, message in
                OutboxRow(
                    position: Int64(index) + 1, eventID: EventID("event \(index)"),
                    message: message)
            })
    }

    var isEmpty: Bool { rows.withLock { $0.isEmpty } }

    func pending(after position: Int64, limit: Int) async throws -> [OutboxRow] {
        rows.withLock { rows in Array(rows.filter { $0.position > position }.prefix(limit)) }
    }

    func markPublished(through position: Int64) async throws {
        rows.withLock { rows in rows.removeAll { $0.position <= position } }
    }

    func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool { true }

    func releaseLease(owner: String) async throws {}

    func lag() async throws -> OutboxLag {
        OutboxLag(pending: rows.withLock { $0.count }, oldestRecordedAt: nil)
    }

    /// Wakes whoever listens, once.
    func commits() -> AsyncStream<Void> {
        let (commits, commit) = AsyncStream.makeStream(of: Void.self)
        commit.yield()
        return commits
    }
}
