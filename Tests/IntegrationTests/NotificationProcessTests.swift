import Foundation
import TestSupport
import Testing

/// From `bloasis backfill --emit` to everybody who should know, by the program as users run it.
@Suite("From an event to people", .serialized, .timeLimit(.minutes(5)))
struct NotificationProcessTests {
    @Test("a stream, a webhook and an inbox see the same changes once, also over a restart")
    func everybody() async throws {
        let receiver = try WebhookReceiver()
        var program = try await Program.backfilled("--emit")
        defer { program.remove() }
        program.environment.merge(WebhookReceiver.allowed) { $1 }
        var server = try await Server.start(program)
        let before = try await server.changes()
        // What was announced before anybody served is told, too.
        try await eventually { try await server.inbox().count == before.count }
        let made = try await receiver.register(at: server)
        #expect(made.status == 200, "\(made.body)")
        let curl = try server.follow()
        #expect(await curl.output.wait(for: "event: resumed"))

        try await program.announce(lines: 1_200)
        let all = try await server.changes()
        let new = Array(all.dropFirst(before.count))
        try #require(new.count > 2)
        #expect(await curl.output.wait(for: new[new.count - 1]))
        try await eventually { receiver.posts.count >= new.count }
        #expect(receiver.posts.flatMap(\.eventIDs) == new)
        #expect(try await server.inbox().reversed() == all)
        #expect(try await server.stop() == 0)
        let streamed = await curl.outcome().output
        #expect(Told.eventIDs(streamed) == new)

        // Everything ends; more happens; everything begins again.
        try await program.announce(lines: 2_500)
        server = try await Server.start(program)
        let more = Array(try await server.changes().dropFirst(all.count))
        try #require(!more.isEmpty)
        let last = try #require(Told.lastID(streamed))
        let again = try server.follow(lastEventID: last)
        #expect(await again.output.wait(for: more[more.count - 1]))
        try await eventually { receiver.posts.count >= new.count + more.count }
        #expect(receiver.posts.flatMap(\.eventIDs) == new + more)
        #expect(try await server.inbox().reversed() == all + more)
        #expect(try await server.stop() == 0)
        #expect(Told.eventIDs(await again.outcome().output) == more)
    }

    @Test("a fill reaches its user alone")
    func fills() async throws {
        let server = try await Server.start(try await Program.backfilled())
        defer { server.program.remove() }
        // Both are known before it happens.
        for user in ["u-1", "u-2"] { try await server.meet(user) }
        let told = try await server.post(
            "/v1/orders/fills",
            #"""
            {"fillId":"f-1","orderId":"o-1","userId":"u-1","symbol":"SPX","side":"buy",
            "filledQty":"1.5","filledPrice":"1200","currency":"USD",
            "timestamp":"2002-03-01T15:00:00Z"}
            """#)
        #expect(told.status == 200, "\(told.body)")
        try await eventually {
            try await server.get("/v1/notifications?user_id=u-1").body.contains("Filled: buy 1.5")
        }
        for other in ["?user_id=u-2", ""] {
            let body = try await server.get("/v1/notifications\(other)").body
            #expect(!body.contains("f-1"), "\(body)")
        }
        #expect(try await server.stop() == 0)
    }
}
