package import Market

/// Names a person's webhook.
package struct WebhookID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// What the other side understands.
package enum WebhookFormat: String, Sendable, CaseIterable {
    /// Our own JSON, signed (Standard Webhooks 1.0).
    case standard
    /// `{"text": …}`, as incoming webhooks of Slack take it.
    case slack
    /// `{"content": …}`.
    case discord
    /// `sendMessage` of the Bot API: `{"chat_id": …, "text": …}`.
    case telegram
    /// A message to a `mailto:` address, by SMTP.
    case mail
}

/// Where somebody is told what they are told, besides their inbox.
package struct Webhook: Sendable, Equatable {
    package var id: WebhookID
    package var url: String
    package var format: WebhookFormat
    /// All when empty.
    package var kinds: Set<NoticeKind>
    package var isEnabled: Bool
    /// Why it was disabled, where nobody did it by hand.
    package var problem: String?
    /// Sign deliveries, as long as they last; the newest first.
    package var secrets: [WebhookSecret]
    /// Deliveries given up in a row.
    package var failures: Int

    package init(
        id: WebhookID, url: String, format: WebhookFormat, kinds: Set<NoticeKind> = [],
        isEnabled: Bool = true, problem: String? = nil, secrets: [WebhookSecret], failures: Int = 0
    ) {
        self.id = id
        self.url = url
        self.format = format
        self.kinds = kinds
        self.isEnabled = isEnabled
        self.problem = problem
        self.secrets = secrets
        self.failures = failures
    }

    package func wants(_ kind: NoticeKind) -> Bool {
        isEnabled && (kinds.isEmpty || kinds.contains(kind))
    }

    /// Changes it by hand: whatever enables it, or gives it another URL, begins its failures anew.
    ///
    /// - Returns: whether that was so; then what waits for it goes at once, with all its attempts.
    package mutating func apply(_ change: (inout Webhook) -> Void) -> Bool {
        let before = self
        change(&self)
        let isEnabling = isEnabled && !before.isEnabled
        let beginsAnew = isEnabling || url != before.url
        if beginsAnew { failures = 0 }
        if isEnabling { problem = nil }
        return beginsAnew
    }
}

extension Webhook {
    /// For so long a secret that was replaced signs beside the new one.
    package static let replacedSecretSeconds: Int64 = 86_400
    /// Secrets at the most, however often they are replaced.
    package static let secretsLimit = 4

    /// What deliveries are signed with at an instant.
    package func secrets(at instant: Timestamp) -> [WebhookSecret] {
        secrets.filter { secret in secret.end.map { instant < $0 } ?? true }
    }

    /// Signs with a new secret from an instant on, and for a while with the old one too.
    package mutating func replaceSecret(by secret: WebhookSecret, at instant: Timestamp) {
        let end = instant.advanced(bySeconds: Webhook.replacedSecretSeconds)
        let old = secrets(at: instant).map { $0.ending(at: min($0.end ?? end, end)) }
        secrets = [secret] + old.prefix(Webhook.secretsLimit - 1)
    }
}

/// A key that deliveries are signed with; never written where people or programs read.
package struct WebhookSecret: Sendable, Equatable {
    package let bytes: [UInt8]
    /// When it signs no more; `nil` for one that was not replaced.
    package private(set) var end: Timestamp?

    package static let lengthLimits = 24...64

    package init?(_ bytes: [UInt8], until end: Timestamp? = nil) {
        guard WebhookSecret.lengthLimits.contains(bytes.count) else { return nil }
        self.bytes = bytes
        self.end = end
    }

    fileprivate func ending(at end: Timestamp) -> WebhookSecret {
        var secret = self
        secret.end = end
        return secret
    }
}

extension WebhookSecret: Concealed {
    package var description: String { "‹secret›" }
}
