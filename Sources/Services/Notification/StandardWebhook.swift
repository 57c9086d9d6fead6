import Contracts
import Crypto
import Foundation
import Market
import Notices
import Ports

/// Messages as Standard Webhooks 1.0 has them: `type`, `timestamp` and `data`, signed.
enum StandardWebhook {
    static func post(
        _ content: WebhookContent, for webhook: Webhook, at instant: Timestamp
    ) -> WebhookPost {
        let body = body(of: content)
        let seconds = instant.nanoseconds / Timestamp.nanosecondsPerSecond
        let signatures = webhook.secrets(at: instant).map {
            signature(of: body, id: content.id, seconds: seconds, by: $0)
        }
        return WebhookPost(
            url: webhook.url,
            headers: [
                WebhookMessage.jsonType, WebhookMessage.agent,
                WebhookPost.Header("webhook-id", content.id),
                WebhookPost.Header("webhook-timestamp", "\(seconds)"),
                WebhookPost.Header("webhook-signature", signatures.joined(separator: " ")),
            ], body: Array(body.utf8))
    }

    private static func body(of content: WebhookContent) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("type", content.kind)
            json.member("timestamp", content.timestamp.rfc3339)
        }
        return json.text.dropLast() + #","data":"# + content.data + "}"
    }

    /// `v1,` and the base64 of an HMAC-SHA256 over id, time and body.
    static func signature(
        of body: String, id: String, seconds: Int64, by secret: WebhookSecret
    ) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(id).\(seconds).\(body)".utf8),
            using: SymmetricKey(data: secret.bytes))
        return "v1," + Data(code).base64EncodedString()
    }
}

extension WebhookSecret {
    private static let prefix = "whsec_"

    /// As its owner sees it, once: `whsec_` and base64. Named so that every use is visible in
    /// review.
    var exposedText: String { WebhookSecret.prefix + Data(bytes).base64EncodedString() }

    /// `nil` for what is no secret.
    init?(exposedText text: String) {
        guard text.hasPrefix(WebhookSecret.prefix),
            let bytes = Data(base64Encoded: String(text.dropFirst(WebhookSecret.prefix.count)))
        else { return nil }
        self.init(Array(bytes))
    }
}
