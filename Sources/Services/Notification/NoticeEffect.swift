import Contracts
import Hosting
package import Logging
package import Market
import Metrics
package import Notices
package import Ports

/// Tells people what happened: each event once, however often it comes.
package struct NoticeEffect: AccountedEffect {
    package static let group = ConsumerGroup.notifications
    package static let topics = [Topic.regimeChange, .orderFilled]

    private let ledger: any NoticeLedger
    private let clock: ZoneClock
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter now: the wall clock.
    package init(
        on ledger: any NoticeLedger, clock: ZoneClock, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.ledger = ledger
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    package func take(_ event: LoggedEvent, as step: EventStep) async throws {
        let notice: Notice
        do {
            notice = try Notice(event.message)
        } catch {
            throw UnprocessableEvent(reason: "\(error)")
        }
        let receipt = try await ledger.take(notice, from: step, at: now(), by: clock)
        if let problem = receipt.problem {
            logger.error(
                "People not told as they prefer, it cannot be read: have them say it again",
                metadata: [
                    "event_id": "\(notice.eventID)", "people": "\(receipt.unreadable)",
                    "first": "\(problem)",
                ])
        }
        let dimensions = [("kind", notice.kind.rawValue)]
        if receipt.isDuplicate {
            Counter(label: "notices_repeated_total", dimensions: dimensions).increment()
        } else {
            Counter(label: "notices_taken_total", dimensions: dimensions).increment()
        }
    }

    package func pass(_ step: EventStep) async throws {
        try await ledger.pass(step, at: now())
    }

    package func taken(of topic: Topic) async throws -> [Int32: Int64] {
        try await ledger.taken(of: topic)
    }

    /// Whoever goes on after something that is not known here any more hears of all that is made up
    /// for, whatever position it had and has.
    package func willRestore() async throws { try await ledger.skipPositions() }

    package func isRaced(_ error: any Error) -> Bool { error is StoreError }
}
