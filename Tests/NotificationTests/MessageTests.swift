import Contracts
import Foundation
import Market
import Notices
import Ports
import Testing

@testable import Notification

@Suite("Messages as the other side understands them")
struct MessageTests {
    private func message(
        _ content: WebhookContent, _ webhook: Webhook, at instant: Timestamp = Told.start
    ) -> WebhookMessage {
        WebhookMessage(
            content, for: webhook, at: instant, from: "bloasis@mail.example.com")
    }

    private func post(
        _ content: WebhookContent, _ webhook: Webhook, at instant: Timestamp = Told.start
    ) throws -> WebhookPost {
        guard case .post(let post) = message(content, webhook, at: instant) else {
            throw Unexpected()
        }
        return post
    }

    private struct Unexpected: Error {}

    @Test("signatures are Python's, and those of the specification's example")
    func signatures() throws {
        let golden = try Golden.read().signatures
        #expect(golden.count > 5)
        for vector in golden {
            let secret = try #require(WebhookSecret(exposedText: vector.secret))
            let signature = StandardWebhook.signature(
                of: vector.body, id: vector.id, seconds: vector.timestamp, by: secret)
            #expect(signature == vector.signature)
            #expect(secret.exposedText == vector.secret)
        }
    }

    @Test("mails are read by Python's parser as they were meant")
    func mails() throws {
        let webhook = try Told.webhook(1, .mail, url: "mailto:someone+spx@example.org")
        for vector in try Golden.read().messages {
            guard let golden = vector.mail else { continue }
            guard case .mail(let mail) = message(try vector.content(), webhook) else {
                throw Unexpected()
            }
            #expect(mail.recipient == "someone+spx@example.org")
            #expect(String(decoding: mail.message, as: UTF8.self) == golden)
        }
    }

    @Test("chats get JSON that fits, escaped as each asks for it")
    func chats() throws {
        let telegram = "https://api.telegram.org/bot1:secret/sendMessage?chat_id=-1001"
        for vector in try Golden.read().messages {
            let content = try vector.content()
            for format in [WebhookFormat.slack, .discord, .telegram] {
                let url = format == .telegram ? telegram : "https://chat.example/x"
                let post = try post(content, try Told.webhook(1, format, url: url))
                #expect(String(decoding: post.body, as: UTF8.self) == vector.chats[format.rawValue])
                #expect(
                    post.url == (format == .telegram ? String(telegram.prefix { $0 != "?" }) : url))
                #expect(post.headers.map(\.name) == ["Content-Type", "User-Agent"])
            }
        }
    }

    @Test("the standard form holds the notification as the API gives it, signed by each secret")
    func standard() throws {
        let end = Told.start.advanced(bySeconds: 1)
        let secrets = [
            try Told.secret(1), try Told.secret(2, until: end),
            try Told.secret(3, until: Told.start),
        ]
        let webhook = try Told.webhook(secrets: secrets)
        let content = try WebhookContent(try Told.delivery(webhook), in: Told.wording)
        let post = try post(content, webhook)
        let headers = Dictionary(
            uniqueKeysWithValues: post.headers.map { ($0.name.lowercased(), $0.value) })
        #expect(headers["content-type"] == "application/json")
        #expect(headers["webhook-id"] == "msg_wh_1_7")
        #expect(headers["webhook-timestamp"] == "1700000000")
        let body = String(decoding: post.body, as: UTF8.self)
        // The third has ended.
        let signatures = secrets.prefix(2).map {
            StandardWebhook.signature(of: body, id: "msg_wh_1_7", seconds: 1_700_000_000, by: $0)
        }
        #expect(headers["webhook-signature"] == signatures.joined(separator: " "))
        let json = try JSONValue(parsing: post.body)
        #expect(json.object?["type"]?.string == "regime_change")
        #expect(json.object?["timestamp"]?.string == "2023-11-14T22:13:27Z")
        let data = try #require(json.object?["data"]?.object)
        #expect(data["notificationId"]?.string == "7")
        #expect(data["title"]?.string == "SPX: Bull → Crisis")
        #expect(data["link"]?.string == "https://dash.example/?market=SPX&timeframe=1d")
    }

    @Test("a digest is one message; another attempt differs by its time alone")
    func digest() throws {
        let webhook = try Told.webhook()
        let content = try WebhookContent(
            try Told.delivery(webhook, positions: 3...5), in: Told.wording)
        #expect(content.id == "msg_wh_1_5")
        #expect(content.title == "3 notifications: SPX: Bull → Crisis, …")
        let first = try post(content, webhook)
        let second = try post(content, webhook, at: Told.start.advanced(bySeconds: 5))
        #expect(first.body == second.body)
        #expect(
            zip(first.headers, second.headers).filter { $0 != $1 }.map(\.0.name)
                == ["webhook-timestamp", "webhook-signature"])
        let json = try JSONValue(parsing: first.body)
        #expect(json.object?["type"]?.string == "digest")
        let notices = json.object?["data"]?.object?["notifications"]?.array
        #expect(notices?.compactMap { $0.object?["notificationId"]?.string } == ["3", "4", "5"])
    }

    @Test("neither a post nor a secret shows what it hides")
    func hidden() throws {
        let webhook = try Told.webhook(1, .slack, url: "https://hooks.slack.com/services/T0/S3cret")
        let content = WebhookContent(testing: webhook.id, id: "msg_test", at: Told.start)
        let post = try post(content, webhook)
        var dumped = ""
        dump(post, to: &dumped)
        dump(try Told.secret(65), to: &dumped)
        for text in ["\(post)", String(reflecting: post), dumped, "\(try Told.secret(65))"] {
            #expect(!text.contains("S3cret") && !text.contains("65") && !text.contains("AAAA"))
        }
        #expect("\(post)".contains("hooks.slack.com"))
    }
}
