import Market
import Notices
import Ports
import Synchronization
import TestSupport
import Testing
import WebCalls

@testable import Postbox

@Suite("Messages over HTTP", .timeLimit(.minutes(2)))
struct WebhookSenderTests {
    private static let open = WebhookPolicy(allowsInside: true, allowsHTTP: true)

    private func sender(
        _ policy: WebhookPolicy = open, names: NameLookup = NameLookup(),
        within limit: Duration = .seconds(60)
    ) -> WebhookSender {
        WebhookSender(policy: policy, names: names, within: limit, now: { Samples.day(0) })
    }

    private func post(_ url: String) -> WebhookPost {
        WebhookPost(
            url: url,
            headers: [
                WebhookPost.Header("Content-Type", "application/json"),
                WebhookPost.Header("webhook-id", "msg_1"),
            ], body: Array(#"{"a":"→"}"#.utf8))
    }

    private func url(_ server: RawServer, host: String = "127.0.0.1") -> String {
        "http://\(host):\(server.port)/S3cret?a=b"
    }

    private func reason(_ result: DeliveryResult) -> String {
        switch result {
        case .delivered: ""
        case .failed(let reason, _), .unable(let reason), .rejected(let reason),
            .refused(let reason):
            reason
        }
    }

    /// What a server was asked, head and body.
    private final class Requests: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }

        /// Reads one request to its end.
        @discardableResult
        func read(_ peer: RawServer.Peer) -> Bool {
            var text = ""
            while !text.hasSuffix("→\"}") {
                guard let bytes = peer.receive() else { return false }
                text += String(decoding: bytes, as: UTF8.self)
            }
            texts.withLock { [text] in $0.append(text) }
            return true
        }
    }

    private func answering(
        _ head: String, _ requests: Requests = Requests()
    ) throws -> RawServer {
        try RawServer { peer in
            guard requests.read(peer) else { return }
            peer.send("HTTP/1.1 \(head)\r\n\r\n".utf8)
        }
    }

    @Test("it is posted as it is, once")
    func whole() async throws {
        let requests = Requests()
        let server = try answering("204 No Content", requests)
        #expect(try await sender().post(post(url(server))) == .delivered)
        #expect(requests.all.count == 1)
        let lines = requests.all.first?.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines?.first == "POST /S3cret?a=b HTTP/1.1")
        let headers = Set(lines?.map { $0.lowercased() } ?? [])
        #expect(
            headers.isSuperset(of: [
                "content-type: application/json", "webhook-id: msg_1", "content-length: 11",
                "connection: close", "host: 127.0.0.1:\(server.port)",
            ]))
    }

    @Test(
        "what is answered is what comes of it",
        arguments: [
            ("200 OK", .delivered), ("202 Accepted", .delivered), ("299 x", .delivered),
            ("400 Bad Request", .failed(reason: "it answers 400", retryAfterSeconds: nil)),
            ("404 Not Found", .failed(reason: "it answers 404", retryAfterSeconds: nil)),
            ("500 Oh", .failed(reason: "it answers 500", retryAfterSeconds: nil)),
            (
                "429 Slow\r\nRetry-After: 90",
                .failed(reason: "it answers 429", retryAfterSeconds: 90)
            ),
            (
                "503 Away\r\nRetry-After: nonsense",
                .failed(reason: "it answers 503", retryAfterSeconds: nil)
            ),
            (
                "410 Gone",
                .refused(reason: "it answers 410: nobody wants messages there any more")
            ),
        ] as [(String, DeliveryResult)])
    func answers(head: String, result: DeliveryResult) async throws {
        let server = try answering(head + "\r\nContent-Length: 0")
        #expect(try await sender().post(post(url(server))) == result)
    }

    @Test("a date says until when to wait, too")
    func date() {
        let instant = Timestamp(secondsSinceEpoch: 784_111_717) ?? .earliest
        let answer = WebhookAnswer(status: 503, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(
            answer.result(at: instant)
                == .failed(reason: "it answers 503", retryAfterSeconds: 60))
    }

    @Test("a redirect is not followed, wherever it leads", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        let target = try answering("200 OK")
        let server = try answering(
            "\(status) Elsewhere\r\nContent-Length: 0\r\nLocation: \(url(target))")
        let result = try await sender().post(post(url(server)))
        #expect(reason(result).contains("\(status)") && reason(result).contains("redirect"))
        #expect(target.count == 0)
    }

    @Test("who does not answer, or not to the end of the head, is not waited for")
    func slow() async throws {
        let requests = Requests()
        let servers = [
            try RawServer { $0.ignore() },
            try RawServer { peer in
                requests.read(peer)
                peer.send("HTTP/1.1 200 OK\r\nX: ".utf8)
                peer.ignore()
            },
        ]
        for server in servers {
            let result = try await sender(within: .milliseconds(300)).post(post(url(server)))
            #expect(
                result
                    == .failed(
                        reason: "it did not answer within 0.3 seconds", retryAfterSeconds: nil))
        }
    }

    @Test("who hangs up before an answer has not taken it; it is not sent again unasked")
    func hangingUp() async throws {
        let requests = Requests()
        let server = try RawServer { peer in requests.read(peer) }
        let names = NameLookup { _ in ["127.0.0.1", "127.0.0.1"] }
        let result = try await sender(names: names).post(post(url(server, host: "two.example")))
        guard case .failed = result else {
            Issue.record("\(result)")
            return
        }
        #expect(requests.all.count == 1)
        let half = try RawServer { peer in
            requests.read(peer)
            peer.send("HTTP/1.1 200".utf8)
        }
        #expect(try await sender().post(post(url(half))) != .delivered)
    }

    @Test("what comes behind the head of an answer is not waited for, however much it is")
    func bodies() async throws {
        let requests = Requests()
        let tails: [@Sendable (RawServer.Peer) -> Void] = [
            { peer in while peer.send(repeatElement(0x20, count: 1 << 14)) {} },
            { peer in peer.ignore() }, { _ in },
        ]
        for tail in tails {
            let server = try RawServer { peer in
                requests.read(peer)
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx".utf8)
                tail(peer)
            }
            #expect(try await sender().post(post(url(server))) == .delivered)
        }
    }

    // MARK: - The guard

    @Test("inside the network nobody is connected to, by whatever name")
    func guarded() async throws {
        let server = try answering("200 OK")
        let policy = WebhookPolicy(allowsHTTP: true)
        let names = NameLookup { _ in ["127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1"] }
        for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "innocent.example"] {
            let result = try await sender(policy, names: names).post(post(url(server, host: host)))
            guard case .refused(let reason) = result else {
                Issue.record("\(host): \(result)")
                continue
            }
            #expect(!reason.contains("S3cret"))
        }
        let plain = try await sender(WebhookPolicy()).post(post("http://example.com/S3cret"))
        #expect(reason(plain).contains("https"))
        #expect(server.count == 0)
    }

    @Test("a name is looked up once, and connected to where that led")
    func pinned() async throws {
        let lookups = Mutex(0)
        // Who answers with a place outside first, and with one inside to whoever asks again.
        let names = NameLookup { _ in
            let number = lookups.withLock { count in
                count += 1
                return count
            }
            return number == 1 ? ["192.0.2.1"] : ["127.0.0.1"]
        }
        let server = try answering("200 OK")
        let policy = WebhookPolicy(allowsHTTP: true)
        let result = try await sender(policy, names: names, within: .seconds(1))
            .post(post(url(server, host: "rebind.example")))
        #expect(result != .delivered)
        #expect(lookups.withLock { $0 } == 1)
        #expect(server.count == 0)
        // Nobody but this look-up knows the name.
        let requests = Requests()
        let known = try answering("200 OK", requests)
        let local = NameLookup { _ in ["127.0.0.1"] }
        let url = url(known, host: "Nobody.Invalid")
        #expect(try await sender(names: local).post(post(url)) == .delivered)
        #expect(requests.all.first?.contains("Nobody.Invalid:\(known.port)") == true)
    }

    @Test("of several addresses those are tried that are allowed, until one is there")
    func several() async throws {
        let server = try answering("200 OK")
        let names = NameLookup { _ in ["169.254.169.254", "fe80::1%lo", "127.0.0.9", "127.0.0.1"] }
        let url = url(server, host: "several.example")
        #expect(try await sender(names: names).post(post(url)) == .delivered)
        #expect(server.count == 1)
    }

    @Test("a server that nobody vouches for gets nothing")
    func certificate() async throws {
        let server = try RawServer { $0.ignore() }
        let https = "https://127.0.0.1:\(server.port)/S3cret"
        let silent = try await sender(within: .milliseconds(300)).post(post(https))
        #expect(silent != .delivered)
        let certificate = try await TestCertificate()
        defer { certificate.remove() }
        let stub = try await MailStub(tls: try certificate.serverContext(), isImplicit: true)
        let result = try await sender().post(post("https://127.0.0.1:\(stub.port)/S3cret"))
        #expect(
            result
                == .failed(
                    reason: "TLS: nobody who is trusted vouches for its certificate",
                    retryAfterSeconds: nil))
        #expect(stub.lines.isEmpty)
        await stub.close()
    }

    @Test("nobody there is a failure without a secret; a call that is cancelled ends")
    func nobody() async throws {
        try await LoopbackPort.withNobody { port in
            let result = try await sender().post(post("http://127.0.0.1:\(port)/S3cret"))
            #expect(reason(result).lowercased().contains("refused"))
            #expect(!reason(result).contains("S3cret"))
        }
        let unknown = try await sender(names: NameLookup { _ in [] })
            .post(post("http://nobody.invalid/"))
        #expect(
            unknown == .failed(reason: "its name has no address", retryAfterSeconds: nil))
        let server = try RawServer { $0.ignore() }
        let url = url(server)
        let call = Task { try await sender().post(post(url)) }
        try await eventually { server.count == 1 }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
    }
}
