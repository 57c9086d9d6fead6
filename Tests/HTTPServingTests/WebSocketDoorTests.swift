import HTTPServing
import Hummingbird
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Bytes on a socket: what becomes of a connection that asks for a WebSocket.
@Suite("WebSockets at the door", .timeLimit(.minutes(5)))
struct WebSocketDoorTests {
    private static func door(
        _ change: (inout HTTPConfiguration) -> Void = { _ in }
    ) -> DoorFixture {
        var fixture = DoorFixture()
        // Nobody here waits for a heart to beat who does not say so.
        fixture.configuration.heartbeatInterval = .seconds(60)
        change(&fixture.configuration)
        return fixture
    }

    private static let health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("messages go both ways, and either side may say that it ends")
    func echo() async throws {
        try await Self.door().serving { port, _ in
            let socket = try await RawSocket(to: port, "/echo-socket")
            #expect(socket.head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(socket.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            socket.send("one")
            #expect(await socket.next() == .text("one"))
            let long = String(repeating: "€", count: 5_000)
            socket.send(long)
            #expect(await socket.next() == .text(long))
            socket.send(WebSocketBytes.frame(opcode: 9, [7]))
            #expect(await socket.next() == .pong([7]))
            socket.send(WebSocketBytes.frame(opcode: 1, Array("a".utf8), isFinal: false))
            socket.send(WebSocketBytes.frame(opcode: 0, Array("b".utf8)))
            #expect(await socket.next() == .text("ab"))
            socket.send("end")
            #expect(await socket.next() == .close(1_000))
            socket.send(WebSocketBytes.close(1_000))
            #expect(await socket.next() == .over)
            let other = try await RawSocket(to: port, "/echo-socket")
            other.send(WebSocketBytes.close(4_711))
            #expect(await other.next() == .close(4_711))
            #expect(await other.next() == .over)
        }
    }

    @Test(
        "what breaks the rules is told why, and cut off when it does not answer",
        arguments: [
            (WebSocketBytes.frame(opcode: 1, [0x61], mask: nil), 1_002),
            (WebSocketBytes.frame(opcode: 2, [0x61]), 1_003),
            (WebSocketBytes.frame(opcode: 1, [0xC3]), 1_007),
            (WebSocketBytes.frame(opcode: 1, [], announced: 17 << 10), 1_009),
            (WebSocketBytes.frame(opcode: 1, [], announced: .max), 1_009),
            (WebSocketBytes.frame(opcode: 9, [], isFinal: false), 1_002),
            (WebSocketBytes.frame(opcode: 9, [UInt8](repeating: 0, count: 126)), 1_002),
            (WebSocketBytes.frame(opcode: 5, []), 1_002),
        ] as [([UInt8], UInt16)])
    func rules(bytes: [UInt8], code: UInt16) async throws {
        try await Self.door { $0.socketCloseLimit = .milliseconds(30) }.serving { port, _ in
            let socket = try await RawSocket(to: port, "/echo-socket")
            socket.send(bytes)
            #expect(await socket.next() == .close(code))
            #expect(await socket.next() == .over)
        }
    }

    @Test("who asks wrongly is told so, and the connection ends with the answer")
    func refusals() async throws {
        try await Self.door().serving { port, _ in
            for (request, status) in [
                ("GET /echo-socket HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 426),
                (WebSocketBytes.request("/echo-socket", key: "short"), 400),
                (
                    WebSocketBytes.request("/echo-socket", "Content-Length: 5\r\n") + "hello", 400
                ),
                (
                    WebSocketBytes.request("/echo-socket", "Transfer-Encoding: chunked\r\n")
                        + "5\r\nhello\r\n0\r\n\r\n", 400
                ),
                (WebSocketBytes.request("/text"), 200),
                (WebSocketBytes.request("/nowhere"), 404),
                (
                    WebSocketBytes.request("/echo-socket", "Origin: https://evil.example\r\n"),
                    403
                ),
            ] {
                let connection = try RawConnection(to: port)
                connection.send(request)
                let told = String(decoding: await connection.rest(), as: UTF8.self)
                #expect(told.hasPrefix("HTTP/1.1 \(status) "), "\(told)")
                #expect(told.contains("\r\nConnection: close\r\n"), "\(told)")
            }
            let own = try await RawSocket(to: port, "/echo-socket", "Origin: http://x\r\n")
            #expect(own.head.hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test("a request before it on the connection is answered first")
    func pipelined() async throws {
        try await Self.door().serving { port, _ in
            let socket = try await RawSocket(to: port, "/echo-socket", behind: Self.health)
            #expect(socket.head.hasPrefix("HTTP/1.1 200 "))
            #expect(!socket.head.contains("Connection: close"))
            try await socket.readHead()
            #expect(socket.head.contains("HTTP/1.1 101 "))
            socket.send("one")
            #expect(await socket.next() == .text("one"))
        }
    }

    @Test("outlives what bounds requests: time, and bytes without a head")
    func bounds() async throws {
        try await Self.door {
            $0.idleTimeout = .milliseconds(300)
            $0.headLimitBytes = 1_000
            $0.heartbeatInterval = .seconds(1)
        }.serving { port, _ in
            let socket = try await Self.opened(port)
            // Longer than a request may be idle.
            #expect(await socket.next() == .ping([]))
            socket.send(WebSocketBytes.frame(opcode: 10, []))
            let text = String(repeating: "x", count: 900)
            for _ in 0..<5 {
                socket.send(text)
                #expect(await socket.nextWord() == .text(text))
            }
        }
    }

    /// A socket, where a machine with much to do may take longer than a request may be idle.
    private static func opened(_ port: Int) async throws -> RawSocket {
        while true {
            do {
                return try await RawSocket(to: port, "/echo-socket")
            } catch is RawConnection.Refused {
                continue
            }
        }
    }

    @Test("who answers no ping is dropped")
    func heart() async throws {
        try await Self.door { $0.heartbeatInterval = .milliseconds(20) }.serving { port, _ in
            let socket = try await RawSocket(to: port, "/echo-socket")
            #expect(await socket.next() == .ping([]))
            #expect(await socket.next() == .ping([]))
            #expect(await socket.next() == .over)
        }
    }

    @Test("who reads nothing is dropped, and what is sent to them waits until then")
    func stalled() async throws {
        let sent = DoorFixture.sent
        try await Self.door { $0.socketStallLimit = .milliseconds(200) }.serving { port, _ in
            let before = sent.count
            let socket = try await RawSocket(to: port, "/flood-socket")
            try await eventually { sent.hasFailed }
            // What the system takes for who does not read, and no more.
            #expect(sent.count - before < 400)
            withExtendedLifetime(socket) {}
        }
    }

    @Test("in a shutdown it is told that the server goes, whatever it was doing")
    func shutdown() async throws {
        try await Self.door { $0.socketCloseLimit = .milliseconds(50) }.serving { port, group in
            let answering = try await RawSocket(to: port, "/echo-socket")
            let silent = try await RawSocket(to: port, "/echo-socket")
            await group.triggerGracefulShutdown()
            for socket in [answering, silent] { #expect(await socket.next() == .close(1_001)) }
            answering.send(WebSocketBytes.close(1_001))
            for socket in [answering, silent] { #expect(await socket.next() == .over) }
        }
    }

    @Test("whatever bytes come, the door stays open to others", arguments: Sweep.seeds(20))
    func noise(seed: UInt64) async throws {
        try await Self.door { $0.socketCloseLimit = .milliseconds(10) }.serving { port, _ in
            var generator = SplitMix64(seed: seed)
            for _ in 0..<10 {
                let socket = try await RawSocket(to: port, "/echo-socket")
                let bytes = (0..<Int.random(in: 1...500, using: &generator)).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                }
                // A right beginning gets further.
                socket.send(
                    Bool.random(using: &generator)
                        ? bytes
                        : WebSocketBytes.frame(
                            opcode: UInt8.random(in: 0...10, using: &generator), bytes) + bytes)
                socket.connection.endSending()
                while await socket.next() != .over {}
            }
            let socket = try await RawSocket(to: port, "/echo-socket")
            socket.send("one")
            #expect(await socket.next() == .text("one"))
        }
    }
}
