import Foundation
import TestSupport
import Testing

/// Other sides of webhooks that do what they should not.
@Suite("Webhooks that go wrong", .timeLimit(.minutes(5)))
struct WebhookFaultTests {
    @Test("one that hangs, one that redirects and one that fails delay none that answers")
    func beside() async throws {
        var program = try await Program.backfilled("--emit")
        defer { program.remove() }
        program.environment.merge(WebhookReceiver.allowed) { $1 }
        let good = try WebhookReceiver()
        let answers = [
            nil, "302 Found\r\nLocation: http://127.0.0.1:\(good.port)/told",
            "500 Internal Server Error",
        ]
        let wrong = try answers.map { answer in
            try RawServer { peer in
                if let answer {
                    _ = peer.receive()
                    peer.send("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\n\r\n".utf8)
                }
                peer.ignore()
            }
        }
        let server = try await Server.start(program)
        let before = try await server.changes()
        try await eventually { try await server.inbox().count == before.count }
        for other in wrong {
            let made = try await server.post(
                "/v1/notifications/webhooks", #"{"url":"http://127.0.0.1:\#(other.port)/"}"#)
            try #require(made.status == 200, "\(made.body)")
        }
        let made = try await good.register(at: server)
        try #require(made.status == 200, "\(made.body)")

        try await program.announce(lines: 1_200)
        let due = Array(try await server.changes().dropFirst(before.count))
        try #require(due.count >= 3)
        try await eventually(within: .seconds(120)) {
            Set(due).isSubset(of: good.posts.flatMap(\.eventIDs))
        }
        let posts = good.posts.flatMap { post in post.eventIDs.map { (post.id, $0) } }
        let told = ToldMessages(
            posts, "webhooks that hang, redirect and fail beside it", "embedded log: webhook")
        told.expect(due, ordered: posts.map(\.1))
        #expect(told.repeated.isEmpty)
        // Each of the others was sent its first message, and nothing came of it.
        try await eventually(within: .seconds(60)) {
            let metrics = try await server.get("/metrics").body
            let failed = metrics.firstMatch(
                of: /deliveries_total\{format="standard",result="failed"\} (\d+)/)
            return failed.flatMap { Int($0.output.1) } ?? 0 >= wrong.count
        }
        #expect(try await server.stop() == 0)
    }

    @Test("what lies inside the network is refused, however it is written")
    func inside() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let server = try await Server.start(program)
        for url in [
            "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://[fe80::1]/",
            "https://169.254.169.254/latest", "https://2130706433/", "https://[::ffff:127.0.0.1]/",
            "http://93.184.216.34/",
        ] {
            let refused = try await server.post(
                "/v1/notifications/webhooks", #"{"url":"\#(url)"}"#)
            #expect(refused.status == 400 && refused.body.contains("url"), "\(url): \(refused)")
        }
        // What a name stands for shows when it is asked.
        let made = try await server.post(
            "/v1/notifications/webhooks", #"{"url":"https://localhost/"}"#)
        let id = made.body.firstMatch(of: /"webhookId":"([^"]*)"/)?.output.1
        if made.status == 200, let id {
            let tried = try await server.post("/v1/notifications/webhooks/\(id)/test", "{}")
            #expect(tried.status == 200 && tried.body.contains(#""delivered":false"#), "\(tried)")
        } else {
            #expect(made.status == 400, "\(made)")
        }
        #expect(try await server.stop() == 0)
    }
}
