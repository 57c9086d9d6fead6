package import Hosting
package import Logging
package import Market
package import Ports

/// Tells what was held back and is due, and removes what is old.
///
/// Any number of processes may do so at once: each notice is told once, by whoever comes first.
package struct NoticeUpkeep: Sendable {
    /// For how long notices are kept after they were told.
    package static let keptSeconds: Int64 = 90 * 86_400
    static let pageSize = 500
    /// A person is told this soon after what they are told of was due.
    static let shortestPause: Duration = .milliseconds(50)

    private let ledger: any NoticeLedger
    private let logger: Logger

    package init(ledger: any NoticeLedger, logger: Logger) {
        self.ledger = ledger
        self.logger = logger
    }

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package func work(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) -> DueWork {
        DueWork(
            "Held notices", after: { [ledger] in ledger.commits() },
            shortestPause: NoticeUpkeep.shortestPause, now: now, logger: logger, sleep: sleep,
            look: look)
    }

    private func look(at present: Timestamp) async throws -> Timestamp? {
        while try await ledger.tellDue(at: present, limit: NoticeUpkeep.pageSize)
            == NoticeUpkeep.pageSize
        {}
        let oldest = present.advanced(bySeconds: -NoticeUpkeep.keptSeconds)
        while try await ledger.expire(toldBefore: oldest, limit: NoticeUpkeep.pageSize)
            == NoticeUpkeep.pageSize
        {}
        return try await ledger.nextDue()
    }
}
