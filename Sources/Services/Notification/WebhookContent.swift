import Contracts
import Market
import Notices
package import Ports

/// What a webhook is told, before it is put into the form that the other side understands.
package struct WebhookContent: Sendable {
    /// One notice in words.
    struct Item: Sendable {
        var title: String
        var lines: [String]
        var link: String?
    }

    /// The same at each attempt.
    let id: String
    /// `regime_change`, `order_filled`, `digest` or `test`.
    let kind: String
    /// When it was told.
    let timestamp: Timestamp
    /// JSON: the notification, or `{"notifications": …}` of several.
    let data: String
    /// Never empty.
    let items: [Item]

    static let digestKind = "digest"
    static let testKind = "test"

    /// One line for all of it.
    var title: String {
        let first = items.first?.title ?? ""
        return items.count == 1 ? first : "\(items.count) notifications: \(first), …"
    }
}

extension WebhookContent {
    /// - Throws: when a notification has no JSON.
    package init(_ delivery: Delivery, in wording: NotificationWording) throws {
        id = delivery.id
        let notices = delivery.notices
        timestamp = notices.last?.toldAt ?? .earliest
        items = notices.map { told in
            let text = NoticeText(told.notice, from: told.previous, isLate: told.isLate)
            return Item(title: text.title, lines: text.lines, link: wording.link(text))
        }
        let json = try notices.map { try WireJSON.text(wording.message($0)) }
        if notices.count == 1 {
            kind = notices[0].notice.kind.rawValue
            data = json[0]
        } else {
            kind = WebhookContent.digestKind
            data = #"{"notifications":["# + json.joined(separator: ",") + "]}"
        }
    }

    /// A message that says that it is a test.
    init(testing webhook: WebhookID, id: String, at instant: Timestamp) {
        self.id = id
        kind = WebhookContent.testKind
        timestamp = instant
        var json = JSONWriter()
        json.object { $0.member("webhookId", webhook.text) }
        data = json.text
        items = [
            Item(
                title: "This is a test of your webhook",
                lines: ["Nothing happened. What you are told will come here."])
        ]
    }
}
