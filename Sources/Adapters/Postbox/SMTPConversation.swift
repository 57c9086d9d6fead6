import Foundation
import Notices
import Ports
import WebCalls

/// What is said to a mail server, and what its answers mean (RFC 5321, 3207, 4954): replies in,
/// actions out.
struct SMTPConversation: Sendable {
    enum Action: Equatable, Sendable {
        case send([UInt8])
        /// From the next byte on both sides speak TLS; then `secured()`.
        case startTLS
        /// It is over. Whether the other side hears the farewell does not matter.
        case finish(DeliveryResult, farewell: [UInt8]?)
    }

    private enum Step: String {
        case greeting = "the greeting"
        case hello = "EHLO"
        case startTLS = "STARTTLS"
        case plain = "AUTH PLAIN"
        case loginUser = "AUTH LOGIN"
        case loginPassword = "AUTH LOGIN, the user"
        case loginEnd = "AUTH LOGIN, the password"
        case sender = "MAIL FROM"
        case recipient = "RCPT TO"
        case data = "DATA"
        case content = "the message"
    }

    private let server: MailServer
    private let mail: Mail
    private var step = Step.greeting
    private var isSecure: Bool

    init(_ mail: Mail, to server: MailServer) {
        self.mail = mail
        self.server = server
        isSecure = server.security == .implicit
    }

    /// TLS is agreed on: what was said before does not count.
    mutating func secured() -> Action {
        isSecure = true
        return hello()
    }

    /// The server speaks first, and then whenever it was spoken to.
    mutating func take(_ reply: SMTPReply) -> Action {
        let expected = expected
        guard expected.contains(reply.code) else { return end(by: reply) }
        switch step {
        case .greeting: return hello()
        case .hello: return afterHello(reply)
        case .startTLS: return .startTLS
        case .loginUser: return say(.loginPassword, base64(server.login?.user))
        case .loginPassword: return say(.loginEnd, base64(server.login?.exposedPassword))
        case .plain, .loginEnd: return sender()
        case .sender: return say(.recipient, "RCPT TO:<\(mail.recipient)>")
        case .recipient: return say(.data, "DATA")
        case .data:
            step = .content
            return .send(SMTPConversation.data(mail.message))
        case .content: return .finish(.delivered, farewell: Array("QUIT\r\n".utf8))
        }
    }

    private var expected: Set<Int> {
        switch step {
        case .greeting, .startTLS: [220]
        case .hello, .sender, .content: [250]
        // Also of somebody whom it will forward to (251, 252).
        case .recipient: [250, 251, 252]
        case .loginUser, .loginPassword: [334]
        case .plain, .loginEnd: [235]
        case .data: [354]
        }
    }

    /// What it means that a conversation went wrong here, not by a refusal: once the server is told
    /// whom the message is for, it may be because of that.
    func failure(_ reason: String) -> DeliveryResult {
        isOfMessage ? .failed(reason: reason) : .unable(reason: reason)
    }

    private var isOfMessage: Bool { step == .recipient || step == .data || step == .content }

    // MARK: - Steps

    private mutating func say(_ next: Step, _ line: String) -> Action {
        step = next
        return .send(Array((line + "\r\n").utf8))
    }

    /// By the name of the host that mail is from.
    private mutating func hello() -> Action {
        say(.hello, "EHLO \(server.sender.split(separator: "@").last ?? "localhost")")
    }

    private mutating func afterHello(_ reply: SMTPReply) -> Action {
        // The first line is a greeting; each of the others begins with a keyword.
        let offers = reply.lines.dropFirst().map { $0.uppercased().split(separator: " ") }
        if server.security == .startTLS, !isSecure {
            guard offers.contains(where: { $0.first == "STARTTLS" }) else {
                return fail(
                    "the mail server offers no STARTTLS, and nothing is sent without: see SMTP_TLS")
            }
            return say(.startTLS, "STARTTLS")
        }
        guard let login = server.login else { return sender() }
        guard isSecure else { return fail("a password is sent over TLS alone: see SMTP_TLS") }
        let ways = Set(offers.filter { $0.first == "AUTH" }.flatMap { $0.dropFirst() })
        if ways.contains("PLAIN") {
            return say(
                .plain, "AUTH PLAIN " + base64("\0\(login.user)\0\(login.exposedPassword)"))
        }
        guard ways.contains("LOGIN") else {
            return fail("the mail server offers neither AUTH PLAIN nor AUTH LOGIN")
        }
        return say(.loginUser, "AUTH LOGIN")
    }

    private mutating func sender() -> Action { say(.sender, "MAIL FROM:<\(server.sender)>") }

    private func base64(_ text: String?) -> String {
        Data((text ?? "").utf8).base64EncodedString()
    }

    // MARK: - Ends

    /// A refusal of this recipient or of this message is theirs; what a server has against whoever
    /// hands mail in is to be mended by whoever runs this server.
    private func end(by reply: SMTPReply) -> Action {
        // Of a server that was shown a password nothing is repeated, nor is it of interest.
        let words =
            isOfMessage ? ": " + Excerpt.of(Array(reply.lines.joined(separator: " ").utf8)) : ""
        let reason = "the mail server answers \(reply.code) to \(step.rawValue)\(words)"
        guard isOfMessage, reply.code >= 500 else { return fail(reason) }
        let isNobody = step == .recipient && reply.saysNobody
        return .finish(
            isNobody ? .refused(reason: reason) : .rejected(reason: reason),
            farewell: Array("QUIT\r\n".utf8))
    }

    private func fail(_ reason: String) -> Action {
        .finish(failure(reason), farewell: Array("QUIT\r\n".utf8))
    }

    // MARK: - The message

    /// A message as it goes over the wire, with its end: each line ends with CR LF, however it did
    /// before, and one that begins with a dot gets another.
    static func data(_ message: [UInt8]) -> [UInt8] {
        let (cr, lf, dot) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "."))
        var data: [UInt8] = []
        data.reserveCapacity(message.count + 64)
        var isAtStart = true
        var last: UInt8 = 0
        for byte in message {
            defer { last = byte }
            if byte == cr || byte == lf {
                if byte == lf, last == cr { continue }
                data += [cr, lf]
                isAtStart = true
            } else {
                if isAtStart, byte == dot { data.append(dot) }
                data.append(byte)
                isAtStart = false
            }
        }
        if !isAtStart { data += [cr, lf] }
        return data + [dot, cr, lf]
    }
}

extension SMTPReply {
    /// Whether an answer to `RCPT TO` says that there is no such mailbox (550, 551, 553), not that
    /// it is full, or that a rule keeps this message from it (RFC 3463: 5.2.2, 5.7).
    fileprivate var saysNobody: Bool {
        let status = lines.first?.prefix { $0 != " " } ?? ""
        return [550, 551, 553].contains(code) && status != "5.2.2" && !status.hasPrefix("5.7.")
    }
}
