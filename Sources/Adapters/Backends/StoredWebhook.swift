import Market
import Notices
import Ports

/// A webhook as both stores keep it: a text or a number per column.
enum StoredWebhook {
    /// The columns that are read, of a table `w`; then whether it is enabled, and its failures.
    static let columns: StaticString = """
        w.webhook_id, w.url, w.format, w.kinds, w.secrets, w.problem, w.enabled, w.failures
        """

    /// Their names, with spaces between; empty for all.
    static func text(of kinds: Set<NoticeKind>) -> String {
        kinds.map(\.rawValue).sorted().joined(separator: " ")
    }

    /// Hexadecimal, with spaces between; of one that ends, `@` and when, in nanoseconds.
    static func text(of secrets: [WebhookSecret]) -> String {
        secrets.map { secret in
            Hexadecimal.text(secret.bytes) + (secret.end.map { "@\($0.nanoseconds)" } ?? "")
        }.joined(separator: " ")
    }

    /// - Parameter text: gives the text of a column, counted from the first of `columns`.
    static func webhook(
        isEnabled: Bool, failures: Int64, text: (Int) throws -> String?
    ) throws -> Webhook {
        func required(_ column: Int, _ name: String) throws -> String {
            guard let found = try text(column) else {
                throw UnreadableRow(column: name, value: "nothing")
            }
            return found
        }
        return Webhook(
            id: WebhookID(try required(0, "webhook_id")), url: try required(1, "url"),
            format: try StoredText.label(required(2, "format"), column: "format"),
            kinds: Set(
                try required(3, "kinds").split(separator: " ").map {
                    try StoredText.label(String($0), column: "kinds")
                }),
            isEnabled: isEnabled, problem: try text(5),
            secrets: try required(4, "secrets").split(separator: " ").map(secret),
            failures: Int(failures))
    }

    private static func secret(_ text: Substring) throws -> WebhookSecret {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let digits = Array(parts[0].utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { start in
            FixedDigits.read(digits[start..<min(start + 2, digits.count)], radix: 16)
                .map { UInt8(truncatingIfNeeded: $0) }
        }
        let end = parts.count == 2 ? Int64(parts[1]) : nil
        guard 2 * bytes.count == digits.count, parts.count == 1 || end != nil,
            let secret = WebhookSecret(bytes, until: end.map { Timestamp(nanoseconds: $0) })
        else {
            // Not what it holds: it is nobody's to read.
            throw UnreadableRow(column: "secrets", value: "\(digits.count) digits")
        }
        return secret
    }
}

/// What goes next to a webhook.
struct NextDelivery {
    var webhook: Webhook
    var addressee: Addressee
    /// The last position of what goes together.
    var last: Int64
    /// So far.
    var attempts: Int

    /// - Parameters:
    ///   - user: whose it is, and `preferences`, as they are stored.
    ///   - position: of the first thing on its way.
    ///   - digest: the last position that a digest would have.
    ///   - batch: the last position of what was taken together before.
    init(
        to webhook: Webhook, of user: String, preferring preferences: String?, at position: Int64,
        digest: Int64, batch: Int64?, attempts: Int
    ) throws {
        // Who has some that cannot be read gets one thing at a time, as is usual.
        let preferences = preferences.flatMap { try? NoticePreferences(stored: $0) }
        let isDigest = preferences.map { $0.digest != .instant } ?? false
        self.webhook = webhook
        addressee = try StoredNotices.addressee(user)
        last = batch ?? (isDigest ? digest : position)
        self.attempts = attempts
    }
}
