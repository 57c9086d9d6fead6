import Foundation
import TestSupport
import Testing

/// A gateway, the notification service and the one that classifies, each in a process of its own.
@Suite("Notifications through a gateway", .serialized, .timeLimit(.minutes(5)))
struct NotificationGatewayTests {
    private struct Stack {
        let regimes: Server
        let notification: Server
        let gateway: Server

        var program: Program { regimes.program }

        init() async throws {
            let program = try await Program.backfilled("--emit")
            regimes = try await Server.start(program, service: "market-regime")
            notification = try await Server.start(program, service: "notification")
            gateway = try await Stack.gateway(regimes, notification.grpcPort)
        }

        /// - Parameter notification: a port, whether or not anybody is there.
        static func gateway(_ regimes: Server, _ notification: Int) async throws -> Server {
            var program = try Program.fresh()
            program.environment["MARKET_REGIME_HOST"] = "127.0.0.1"
            program.environment["MARKET_REGIME_PORT"] = String(regimes.grpcPort)
            program.environment["NOTIFICATION_HOST"] = "127.0.0.1"
            program.environment["NOTIFICATION_PORT"] = String(notification)
            // Nobody is there; nobody is asked.
            program.environment["AI_ANALYSIS_HOST"] = "127.0.0.1"
            program.environment["AI_ANALYSIS_PORT"] = String(try LoopbackPort.free())
            program.environment["TRADING_HOST"] = "127.0.0.1"
            program.environment["TRADING_PORT"] = String(try LoopbackPort.free())
            return try await Server.start(program, service: "gateway")
        }

        func remove() {
            program.remove()
            gateway.program.remove()
        }
    }

    private static func unavailable(_ port: Int) -> String {
        #"{"code":14,"message":"Service unavailable: 127.0.0.1:\#(port)","#
    }

    @Test("a stream, its resumption, an inbox, marks and a socket are as of one process")
    func whole() async throws {
        let stack = try await Stack()
        defer { stack.remove() }
        let gateway = stack.gateway
        let before = try await gateway.changes()
        try await eventually { try await gateway.inbox().count == before.count }
        let everything = try gateway.follow(lastEventID: "0")
        #expect(await everything.output.wait(for: before[before.count - 1]))
        #expect(await everything.output.wait(for: #""answer":"replaying""#))
        // From now on she is told.
        try await gateway.meet("ann")

        try await stack.program.announce(lines: 1_200)
        let all = try await gateway.changes()
        try #require(all.count > before.count + 2)
        #expect(await everything.output.wait(for: all[all.count - 1]))
        try await eventually { try await gateway.inbox().count == all.count }
        #expect(try await gateway.inbox().reversed() == all)

        let page = try await gateway.get("/v1/notifications?user_id=ann&page_size=1000").body
        #expect(Told.eventIDs(page).reversed() == Array(all.dropFirst(before.count)))
        let first = try #require(
            page.matches(of: /"notificationId":"(\d+)"/).last.flatMap { Int($0.output.1) })
        let socket = try await IndependentClient.start("websocket.py", gateway.port, first)
        #expect(await socket.output.wait(for: #"{"type":"resumed","data":{"answer":"replaying""#))
        #expect(await socket.output.wait(for: #"{"type":"acknowledged","data":{"#))
        #expect(await socket.output.wait(for: all[all.count - 1]))
        let marked = try await gateway.post(
            "/v1/notifications/acknowledge", #"{"userId":"ann","through":"\#(first)"}"#)
        let told = all.count - before.count
        #expect(marked.body.contains(#""told":"\#(told)","acknowledged":"1""#), "\(marked.body)")

        #expect(try await gateway.stop() == 0)
        let streamed = await everything.outcome().output
        #expect(Told.eventIDs(streamed) == all)
        let said = await socket.outcome().output
        #expect(said.hasSuffix("closed 1001\n"), "\(said)")
        let socketed = said.split(separator: "\n").filter { $0.contains(#""notification","data""#) }
        #expect(
            socketed.flatMap { Told.eventIDs(String($0)) }
                == Array(all.dropFirst(before.count + 1)))
        #expect(try await stack.notification.stop() == 0)
        #expect(try await stack.regimes.stop() == 0)
    }

    @Test("where the service is not there, the gateway says so, and answers about markets")
    func unreachable() async throws {
        let regimes = try await Server.start(
            try await Program.backfilled("--emit"), service: "market-regime")
        defer { regimes.program.remove() }
        let nobody = try LoopbackPort.free()
        let gateway = try await Stack.gateway(regimes, nobody)
        defer { gateway.program.remove() }
        for path in ["", "/stream", "/preferences", "/webhooks"] {
            let refused = try await gateway.get("/v1/notifications" + path)
            #expect(refused.status == 503, "\(path) \(refused)")
            #expect(refused.body.hasPrefix(Self.unavailable(nobody)), "\(path) \(refused)")
        }
        let socket = try RawConnection(to: gateway.port)
        socket.send(
            "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        let answer = String(decoding: await socket.receive(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
        for path in ["current", "changes?after=0", "series"] {
            #expect(try await gateway.get("/v1/market-regime/\(path)").status == 200, "\(path)")
        }
        #expect(try await gateway.get("/health").status == 200)
        let ready = try await gateway.get("/ready")
        let failing = #""failing":["ai-analysis","trading","notification","accounts"]"#
        #expect(ready.status == 503 && ready.body.contains(failing))
        #expect(try await gateway.stop() == 0)
        #expect(try await regimes.stop() == 0)
    }

    @Test("killed and started again: streams end with the reason, and resume with what was missed")
    func killed() async throws {
        let stack = try await Stack()
        defer { stack.remove() }
        let gateway = stack.gateway
        let before = try await gateway.changes()
        try await eventually { try await gateway.inbox().count == before.count }
        let stream = try gateway.follow(lastEventID: "0")
        #expect(await stream.output.wait(for: before[before.count - 1]))
        let socket = try await IndependentClient.start("websocket.py", gateway.port)
        #expect(await socket.output.wait(for: #""type":"error","data":{"code":3,"#))

        await stack.notification.kill()
        let ended = await stream.outcome()
        let reason = Self.unavailable(stack.notification.grpcPort)
        #expect(ended.status == 0)
        #expect(ended.output.contains("\nevent: error\ndata: \(reason)"), "\(ended.output)")
        let closed = await socket.outcome().output
        #expect(closed.contains(#"{"type":"error","data":\#(reason)"#), "\(closed)")
        #expect(closed.hasSuffix("closed 1011\n"), "\(closed)")
        // Nobody tells what happens now.
        try await stack.program.announce(lines: 1_200)
        #expect(try await gateway.get("/v1/notifications").status == 503)
        let all = try await gateway.changes()
        try #require(all.count > before.count + 2)

        let notification = try await stack.notification.again("notification")
        let again = try await resumed(gateway, after: try #require(Told.lastID(ended.output)))
        #expect(await again.output.wait(for: all[all.count - 1]))
        try await eventually { try await gateway.inbox().reversed() == all }
        #expect(try await gateway.stop() == 0)
        let missed = Told.eventIDs(await again.outcome().output)
        #expect(missed == Array(all.dropFirst(before.count)))
        #expect(try await notification.stop() == 0)
        #expect(try await stack.regimes.stop() == 0)
    }

    /// As a browser does, until it is answered.
    private func resumed(_ gateway: Server, after id: String) async throws -> Running {
        var stream = try gateway.follow(lastEventID: id)
        try await eventually {
            if await stream.output.wait(for: "event: resumed") { return true }
            stream = try gateway.follow(lastEventID: id)
            return false
        }
        return stream
    }
}
