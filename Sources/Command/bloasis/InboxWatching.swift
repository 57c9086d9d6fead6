import ArgumentParser
import Clients
import Contracts
import Hosting
import Notices
import Notification
import Ports
import Regimes
import Terminal
import UnixSignals

/// `watch --inbox`: what one person is told, on standard output.
extension WatchCommand {
    func validateInbox() throws {
        let flags = [
            ("--market", market != nil), ("--timeframe", timeframe != nil), ("--name", name != nil),
        ]
        guard let (flag, _) = flags.first(where: { $0.1 }) else { return }
        let advice =
            flag == "--name"
            ? "it goes on after a notification with --after"
            : "what is told, the person's preferences say"
        throw ValidationError("\(flag) is not for an inbox: \(advice)")
    }

    func followInbox(_ configuration: BloasisConfiguration) async throws {
        let settings = try configuration.values.read(DeliverySettings.self)
        try await source.asking(
            configuration,
            store: { assembly in
                let wording = NotificationWording(dashboard: settings.dashboard)
                let notices = assembly.storage.notices
                let feed = NoticeFeed(reader: notices, wording: wording, logger: assembly.logger)
                let inboxes = NoticeOffice.inboxes(notices, feed: feed, wording: wording)
                try await untilSignalled([{ try await feed.run() }, { try await follow(inboxes) }])
            },
            server: { calls in
                try await untilSignalled([{ try await follow(RemoteNotification(calls)) }])
            })
    }

    private func untilSignalled(_ works: [@Sendable () async throws -> Void]) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await run(works, until: { for await _ in signals { return } })
    }

    private func follow(_ notifications: any NotificationAPI) async throws {
        var follower = NotificationFollower(
            notifications, userID: user ?? "", after: after, chance: { Assembly.chance })
        var told = 0
        while true {
            switch try await follower.next() {
            case .event(let event):
                try tell(event)
                StandardOutput.flush()
                if event.hasNotification { told += 1 }
                if told == count { return }
            case .lost(let reason, let pause):
                let seconds = Format.decimals(pause / .seconds(1), 1)
                StandardError.note("\(reason): asking again in \(seconds) s")
            }
        }
    }

    private func tell(_ event: Bloasis_Notification_NotificationEvent) throws {
        if json {
            let data = try WireJSON.text(event.eventData)
            // The kinds of messages are names.
            return StandardOutput.line(#"{"type":"\#(event.eventName)","data":\#(data)}"#)
        }
        guard event.hasNotification else {
            let begins = event.resumed.sentence
            return event.resumed.hasGap ? StandardError.warning(begins) : StandardError.note(begins)
        }
        let style = Display.output
        for line in NoticeLines(event.notification).lines(style) {
            StandardOutput.line(line.rendered(style))
        }
    }
}

extension NoticeLines {
    fileprivate init(_ told: Bloasis_Notification_Notification) {
        let change = try? RegimeChangeEvent(payload: Array(told.event.utf8))
        let previous = try? Regime(label: told.previousRegime)
        let regimes = [previous, change?.regime].compactMap(\.self)
        self.init(
            number: told.notificationID, title: told.title,
            naming: regimes.map { ($0.title, $0) }, body: told.body, link: told.link)
    }
}
