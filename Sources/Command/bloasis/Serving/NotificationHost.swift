import Contracts
import Foundation
import Hosting
import Logging
import Market
import Notices
import Notification
import Ports
import Postbox
import ServiceLifecycle

/// Who is told what, and how: the parts of the notification service, put together.
struct NoticeOffice: Sendable {
    let inboxes: NotificationQueries
    let webhooks: WebhookQueries
    /// What runs for as long as the process does.
    let parts: [any Service]

    /// - Parameter page: where this process serves the dashboard, if it does.
    init(
        _ desk: UserDesk, _ settings: DeliverySettings, by couriers: NoticeCouriers, page: String?
    ) {
        let (notices, logger) = (desk.storage.notices, desk.logger)
        let now: @Sendable () -> Timestamp = { WallClock.now }
        let wording = NotificationWording(dashboard: settings.dashboard ?? page)
        let feed = NoticeFeed(reader: notices, wording: wording, logger: logger)
        inboxes = NoticeOffice.inboxes(notices, feed: feed, wording: wording)
        webhooks = WebhookQueries(
            store: notices, people: BoundedPeople(notices), couriers: couriers,
            policy: settings.policy, now: now,
            bytes: { count in
                var generator = SystemRandomNumberGenerator()
                return (0..<count).map { _ in .random(in: 0...255, using: &generator) }
            })
        let effect = NoticeEffect(
            on: notices, clock: NoticeOffice.zones, now: now, logger: logger)
        parts =
            [
                feed, NoticeUpkeep(ledger: notices, logger: logger).work(now: now),
                Deliveries(
                    from: notices, by: couriers, wording: wording, owner: Assembly.instanceID,
                    time: Deliveries.Time(now: now, random: { Assembly.chance }), logger: logger),
            ] + desk.consumers(of: NoticeEffect.topics, as: NoticeEffect.group, having: effect)
    }

    /// What people were told, without anybody being told by it.
    static func inboxes(
        _ notices: any NoticeStore, feed: NoticeFeed, wording: NotificationWording
    ) -> NotificationQueries {
        NotificationQueries(
            reader: notices, people: BoundedPeople(notices), feed: feed, wording: wording,
            zones: zones,
            now: { WallClock.now })
    }

    /// The database that the system has.
    private static let zones = ZoneClock { zone, instant in
        TimeZone(identifier: zone)?.secondsFromGMT(
            for: Date(timeIntervalSince1970: Double(instant.nanoseconds) / 1e9))
    }
}

/// Tells people what happened.
struct NotificationHost: BlockingService {
    static let name = "notification"
    private let office: NoticeOffice
    private let assembly: Assembly

    init(_ context: ServiceContext<DeliverySettings>) async throws {
        office = try await context.process.shared(Shared.notices)
        assembly = try await context.process.shared(Shared.assembly)
    }

    func run() async throws {
        async let topics: Void = assembly.makeTopics()
        try await runTogether(office.parts)
        await topics
    }
}
