import Foundation
import Notices
import Ports
import TestSupport
import Testing

@testable import Postbox

@Suite("What is said to a mail server")
struct SMTPConversationTests {
    private static let mail = Mail(recipient: "you@example.org", message: Array("a: b\r\n".utf8))

    /// What is said when a server answers with these lines, one reply each, and what comes of it.
    private func script(
        _ server: MailServer, _ replies: [String]
    ) throws -> (said: [String], result: DeliveryResult?) {
        var conversation = SMTPConversation(SMTPConversationTests.mail, to: server)
        var said: [String] = []
        for reply in replies {
            var reader = SMTPReplyReader()
            let read = try #require(try reader.take(Array((reply + "\r\n").utf8)).first)
            var action = conversation.take(read)
            if action == .startTLS {
                said.append("‹TLS›")
                action = conversation.secured()
            }
            switch action {
            case .send(let bytes):
                said.append(String(decoding: bytes, as: UTF8.self))
            case .finish(let result, let farewell):
                said += farewell.map { [String(decoding: $0, as: UTF8.self)] } ?? []
                return (said, result)
            case .startTLS: Issue.record("TLS in TLS")
            }
        }
        return (said, nil)
    }

    private func server(
        _ security: MailServer.Security = .startTLS, login: MailLogin? = nil
    ) -> MailServer {
        MailServer(
            host: "mail.example", port: 587, security: security, login: login,
            sender: "bloasis@example.com")
    }

    private let login = MailLogin(user: "user", password: "S3cret")
    private let ends = ["250 ok", "250 ok", "354 go on", "250 queued"]

    @Test("a message goes out over TLS, with a password, after both have greeted anew")
    func whole() throws {
        let (said, result) = try script(
            server(login: login),
            [
                "220 hello", "250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME", "220 go",
                "250-mail.example\r\n250-AUTH CRAM-MD5 PLAIN LOGIN\r\n250 SIZE", "235 welcome",
            ] + ends)
        let plain = Data("\0user\0S3cret".utf8).base64EncodedString()
        #expect(
            said == [
                "EHLO example.com\r\n", "STARTTLS\r\n", "‹TLS›", "EHLO example.com\r\n",
                "AUTH PLAIN \(plain)\r\n", "MAIL FROM:<bloasis@example.com>\r\n",
                "RCPT TO:<you@example.org>\r\n", "DATA\r\n", "a: b\r\n.\r\n", "QUIT\r\n",
            ])
        #expect(result == .delivered)
    }

    @Test("a server that knows LOGIN alone is told user and password in turn")
    func loginWay() throws {
        let (said, result) = try script(
            server(.implicit, login: login),
            [
                "220 hello", "250-mail\r\n250 auth login", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6",
                "235 welcome",
            ] + ends)
        #expect(said.prefix(4).dropFirst() == ["AUTH LOGIN\r\n", "dXNlcg==\r\n", "UzNjcmV0\r\n"])
        #expect(result == .delivered)
    }

    @Test("without TLS nothing is sent, unless that is asked for, and a password never is")
    func downgrade() throws {
        let (said, result) = try script(
            server(login: login), ["220 hello", "250-mail\r\n250 AUTH PLAIN"])
        #expect(said == ["EHLO example.com\r\n", "QUIT\r\n"])
        guard case .unable(let reason) = result else { throw Unexpected() }
        #expect(reason.contains("STARTTLS"))
        let plain = try script(
            server(.off, login: login), ["220 hello", "250-m\r\n250 AUTH PLAIN"])
        #expect(!plain.said.contains { $0.hasPrefix("AUTH") })
        #expect(try script(server(.off), ["220 hello", "250 mail"] + ends).result == .delivered)
        let refused = try script(server(), ["220 hello", "250-m\r\n250 STARTTLS", "454 not now"])
        #expect(refused.said.last == "QUIT\r\n")
    }

    private struct Unexpected: Error {}

    enum End: Sendable { case unable, failed, rejected, refused }

    @Test(
        "what a server has against the message ends it, what it has against us is put off",
        arguments: [
            (["421 busy"], .unable), (["554 nobody"], .unable), (["220 hi", "500 what"], .unable),
            (["220 hi", "250 m", "451 later"], .unable), (["220 hi", "250 m", "550 w"], .unable),
            (["220 hi", "250 m", "250 ok", "450 full"], .failed),
            (["220 hi", "250 m", "250 ok", "550 5.1.1 nobody of that name"], .refused),
            (["220 hi", "250 m", "250 ok", "551 moved"], .refused),
            (["220 hi", "250 m", "250 ok", "553 no name"], .refused),
            (["220 hi", "250 m", "250 ok", "552 full"], .rejected),
            (["220 hi", "250 m", "250 ok", "554 no"], .rejected),
            (["220 hi", "250 m", "250 ok", "550 5.2.2 full"], .rejected),
            (["220 hi", "250 m", "250 ok", "550 5.7.1 on a list"], .rejected),
            (["220 hi", "250 m", "250 ok", "251 will forward", "451 later"], .failed),
            (["220 hi", "250 m", "250 ok", "250 ok", "554 no"], .rejected),
            (["220 hi", "250 m", "250 ok", "250 ok", "354 go", "452 full"], .failed),
            (["220 hi", "250 m", "250 ok", "250 ok", "354 go", "552 full"], .rejected),
            (["220 hi", "250 m", "250 ok", "250 ok", "354 go", "550 spam"], .rejected),
            (["220 hi", "250 m", "250 ok", "250 ok", "354 go", "554 spam"], .rejected),
            (["220 hi", "250 m", "250 ok", "250 ok", "250 not 354"], .failed),
        ] as [([String], End)])
    func refusals(replies: [String], end: End) throws {
        let (said, result) = try script(server(.off), replies)
        switch (result, end) {
        case (.refused(let reason), .refused), (.rejected(let reason), .rejected):
            // Whoever has the webhook is told what is wrong with their address.
            #expect(reason.hasSuffix(": " + (replies.last?.dropFirst(4) ?? "")))
        case (.failed(let reason, nil), .failed), (.unable(let reason), .unable):
            #expect(reason.contains(replies.last?.prefix(3) ?? ""))
        default: Issue.record("\(String(describing: result))")
        }
        #expect(said.last == "QUIT\r\n")
    }

    @Test("what a server says of a password is told nobody")
    func badPassword() throws {
        let (_, result) = try script(
            server(.implicit, login: login),
            ["220 hi", "250-m\r\n250 AUTH PLAIN", "535 no such user: S3cret"])
        guard case .unable(let reason) = result else { throw Unexpected() }
        #expect(reason.contains("535") && !reason.contains("S3cret"))
        let none = try script(server(.implicit, login: login), ["220 hi", "250 m"]).result
        guard case .unable(let missing) = none else { throw Unexpected() }
        #expect(missing.contains("AUTH PLAIN"))
        #expect(!"\(login)".contains("S3cret") && !String(reflecting: login).contains("S3cret"))
    }

    // MARK: - The message

    @Test(
        "lines that begin with a dot get another; whatever ends a line ends it with CR LF",
        arguments: [
            ("", ".\r\n"), ("a", "a\r\n.\r\n"), ("a\r\n", "a\r\n.\r\n"), (".", "..\r\n.\r\n"),
            ("a\r\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n"), ("a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"), ("..a", "...a\r\n.\r\n"),
            ("a.b\r\n\r\nc", "a.b\r\n\r\nc\r\n.\r\n"), ("\n\n", "\r\n\r\n.\r\n"),
        ])
    func dots(message: String, data: String) {
        let sent = SMTPConversation.data(Array(message.utf8))
        #expect(String(decoding: sent, as: UTF8.self) == data)
    }

    @Test("no message ends before its end, and all of it arrives", arguments: 0..<200)
    func transparency(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let alphabet = Array("..\r\n\na ".utf8)
        let message = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
            alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        }
        let sent = SMTPConversation.data(message)
        // A server ends the message at the first line that is a dot, and takes one dot of others.
        let lines = sent.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let (dot, cr) = (UInt8(ascii: "."), UInt8(ascii: "\r"))
        #expect(lines.firstIndex { Array($0) == [dot, cr] } == lines.count - 2)
        #expect(lines.last?.isEmpty == true)
        let read = lines.dropLast(2).map { line in
            line.dropLast().dropFirst(line.first == dot ? 1 : 0)
        }
        #expect(read.map(Array.init) == SMTPConversationTests.lines(of: message))
    }

    /// Ended by CR, LF or both; the last may have no end.
    private static func lines(of message: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8]?
        var last: UInt8 = 0
        for byte in message {
            defer { last = byte }
            let isLF = byte == UInt8(ascii: "\n")
            if isLF, last == UInt8(ascii: "\r") { continue }
            if isLF || byte == UInt8(ascii: "\r") {
                lines.append(line ?? [])
                line = nil
            } else {
                line = (line ?? []) + [byte]
            }
        }
        return lines + (line.map { [$0] } ?? [])
    }

    // MARK: - Replies

    @Test("a reply is read whole, however it comes in")
    func replies() throws {
        let text = "250-first\r\n250-second line\n250\r\n334 next\r\n"
        for size in 1...text.utf8.count {
            var reader = SMTPReplyReader()
            var replies: [SMTPReply] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                replies += try reader.take(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(
                replies == [
                    SMTPReply(code: 250, lines: ["first", "second line", ""]),
                    SMTPReply(code: 334, lines: ["next"]),
                ])
            #expect(!reader.hasMore)
        }
    }

    @Test(
        "what is no reply is not taken for one",
        arguments: [
            "HTTP/1.1 400 Bad\r\n", "\r\n", "25\r\n", "2500 x\r\n", "250-a\r\n251 b\r\n",
            "099 x\r\n",
            "600 x\r\n", "+50 x\r\n", "250_x\r\n",
        ])
    func malformed(text: String) {
        var reader = SMTPReplyReader()
        #expect(throws: SMTPReplyReader.Malformed.self) { try reader.take(Array(text.utf8)) }
    }

    @Test("lines and replies have a bound")
    func bounds() throws {
        let limit = SMTPReplyReader.lineBytesLimit
        for (count, isTaken) in [(limit, true), (limit + 1, false)] {
            var reader = SMTPReplyReader()
            let line = "250 " + String(repeating: "x", count: count - 4) + "\n"
            #expect(((try? reader.take(Array(line.utf8))) != nil) == isTaken)
        }
        for (count, isTaken) in [(SMTPReplyReader.linesLimit, true), (101, false)] {
            var reader = SMTPReplyReader()
            let lines = String(repeating: "250-x\r\n", count: count - 1) + "250 x\r\n"
            #expect(((try? reader.take(Array(lines.utf8))) != nil) == isTaken)
        }
    }
}
