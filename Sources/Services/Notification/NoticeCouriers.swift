import Market
import Notices
package import Ports

/// Those who bring messages to where people are told besides their inbox.
package struct NoticeCouriers: Sendable {
    let web: any WebhookCourier
    /// `nil`: this server sends no mail.
    let mail: (any MailCourier)?

    package init(web: any WebhookCourier, mail: (any MailCourier)?) {
        self.web = web
        self.mail = mail
    }

    /// Attempts to deliver a message once.
    ///
    /// - Parameter instant: now.
    /// - Throws: `CancellationError`: whether it has arrived nobody knows.
    func bring(
        _ content: WebhookContent, to webhook: Webhook, at instant: Timestamp
    ) async throws -> DeliveryResult {
        let message = WebhookMessage(
            content, for: webhook, at: instant, from: mail?.sender ?? "")
        switch message {
        case .post(let post): return try await web.post(post)
        case .mail(let message):
            guard let mail else {
                return .unable(reason: "this server sends no mail: SMTP_HOST is not set")
            }
            return try await mail.send(message)
        }
    }
}
