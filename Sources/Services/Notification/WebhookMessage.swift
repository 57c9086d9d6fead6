package import Market
package import Notices
package import Ports

/// A message as the other side of a webhook understands it.
package enum WebhookMessage: Sendable, Equatable {
    case post(WebhookPost)
    case mail(Mail)

    /// - Parameters:
    ///   - instant: of the attempt.
    ///   - sender: whom mail is from, `user@host`.
    package init(
        _ content: WebhookContent, for webhook: Webhook, at instant: Timestamp,
        from sender: String
    ) {
        switch webhook.format {
        case .standard:
            self = .post(StandardWebhook.post(content, for: webhook, at: instant))
        case .slack:
            self = .chat(webhook.url, ChatMessage.slack(content))
        case .discord:
            self = .chat(webhook.url, ChatMessage.discord(content))
        case .telegram:
            let (url, chat) = TelegramURL.parts(of: webhook.url)
            self = .chat(url, ChatMessage.telegram(content, to: chat))
        case .mail:
            let recipient = MailAddress.text(ofURL: webhook.url)
            self = .mail(
                Mail(
                    recipient: recipient,
                    message: MailText.message(content, to: recipient, from: sender)))
        }
    }

    private static func chat(_ url: String, _ body: String) -> WebhookMessage {
        .post(WebhookPost(url: url, headers: [jsonType, agent], body: Array(body.utf8)))
    }

    static let jsonType = WebhookPost.Header("Content-Type", "application/json")
    static let agent = WebhookPost.Header("User-Agent", "bloasis-notification")
}
