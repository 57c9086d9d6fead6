import Notices
import Ports
import TestSupport
import Testing

@testable import Postbox

@Suite("The client of a mail server", .timeLimit(.minutes(2)))
struct MailSenderTests {
    private static let mail = Mail(
        recipient: "you@example.org", message: Array("Subject: x\r\n\r\n.hidden\r\n".utf8))

    private func server(
        _ port: Int, _ security: MailServer.Security, authorities: String? = nil,
        host: String = "127.0.0.1"
    ) -> MailServer {
        MailServer(
            host: host, port: port, security: security, authorities: authorities,
            login: security == .off ? nil : MailLogin(user: "user", password: "S3cret"),
            sender: "bloasis@example.com")
    }

    private func send(
        _ server: MailServer, within limit: Duration = .seconds(60)
    ) async throws -> DeliveryResult {
        try await MailSender(server, within: limit).send(MailSenderTests.mail)
    }

    private func reason(_ result: DeliveryResult) -> String {
        switch result {
        case .delivered: ""
        case .failed(let reason, _), .unable(let reason), .rejected(let reason),
            .refused(let reason):
            reason
        }
    }

    @Test("in plain text, when that is asked for")
    func plain() async throws {
        let stub = try await MailStub()
        #expect(try await send(server(stub.port, .off)) == .delivered)
        #expect(
            stub.lines.prefix(8) == [
                "EHLO example.com", "MAIL FROM:<bloasis@example.com>", "RCPT TO:<you@example.org>",
                "DATA", "Subject: x", "", "..hidden", ".",
            ])
        await stub.close()
    }

    @Test("over TLS, from the start or after it", arguments: [true, false])
    func secure(isImplicit: Bool) async throws {
        let certificate = try await TestCertificate()
        defer { certificate.remove() }
        let stub = try await MailStub(tls: try certificate.serverContext(), isImplicit: isImplicit)
        let security = isImplicit ? MailServer.Security.implicit : .startTLS
        let trusted = server(stub.port, security, authorities: certificate.path)
        #expect(try await send(trusted) == .delivered)
        #expect(stub.lines.contains { $0.hasPrefix("AUTH PLAIN ") })
        #expect(stub.lines.count { $0.hasPrefix("EHLO") } == (isImplicit ? 1 : 2))
        await stub.close()
    }

    @Test("who is not whom the certificate names, or whom nobody vouches for, gets nothing")
    func strangers() async throws {
        let certificate = try await TestCertificate(for: "DNS:mail.example")
        defer { certificate.remove() }
        let identity = try certificate.serverContext()
        for authorities in [certificate.path, nil] {
            for isImplicit in [true, false] {
                let stub = try await MailStub(tls: identity, isImplicit: isImplicit)
                let result = try await send(
                    server(
                        stub.port, isImplicit ? .implicit : .startTLS, authorities: authorities))
                guard case .unable(let reason) = result else {
                    Issue.record("\(result)")
                    continue
                }
                #expect(reason.contains("TLS"), "\(reason)")
                #expect(!stub.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
                await stub.close()
            }
        }
    }

    @Test("a server that offers no STARTTLS, or not now, gets nothing")
    func downgrade() async throws {
        let answers: [[String: MailStub.Answer]] = [
            ["EHLO": .say("250-stub\r\n250 AUTH PLAIN")], ["STARTTLS": .say("454 not now")],
            ["STARTTLS": .say("220 go\r\n250-injected\r\n250 AUTH PLAIN")],
            ["STARTTLS": .say("220 go\r\n250-")],
        ]
        for answer in answers {
            let stub = try await MailStub(answer)
            let result = try await send(server(stub.port, .startTLS))
            #expect(reason(result).contains("STARTTLS"), "\(result)")
            #expect(!stub.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
            await stub.close()
        }
    }

    @Test(
        "what it answers is what comes of it",
        arguments: [
            ("", "421 shutting down", .unable), ("EHLO", "250-a\r\n250-b\r\n250 c", nil),
            ("RCPT", "450 4.2.1 try later", .failed),
            ("RCPT", "550-5.1.1 no\r\n550 such user", .refused),
            (".", "451 greylisted", .failed), (".", "554 spam", .rejected),
            ("MAIL", "nonsense", .unable), ("DATA", "250-354\r\n354 mixed", .failed),
        ] as [(String, String, SMTPConversationTests.End?)])
    func answers(word: String, answer: String, end: SMTPConversationTests.End?) async throws {
        let stub = try await MailStub([word: .say(answer)])
        switch (try await send(server(stub.port, .off)), end) {
        case (.delivered, nil), (.failed, .failed), (.rejected, .rejected), (.refused, .refused),
            (.unable, .unable):
            break
        case (let result, _): Issue.record("\(result)")
        }
        await stub.close()
    }

    @Test("a connection that ends before the message was taken is a failure, after it is none")
    func closed() async throws {
        for word in ["", "EHLO", "MAIL", "DATA", "."] {
            let stub = try await MailStub([word: .close])
            let result = try await send(server(stub.port, .off))
            #expect(reason(result).contains("closed"), "\(word): \(result)")
            // It may have been because of the message once it knew whom that is for.
            if case .failed = result {
                #expect(["DATA", "."].contains(word))
            } else if case .unable = result {
                #expect(["", "EHLO", "MAIL"].contains(word))
            } else {
                Issue.record("\(word): \(result)")
            }
            await stub.close()
        }
        let stub = try await MailStub(["QUIT": .close])
        #expect(try await send(server(stub.port, .off)) == .delivered)
        await stub.close()
    }

    @Test(
        "who says nothing is not waited for for ever; nor who never ends",
        arguments: ["", "DATA", "."])
    func silent(word: String) async throws {
        let stub = try await MailStub([word: .say("")])
        let result = try await send(server(stub.port, .off), within: .milliseconds(300))
        #expect(reason(result).contains("within 0.3 seconds"), "\(result)")
        // What may have been taken is not sent again and again.
        if case .failed = result { #expect(!word.isEmpty) } else { #expect(word.isEmpty) }
        await stub.close()
        let flood = String(repeating: "250-x\r\n", count: 1_000)
        let wordy = try await MailStub([word: .say(flood)])
        #expect(reason(try await send(server(wordy.port, .off))).contains("lines"))
        await wordy.close()
    }

    @Test("nobody there is a failure, and a call that is cancelled ends")
    func nobody() async throws {
        try await LoopbackPort.withNobody { port in
            let result = try await send(server(port, .off))
            #expect(reason(result).lowercased().contains("refused"), "\(result)")
            if case .unable = result {} else { Issue.record("\(result)") }
        }
        let stub = try await MailStub(["MAIL": .say("")])
        let place = server(stub.port, .off)
        let call = Task { try await send(place) }
        try await eventually { stub.lines.count == 2 }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await stub.close()
    }
}
