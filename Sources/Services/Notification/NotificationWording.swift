package import Contracts
import Market
package import Notices
package import Ports
import Regimes
import Trading

/// Notices as messages of the wire.
package struct NotificationWording: Sendable {
    /// Where the dashboard is, without a `/` at the end; `nil` when nobody knows.
    private let dashboard: String?

    package init(dashboard: String?) {
        self.dashboard = dashboard
    }

    package func message(_ told: ToldNotice) -> Bloasis_Notification_Notification {
        let text = NoticeText(told.notice, from: told.previous, isLate: told.isLate)
        var message = Bloasis_Notification_Notification()
        message.notificationID = String(told.position)
        message.userID = told.addressee.text
        message.eventID = told.notice.eventID.text
        message.kind = told.notice.kind.rawValue
        message.title = text.title
        message.body = text.lines.joined(separator: "\n")
        message.timestamp = told.notice.timestamp.rfc3339
        message.acknowledged = told.acknowledgedAt != nil
        message.event = told.notice.event
        message.toldAt = told.toldAt.rfc3339
        if let link = link(text) { message.link = link }
        if case .change(let step) = told.notice.matter {
            message.previousRegime = (told.previous ?? step.previous).label
        }
        return message
    }

    /// The page of what a text is about; markets' names need no escaping but for `^`.
    package func link(_ text: NoticeText) -> String? {
        guard let dashboard else { return nil }
        guard let series = text.series else { return dashboard + "/" }
        let market = series.market.text.replacing("^", with: "%5E").replacing("=", with: "%3D")
        return "\(dashboard)/?market=\(market)&timeframe=\(series.timeframe)"
    }

    /// An event of the stream, for all who are told it.
    func answer(_ told: ToldNotice) -> AnsweredMessage {
        var event = Bloasis_Notification_NotificationEvent()
        event.type = "notification"
        event.notification = message(told)
        return AnsweredMessage(event)
    }

    /// The first event of a stream: how it begins.
    static func answer(_ resumption: Resumption) -> AnsweredMessage {
        var event = Bloasis_Notification_NotificationEvent()
        event.type = "resumed"
        event.resumed.answer = resumption.answer.rawValue
        event.resumed.after = resumption.after.map(String.init) ?? ""
        let removed = resumption.span.removedThrough
        event.resumed.removedThrough = removed > 0 ? String(removed) : ""
        event.resumed.last = String(resumption.span.last)
        return AnsweredMessage(event)
    }
}
