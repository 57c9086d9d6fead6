import HTTPServing
import ServiceLifecycle
import TestSupport
import Testing

/// Bytes on a socket: how connections end.
@Suite("The door on its port", .timeLimit(.minutes(5)))
struct LiveDoorTests {
    private static func door(_ change: (inout HTTPConfiguration) -> Void) -> DoorFixture {
        var fixture = DoorFixture()
        change(&fixture.configuration)
        return fixture
    }

    private static func ask(
        _ port: Int, _ text: String, half: Bool = false
    ) async throws -> String {
        let connection = try RawConnection(to: port)
        connection.send(text)
        if half { connection.endSending() }
        return String(decoding: await connection.rest(), as: UTF8.self)
    }

    private static let head = "POST /length HTTP/1.1\r\nHost: x\r\n"

    @Test(
        "a connection that asks nothing, or never comes to the end of asking, is closed in time",
        arguments: ["", "GET /text HTTP/1.1\r\nHost: x\r\n"])
    func idle(said: String) async throws {
        try await Self.door { $0.idleTimeout = .milliseconds(30) }.serving { port, _ in
            let told = try await Self.ask(port, said)
            #expect(told.isEmpty)
        }
    }

    @Test("an idle connection that was answered before is closed in time")
    func idleAfterAnswer() async throws {
        try await Self.door { $0.idleTimeout = .milliseconds(30) }.serving { port, _ in
            let told = try await Self.ask(port, "GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(told.hasPrefix("HTTP/1.1 200") && told.hasSuffix("hello"))
        }
    }

    @Test("a body that does not come is waited for, answered 408, and the connection closed")
    func drippingBody() async throws {
        try await Self.door { $0.bodyTimeout = .milliseconds(30) }.serving { port, _ in
            let told = try await Self.ask(port, Self.head + "Content-Length: 9\r\n\r\n1")
            #expect(told.hasPrefix("HTTP/1.1 408") && told.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("a body that announces too much is refused before it comes, one that fits is read")
    func announcedBody() async throws {
        try await Self.door { $0.bodyLimitBytes = 10 }.serving { port, _ in
            let told = try await Self.ask(port, Self.head + "Content-Length: 11\r\n\r\n")
            #expect(told.hasPrefix("HTTP/1.1 413") && told.contains("\r\nConnection: close\r\n"))
            let fits = try await Self.ask(
                port, Self.head + "Connection: close\r\nContent-Length: 10\r\n\r\n0123456789")
            #expect(fits.hasPrefix("HTTP/1.1 200") && fits.hasSuffix("10"))
        }
    }

    @Test(
        "a body that is cut short or not framed is the client's fault",
        arguments: [
            ("Content-Length: 9\r\n\r\n123", true),
            ("Transfer-Encoding: chunked\r\n\r\n5\r\n12", true),
            ("Transfer-Encoding: chunked\r\n\r\nfive\r\n12345\r\n0\r\n\r\n", false),
        ])
    func brokenBody(text: String, isCut: Bool) async throws {
        try await DoorFixture().serving { port, _ in
            let told = try await Self.ask(port, Self.head + text, half: isCut)
            #expect(told.hasPrefix("HTTP/1.1 400") && told.contains("cut short, or not framed"))
        }
    }

    @Test("white space without a request is bounded, on either side of the bound")
    func headBound() async throws {
        try await Self.door { $0.headLimitBytes = 1_000 }.serving { port, _ in
            let head = "GET /text HTTP/1.1\r\nConnection: close\r\nA:"
            func spaces(_ count: Int) -> String {
                String(repeating: " ", count: count - head.utf8.count)
            }
            let fits = try RawConnection(to: port)
            fits.send(head + spaces(1_000))
            fits.send("a\r\n\r\n")
            let told = String(decoding: await fits.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200"))
            let long = try await Self.ask(port, head + spaces(1_001))
            #expect(long.hasPrefix("HTTP/1.1 400") && long.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("who goes on sending after a refusal can still read it")
    func refusalIsRead() async throws {
        try await Self.door { $0.bodyLimitBytes = 10 }.serving { port, _ in
            let connection = try RawConnection(to: port)
            connection.send(Self.head + "Content-Length: 99999999\r\n\r\n")
            for _ in 0..<64 { connection.send([UInt8](repeating: 32, count: 65_536)) }
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test("a request that comes just after the shutdown began is answered, and told the end")
    func grace() async throws {
        try await Self.door { $0.shutdownGrace = .seconds(30) }.serving { port, group in
            let asked = "GET /text HTTP/1.1\r\nHost: x\r\n\r\n"
            let connections = try (0..<20).map { _ in try RawConnection(to: port) }
            for connection in connections {
                connection.send(asked)
                let told = String(decoding: await connection.receive(), as: UTF8.self)
                #expect(told.hasPrefix("HTTP/1.1 200") && !told.contains("Connection: close"))
            }
            await group.triggerGracefulShutdown()
            try await eventually { !LoopbackPort.isTaken(port) }
            for connection in connections { connection.send(asked) }
            for connection in connections {
                let told = String(decoding: await connection.rest(), as: UTF8.self)
                #expect(told.hasPrefix("HTTP/1.1 200") && told.hasSuffix("hello"))
                #expect(told.contains("\r\nConnection: close\r\n"))
            }
        }
    }

    @Test("a shutdown ends idle connections after the grace, and does not wait for who lingers")
    func shutdown() async throws {
        let fixture = Self.door {
            $0.shutdownGrace = .milliseconds(30)
            $0.lingerLimit = .milliseconds(30)
        }
        try await fixture.serving { port, group in
            let idle = try RawConnection(to: port)
            let lingering = try RawConnection(to: port)
            for connection in [idle, lingering] {
                connection.send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(!(await connection.receive()).isEmpty)
            }
            await group.triggerGracefulShutdown()
            #expect(await idle.rest().isEmpty)
            // Ends as well, though this side stays open.
            _ = await lingering.rest()
        }
    }
}
