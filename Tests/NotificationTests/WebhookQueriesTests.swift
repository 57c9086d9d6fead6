import Contracts
import Foundation
import Market
import Notices
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Notification

@Suite("Webhooks, as people ask for them")
struct WebhookQueriesTests {
    private typealias Create = Bloasis_Notification_CreateWebhookRequest

    private struct World {
        let store = InMemoryNoticeStore()
        let courier: InMemoryCourier
        let queries: WebhookQueries
        let time = ManualTime(Told.start)

        init(sendsMail: Bool = true, _ result: DeliveryResult = .delivered) {
            let courier = InMemoryCourier { _ in result }
            let time = time
            let counter = Mutex<UInt8>(0)
            self.courier = courier
            queries = WebhookQueries(
                store: store, people: store,
                couriers: NoticeCouriers(web: courier, mail: sendsMail ? courier : nil),
                policy: WebhookPolicy(), now: { time.now },
                bytes: { count in
                    let byte = counter.withLock { counter in
                        counter += 1
                        return counter
                    }
                    return Array(repeating: byte, count: count)
                })
        }

        func create(
            _ url: String, format: String = "", secret: String = "", user: String = "alice"
        ) async throws -> Bloasis_Notification_Webhook {
            var request = Create()
            request.userID = user
            request.url = url
            request.format = format
            request.secret = secret
            return try await queries.createWebhook(request)
        }

        func get(
            _ id: String, user: String = "alice"
        ) async throws -> Bloasis_Notification_Webhook {
            var request = Bloasis_Notification_GetWebhookRequest()
            request.userID = user
            request.webhookID = id
            return try await queries.getWebhook(request)
        }

        func update(
            _ id: String, _ change: (inout Bloasis_Notification_UpdateWebhookRequest) -> Void
        ) async throws -> Bloasis_Notification_Webhook {
            var request = Bloasis_Notification_UpdateWebhookRequest()
            request.userID = "alice"
            request.webhookID = id
            change(&request)
            return try await queries.updateWebhook(request)
        }

        func test(_ id: String) async throws -> Bloasis_Notification_TestWebhookResponse {
            var request = Bloasis_Notification_TestWebhookRequest()
            request.userID = "alice"
            request.webhookID = id
            return try await queries.testWebhook(request)
        }

        func rotate(_ id: String) async throws -> Bloasis_Notification_Webhook {
            var request = Bloasis_Notification_RotateWebhookSecretRequest()
            request.userID = "alice"
            request.webhookID = id
            return try await queries.rotateWebhookSecret(request)
        }
    }

    /// The fault that a call ends with.
    private func fault(_ body: () async throws -> some Any) async throws -> RPCFault {
        do {
            let answer = try await body()
            Issue.record("answered: \(answer)")
        } catch let fault as RPCFault {
            return fault
        }
        throw CancellationError()
    }

    @Test("one that is made tells its secret, and nobody does afterwards")
    func made() async throws {
        let world = World()
        let made = try await world.create("https://example.com/x?token=S3cret")
        #expect(made.secret.hasPrefix("whsec_"))
        #expect(made.format == "standard" && made.enabled && made.failures == 0)
        #expect(made.url == "https://example.com/x?…")
        let read = try await world.get(made.webhookID)
        #expect(!read.hasSecret)
        #expect(read.url == made.url)
        let changed = try await world.update(made.webhookID) { $0.enabled = false }
        #expect(!changed.hasSecret && !changed.enabled)
        var list = Bloasis_Notification_ListWebhooksRequest()
        list.userID = "alice"
        let items = try await world.queries.listWebhooks(list).items
        #expect(items == [changed])
        // Who has a webhook is told.
        let alice = try #require(Addressee(text: "alice"))
        #expect(try await world.store.preferences(of: alice) != nil)
    }

    @Test(
        "each form of URL, and what is shown of it",
        arguments: [
            ("https://example.com:8443/hook", "", "standard", "https://example.com:8443/hook"),
            ("mailto:me+x@example.com", "", "mail", "mailto:me+x@example.com"),
            ("mailto:me@example.com", "mail", "mail", "mailto:me@example.com"),
            (
                "https://hooks.slack.com/services/T/B/S3cret", "slack", "slack",
                "https://hooks.slack.com/…"
            ),
            ("https://discord.com/api/webhooks/1/S", "discord", "discord", "https://discord.com/…"),
            (
                "https://api.telegram.org/bot1:S/sendMessage?chat_id=-100", "telegram", "telegram",
                "https://api.telegram.org/…"
            ),
        ])
    func forms(url: String, asked: String, format: String, shown: String) async throws {
        let made = try await World().create(url, format: asked)
        #expect(made.format == format)
        #expect(made.url == shown)
        #expect(made.hasSecret == (format == "standard"))
    }

    @Test(
        "what cannot be one is refused, and the refusal shows no URL",
        arguments: [
            ("", "", "required"), ("ftp://S3cret/", "", "neither http"),
            ("http://example.com/S3cret", "", "https"),
            ("https://127.0.0.1/S3cret", "", "loopback"),
            ("https://localhost/S3cret", "", "loopback"),
            ("https://10.1.2.3/S3cret", "", "inside the network"),
            ("https://192.168.0.1/", "slack", "inside the network"),
            ("https://[fd00::1]/", "", "inside the network"),
            ("https://100.64.0.1/", "", "inside the network"),
            ("https://169.254.169.254/", "", "metadata"), ("https://0.1.2.3/", "", "unspecified"),
            ("https://user:S3cret@example.com/", "", "names a user"),
            ("https://example.com/#S3cret", "", "#"),
            ("https://example.com/" + String(repeating: "S3cret", count: 400), "", "2048 bytes"),
            ("https://example.com/S3cret", "teams", "not one of standard"),
            ("https://example.com/S3cret", "mail", "mailto:"),
            ("mailto:me@example.com", "slack", "the format mail"),
            ("mailto:S3cret", "", "one address"), ("mailto:a@b@c", "", "one address"),
            ("mailto:a@b?subject=S3cret", "", "one address"),
            ("mailto:a b@example.com", "", "one address"),
            ("mailto:a\r\nRCPT TO:<S3cret@x>", "", "one address"),
            ("mailto:.a@example.com", "", "one address"), ("mailto:a@-x.com", "", "one address"),
            ("https://api.telegram.org/bot1:S3cret/sendMessage", "telegram", "chat_id"),
            ("https://api.telegram.org/bot1:S3cret/getMe?chat_id=1", "telegram", "sendMessage"),
            ("https://api.telegram.org/bS3cret/sendMessage?chat_id=1&x=2", "telegram", "chat_id"),
        ])
    func refused(url: String, format: String, word: String) async throws {
        let fault = try await fault { try await World().create(url, format: format) }
        #expect(fault.code == .invalidArgument)
        #expect(fault.message.contains(word), "\(fault.message)")
        #expect(!fault.message.contains("S3cret"))
    }

    @Test("mail needs a mail server")
    func noMail() async throws {
        let fault = try await fault {
            try await World(sendsMail: false).create("mailto:me@example.com")
        }
        #expect(fault.code == .failedPrecondition)
    }

    @Test("a secret may be brought along, of 24 to 64 bytes", arguments: [23, 24, 64, 65])
    func brought(length: Int) async throws {
        let text = "whsec_" + Data(repeating: 7, count: length).base64EncodedString()
        let world = World()
        if WebhookSecret.lengthLimits.contains(length) {
            #expect(try await world.create("https://example.com/", secret: text).secret == text)
        } else {
            let fault = try await fault {
                try await world.create("https://example.com/", secret: text)
            }
            #expect(fault.code == .invalidArgument)
            #expect(!fault.message.contains("BwcH"))
        }
        let unsigned = try await fault {
            try await world.create("https://chat.example/", format: "slack", secret: text)
        }
        #expect(unsigned.code == .failedPrecondition)
    }

    @Test("a user has so many, and nobody else's")
    func limits() async throws {
        let world = World()
        var id = ""
        for number in 0..<WebhookError.countLimit {
            id = try await world.create("https://example.com/\(number)").webhookID
        }
        let more = try await fault { try await world.create("https://example.com/more") }
        #expect(more.code == .resourceExhausted)
        let strange = try await fault { [id] in try await world.get(id, user: "bob") }
        #expect(strange.code == .notFound)
        var request = Bloasis_Notification_DeleteWebhookRequest()
        request.userID = "bob"
        request.webhookID = id
        let kept = try await fault { [request] in
            try await world.queries.deleteWebhook(request)
        }
        #expect(kept.code == .notFound)
        request.userID = "alice"
        _ = try await world.queries.deleteWebhook(request)
        #expect(try await world.create("https://example.com/more").enabled)
    }

    @Test("a new secret signs beside the old one for a day, and whoever rotates often has a few")
    func rotated() async throws {
        let world = World()
        let made = try await world.create("https://example.com/")
        let rotated = try await world.rotate(made.webhookID)
        #expect(rotated.secret != made.secret)
        func signing() async throws -> [String] {
            let alice = try #require(Addressee(text: "alice"))
            let webhook = try #require(try await world.store.webhooks(of: alice).first)
            return webhook.secrets(at: world.time.now).map(\.exposedText)
        }
        #expect(try await signing() == [rotated.secret, made.secret])
        world.time.advance(bySeconds: Webhook.replacedSecretSeconds - 1)
        #expect(try await signing() == [rotated.secret, made.secret])
        world.time.advance(bySeconds: 1)
        #expect(try await signing() == [rotated.secret])
        for _ in 0..<Webhook.secretsLimit { _ = try await world.rotate(made.webhookID) }
        #expect(try await signing().count == Webhook.secretsLimit)
        // Set by hand, it is the only one.
        let own = "whsec_" + Data(repeating: 9, count: 32).base64EncodedString()
        _ = try await world.update(made.webhookID) { $0.secret = own }
        #expect(try await signing() == [own])
    }

    @Test("a test is sent once, says so, and changes nothing")
    func tested() async throws {
        let world = World(.failed(reason: "it answers 500", retryAfterSeconds: nil))
        let made = try await world.create("https://example.com/")
        _ = try await world.update(made.webhookID) { $0.enabled = false }
        let result = try await world.test(made.webhookID)
        #expect(!result.delivered)
        #expect(result.detail == "it answers 500")
        let sent = try #require(world.courier.sent.first)
        #expect(world.courier.sent.count == 1)
        #expect(sent.messageID.hasPrefix("msg_test_"))
        guard case .post(let post) = sent else { return }
        let json = try JSONValue(parsing: post.body)
        #expect(json.object?["type"]?.string == "test")
        #expect(json.object?["data"]?.object?["webhookId"]?.string == made.webhookID)
        #expect(try await world.get(made.webhookID).failures == 0)
        #expect(try await world.store.nextDelivery() == nil)
        let mailed = World()
        let mail = try await mailed.create("mailto:me@example.com").webhookID
        #expect(try await mailed.test(mail).delivered)
    }

    @Test("one place is tried once in a while, whoever asks, and however it is written")
    func testedOften() async throws {
        let world = World()
        let first = try await world.create("mailto:me@example.com").webhookID
        #expect(try await world.test(first).delivered)
        let second = try await world.create("mailto:ME@example.com").webhookID
        let other = try await world.create("mailto:you@example.com").webhookID
        for id in [first, second] {
            let fault = try await fault { try await world.test(id) }
            #expect(fault.code == .resourceExhausted && fault.retryAfterSeconds == 10)
        }
        #expect(try await world.test(other).delivered)
        world.time.advance(bySeconds: WebhookTrials.pauseSeconds - 1)
        #expect(try await fault { try await world.test(second) }.code == .resourceExhausted)
        world.time.advance(bySeconds: 1)
        #expect(try await world.test(second).delivered)
        #expect(world.courier.sent.count == 3)
        // A clock that was set back keeps nobody waiting.
        world.time.advance(bySeconds: -3_600)
        #expect(try await world.test(second).delivered)
    }

    @Test("only so many are tried at the same time, and of everybody in a while")
    func trials() throws {
        var trials = WebhookTrials()
        func begin(_ number: Int, at instant: Timestamp = Told.start) throws -> RPCFault? {
            let person = try #require(Addressee(text: "p\(number)"))
            return trials.begin(to: "https://h\(number).example/", of: person, at: instant)
        }
        for number in 0..<WebhookTrials.limit { #expect(try begin(number) == nil) }
        #expect(try begin(-1)?.code == .resourceExhausted)
        trials.end()
        #expect(try begin(-1) == nil)
        for number in WebhookTrials.limit..<(WebhookTrials.wholeLimit - 1) {
            trials.end()
            #expect(try begin(number) == nil)
        }
        trials.end()
        #expect(try begin(-2)?.code == .resourceExhausted)
        let later = Told.start.advanced(bySeconds: WebhookTrials.pauseSeconds)
        #expect(try begin(-2, at: later) == nil)
    }

    @Test(
        "one place is one place however it is written",
        arguments: [
            ("https://h.example/a?1", "https://H.example/a?2#3", true),
            ("https://h.example/a", "https://h.example//a/", true),
            ("https://h.example/a", "https://h.example/b", false),
            ("https://h.example", "https://h.example/b", false),
            ("mailto:me+x@h.example", "mailto:ME+y@h.example", true),
            ("mailto:me@h.example", "mailto:me@g.example", false),
        ])
    func places(first: String, second: String, isOne: Bool) {
        var trials = WebhookTrials()
        #expect(trials.begin(to: first, of: .everyone, at: Told.start) == nil)
        let refusal = trials.begin(to: second, of: .everyone, at: Told.start)
        #expect((refusal?.retryAfterSeconds == 10) == isOne)
    }

    @Test("nobody has many tried in a while, and no host gets many")
    func often() throws {
        var trials = WebhookTrials()
        func begin(_ person: String, _ url: String) throws -> RPCFault? {
            let person = try #require(Addressee(text: person))
            let refusal = trials.begin(to: url, of: person, at: Told.start)
            if refusal == nil { trials.end() }
            return refusal
        }
        for number in 0..<WebhookTrials.personLimit {
            #expect(try begin("ann", "https://h\(number).example/") == nil)
        }
        #expect(try begin("ann", "https://x.example/")?.message.contains("you tried 5") == true)
        for number in 0..<WebhookTrials.hostLimit {
            #expect(try begin("p\(number)", "https://y.example/\(number)") == nil)
        }
        let refused = try begin("bob", "https://y.example/bob")
        #expect(refused?.message.contains("webhooks of y.example") == true)
        #expect(try begin("bob", "https://z.example/bob") == nil)
    }

    @Test("a star stands for all kinds, where none at all changes nothing")
    func allKinds() async throws {
        let world = World()
        let id = try await world.create("https://example.com/").webhookID
        #expect(try await world.update(id) { $0.kinds = ["order_filled"] }.kinds.count == 1)
        #expect(try await world.update(id) { $0.kinds = [] }.kinds == ["order_filled"])
        #expect(try await world.update(id) { $0.kinds = ["*"] }.kinds.isEmpty)
        for kinds in [["*", "order_filled"], ["*", "*"]] {
            let fault = try await fault { try await world.update(id) { $0.kinds = kinds } }
            #expect(fault.code == .invalidArgument && fault.message.contains("* alone"))
        }
    }

    @Test("whoever enables one begins anew; kinds are checked")
    func updated() async throws {
        let world = World()
        let id = try await world.create("https://example.com/").webhookID
        let alice = try #require(Addressee(text: "alice"))
        _ = try await world.store.changeWebhook(WebhookID(id), of: alice, at: world.time.now) {
            $0.note(.disable(reason: "it answers 410"))
        }
        let disabled = try await world.get(id)
        #expect(disabled.problem == "it answers 410" && disabled.failures == 1)
        let changed = try await world.update(id) {
            $0.enabled = true
            $0.kinds = ["order_filled"]
            $0.url = "https://example.org/"
        }
        #expect(changed.failures == 0 && !changed.hasProblem)
        #expect(changed.kinds == ["order_filled"] && changed.url == "https://example.org/")
        let wrong = try await fault { try await world.update(id) { $0.kinds = ["weather"] } }
        #expect(wrong.message.contains("regime_change, order_filled"))
        let inside = try await fault {
            try await world.update(id) { $0.url = "https://10.0.0.1/" }
        }
        #expect(inside.code == .invalidArgument)
    }
}
