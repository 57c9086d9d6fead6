package import Notices
import Synchronization

/// A request with a message. Its URL may hold a secret: printing it shows neither that nor its
/// headers.
package struct WebhookPost: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var url: String
    package var headers: [Header]
    package var body: [UInt8]

    package init(url: String, headers: [Header], body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }

    package var host: String { (try? URLHost.of(url)) ?? "" }
}

extension WebhookPost: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(body.count) bytes for \(host)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["host": host]) }
}

/// A message to one mailbox.
package struct Mail: Sendable, Equatable {
    /// `user@host`.
    package var recipient: String
    /// As RFC 5322 has it: headers, an empty line, the body; lines end with CR LF.
    package var message: [UInt8]

    package init(recipient: String, message: [UInt8]) {
        self.recipient = recipient
        self.message = message
    }
}

/// Brings messages to webhooks over HTTP.
///
/// Implementations: `InMemoryCourier`, `WebhookSender`.
package protocol WebhookCourier: Sendable {
    /// - Returns: reasons are fit for whoever has the webhook: no URL, no secret, nothing of what
    ///   the answer's body says.
    /// - Throws: `CancellationError`: whether it has arrived nobody knows.
    func post(_ post: WebhookPost) async throws -> DeliveryResult
}

/// Brings messages to mailboxes.
///
/// Implementations: `InMemoryCourier`, `MailSender`.
package protocol MailCourier: Sendable {
    /// Whom mail is from: `user@host`.
    var sender: String { get }

    /// As `WebhookCourier.post`.
    func send(_ mail: Mail) async throws -> DeliveryResult
}

/// The twin of both: its owner says what comes of each message.
package final class InMemoryCourier: WebhookCourier, MailCourier {
    package enum Sent: Sendable, Equatable {
        case post(WebhookPost)
        case mail(Mail)
    }

    package let sender: String
    private let answer: @Sendable (Sent) async throws -> DeliveryResult
    private let journal = Mutex<[Sent]>([])

    /// - Parameter answer: what comes of a message; all arrive when it is left out.
    package init(
        sender: String = "bloasis@example.com",
        _ answer: @escaping @Sendable (Sent) async throws -> DeliveryResult = { _ in .delivered }
    ) {
        self.sender = sender
        self.answer = answer
    }

    /// What it was given, in order.
    package var sent: [Sent] { journal.withLock { $0 } }

    package func post(_ post: WebhookPost) async throws -> DeliveryResult {
        try await take(.post(post))
    }

    package func send(_ mail: Mail) async throws -> DeliveryResult {
        try await take(.mail(mail))
    }

    private func take(_ message: Sent) async throws -> DeliveryResult {
        try Task.checkCancellation()
        journal.withLock { $0.append(message) }
        return try await answer(message)
    }
}
