import Foundation
import Hosting
import Market
import Notices
import Ports
import Regimes
import Synchronization

/// A step between a bar and whoever is told of it at which a test ends the process without mercy,
/// to see that nothing is lost and nothing counts twice.
enum FailPoint: String, CaseIterable {
    /// A bar came from the topic.
    case barReceived = "bar-received"
    /// Before the transaction that writes its answer.
    case journalEntered = "journal-entered"
    /// Inside that transaction, when a change is worded.
    case changeWorded = "change-worded"
    /// After it was committed.
    case journalCommitted = "journal-committed"
    /// Before outbox rows are published.
    case publishEntered = "publish-entered"
    /// After the bus acknowledged them.
    case publishAcknowledged = "publish-acknowledged"
    /// After they were marked as published.
    case rowsMarked = "rows-marked"
    /// Before the bar's position in the topic is stored.
    case positionEntered = "position-entered"
    /// After it was stored.
    case positionStored = "position-stored"
    /// An event came from the topic, of which people are to be told.
    case noticeReceived = "notice-received"
    /// After they were, before the event's position is stored.
    case noticeCommitted = "notice-committed"
    /// After it was stored.
    case noticePositionStored = "notice-position-stored"
    /// An event came from the topic again, of which the store lost what had followed.
    case noticeReread = "notice-reread"
    /// After the answer of a webhook or a mail server, before that is written.
    case deliveryAnswered = "delivery-answered"
    /// After a decision of a paper portfolio was committed, with its orders.
    case decisionRecorded = "decision-recorded"
    /// After a fill was.
    case fillRecorded = "fill-recorded"
    /// After what it made of its order was.
    case orderAdvanced = "order-advanced"
}

/// Ends the process by SIGKILL when it gets to one point for the n-th time.
final class FailPoints: Sendable {
    private let point: FailPoint
    private let count: Int
    private let reached = Atomic(0)

    /// - Parameter text: a point's name, or `name:count`.
    /// - Throws: `ConfigurationError`.
    init(_ text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let point = FailPoint(rawValue: String(parts[0])),
            let count = parts.count > 1 ? Int(parts[1]) : 1, count >= 1
        else {
            let names = FailPoint.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError([
                "BLOASIS_FAIL_POINT: '\(text)' is not name or name:count with one of \(names)"
            ])
        }
        self.point = point
        self.count = count
    }

    func reach(_ point: FailPoint) {
        guard point == self.point else { return }
        if reached.add(1, ordering: .relaxed).newValue == count { kill(getpid(), SIGKILL) }
    }

    func wording(_ wording: EventWording) -> EventWording {
        var failing = wording
        failing.changes.message = { change in
            self.reach(.changeWorded)
            return wording.changes.message(change)
        }
        return failing
    }
}

struct FailingJournal: RegimeJournal {
    let journal: any RegimeJournal
    let points: FailPoints

    func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        try await journal.register(profile)
    }

    func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        points.reach(.journalEntered)
        let receipt = try await journal.record(batch)
        points.reach(.journalCommitted)
        return receipt
    }

    func load(_ load: SeriesLoad) async throws -> JournalReceipt {
        points.reach(.journalEntered)
        let receipt = try await journal.load(load)
        points.reach(.journalCommitted)
        return receipt
    }

    func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        try await journal.announcePending(series, limit: limit)
    }
}

struct FailingOutbox: Outbox {
    let outbox: any Outbox
    let points: FailPoints

    func pending(after position: Int64, limit: Int) async throws -> [OutboxRow] {
        try await outbox.pending(after: position, limit: limit)
    }

    func markPublished(through position: Int64) async throws {
        try await outbox.markPublished(through: position)
        points.reach(.rowsMarked)
    }

    func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool {
        try await outbox.acquireLease(owner: owner, for: term)
    }

    func releaseLease(owner: String) async throws { try await outbox.releaseLease(owner: owner) }

    func lag() async throws -> OutboxLag { try await outbox.lag() }

    func commits() -> AsyncStream<Void> { outbox.commits() }
}

struct FailingBus: EventBus {
    let bus: any EventBus
    let points: FailPoints

    func publish(_ messages: [EventMessage]) async throws -> [LoggedEvent] {
        let isChange = messages.contains { $0.topic == .regimeChange }
        if isChange { points.reach(.publishEntered) }
        let logged = try await bus.publish(messages)
        if isChange { points.reach(.publishAcknowledged) }
        return logged
    }

    func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        FailingSubscription(
            subscription: try await bus.subscribe(to: topics, as: group, from: start),
            points: points, isNotifier: group == .notifications)
    }

    func tap(_ topic: Topic, from start: StartingOffset) async throws -> any EventReading {
        try await bus.tap(topic, from: start)
    }

    func snapshot(of topic: Topic) async throws -> any EventReading {
        try await bus.snapshot(of: topic)
    }

    func snapshot(
        of topic: Topic, after offsets: [Int32: Int64]
    ) async throws -> any EventReading {
        FailingReading(
            reading: try await bus.snapshot(of: topic, after: offsets), points: points)
    }

    func committed(
        _ topic: Topic, by group: ConsumerGroup
    ) async throws -> [Int32: Int64] {
        try await bus.committed(topic, by: group)
    }

    func ping() async throws { try await bus.ping() }
}

private struct FailingReading: EventReading {
    let reading: any EventReading
    let points: FailPoints

    func next() async throws -> LoggedEvent? {
        let event = try await reading.next()
        if event != nil { points.reach(.noticeReread) }
        return event
    }

    func close() async { await reading.close() }
}

private struct FailingSubscription: EventSubscription {
    let subscription: any EventSubscription
    let points: FailPoints
    /// Others read the same topics, and are not meant.
    let isNotifier: Bool

    var assignments: Int { subscription.assignments }

    func next() async throws -> LoggedEvent? {
        let event = try await subscription.next()
        if let event { reach(event, .barReceived, .noticeReceived) }
        return event
    }

    func commit(_ event: LoggedEvent) async throws {
        reach(event, .positionEntered, .noticeCommitted)
        try await subscription.commit(event)
        reach(event, .positionStored, .noticePositionStored)
    }

    private func reach(_ event: LoggedEvent, _ ofBar: FailPoint, _ ofNotice: FailPoint) {
        if event.message.topic == .marketBars {
            points.reach(ofBar)
        } else if isNotifier {
            points.reach(ofNotice)
        }
    }

    func holds(_ event: LoggedEvent) -> Bool { subscription.holds(event) }

    func pause(after event: LoggedEvent) { subscription.pause(after: event) }

    func resume(after event: LoggedEvent) { subscription.resume(after: event) }

    func close() async { await subscription.close() }
}

struct FailingCourier: WebhookCourier {
    let courier: any WebhookCourier
    let points: FailPoints

    func post(_ post: WebhookPost) async throws -> DeliveryResult {
        let result = try await courier.post(post)
        points.reach(.deliveryAnswered)
        return result
    }
}

struct FailingMailCourier: MailCourier {
    let courier: any MailCourier
    let points: FailPoints

    var sender: String { courier.sender }

    func send(_ mail: Mail) async throws -> DeliveryResult {
        let result = try await courier.send(mail)
        points.reach(.deliveryAnswered)
        return result
    }
}
