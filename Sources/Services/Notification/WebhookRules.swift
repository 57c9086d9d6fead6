import Contracts
import Notices
package import Ports

/// What a webhook may be.
package struct WebhookRules: Sendable {
    static let urlBytesLimit = 2_048

    private let policy: WebhookPolicy
    private let sendsMail: Bool

    /// - Parameter sendsMail: whether this server does.
    package init(policy: WebhookPolicy, sendsMail: Bool) {
        self.policy = policy
        self.sendsMail = sendsMail
    }

    /// - Parameter text: empty for the one that the URL calls for.
    func format(_ text: String, of url: String) throws(RPCFault) -> WebhookFormat {
        if text.isEmpty { return WebhookRules.isMail(url) ? .mail : .standard }
        guard let format = WebhookFormat(rawValue: text) else {
            let valid = WebhookFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidArgument(
                "format: '\(RequestReading.excerpt(text))' is not one of \(valid)")
        }
        return format
    }

    /// What is wrong is told without the URL, which may be a secret.
    func check(_ url: String, for format: WebhookFormat) throws(RPCFault) {
        guard !url.isEmpty else {
            throw .invalidArgument("url is required: https://…, or mailto: and an address")
        }
        guard url.utf8.count <= WebhookRules.urlBytesLimit else {
            throw .invalidArgument(
                "url: it has more than \(WebhookRules.urlBytesLimit) bytes: use a shorter one")
        }
        if format == .mail { return try checkMail(url) }
        guard !WebhookRules.isMail(url) else {
            throw .invalidArgument("url: a mailto: address takes the format mail")
        }
        if let objection = policy.objection(toURL: url) {
            throw .invalidArgument("url: \(objection)")
        }
        guard !url.contains("#") else {
            throw .invalidArgument("url: leave out what begins with #")
        }
        if format == .telegram, let objection = TelegramURL.objection(to: url) {
            throw .invalidArgument(
                "url: \(objection): use https://api.telegram.org/bot<token>/sendMessage?chat_id=…")
        }
    }

    private func checkMail(_ url: String) throws(RPCFault) {
        guard WebhookRules.isMail(url), MailAddress.isValid(MailAddress.text(ofURL: url)) else {
            throw .invalidArgument(
                "url: for mail use mailto: and one address, mailto:me@example.com")
        }
        guard sendsMail else {
            throw RPCFault(
                .failedPrecondition,
                "url: this server sends no mail: SMTP_HOST and SMTP_FROM would have to be set")
        }
    }

    /// Stands for all kinds: none at all says nothing about them where something is changed.
    static let allKinds = "*"

    /// - Returns: empty for all.
    func kinds(_ texts: [String]) throws(RPCFault) -> Set<NoticeKind> {
        if texts == [WebhookRules.allKinds] { return [] }
        var kinds: Set<NoticeKind> = []
        for text in texts {
            guard let kind = NoticeKind(rawValue: text) else {
                let valid = NoticeKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidArgument(
                    "kinds: '\(RequestReading.excerpt(text))' is not one of \(valid); "
                        + "\(WebhookRules.allKinds) alone is all of them")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    /// - Parameters:
    ///   - text: empty for a new one.
    ///   - bytes: so many, of which nobody can guess any.
    func secret(
        _ text: String, for format: WebhookFormat, _ bytes: (Int) -> [UInt8]
    ) throws(RPCFault) -> WebhookSecret {
        guard format == .standard else {
            throw RPCFault(
                .failedPrecondition,
                "secret: what is sent as \(format.rawValue) is not signed: leave it out")
        }
        let lengths = WebhookSecret.lengthLimits
        let secret =
            text.isEmpty
            ? WebhookSecret(bytes(WebhookRules.secretBytes)) : WebhookSecret(exposedText: text)
        guard let secret else {
            throw .invalidArgument(
                "secret: it is not whsec_ and the base64 of \(lengths.lowerBound) to "
                    + "\(lengths.upperBound) bytes: leave it out, and one is made")
        }
        return secret
    }

    /// Of secrets that are made here.
    static let secretBytes = 32

    private static func isMail(_ url: String) -> Bool { url.hasPrefix(MailAddress.scheme) }
}
