import HTTPServing
import TestSupport
import Testing

@Suite("Bodies that are asked for", .timeLimit(.minutes(5)))
struct ExpectationTests {
    private static let invitation = "HTTP/1.1 100 Continue\r\n\r\n"

    private static func head(_ path: String = "/length", length: Int = 5) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n"
    }

    private static func fixture() -> DoorFixture {
        var fixture = DoorFixture()
        fixture.configuration.bodyLimitBytes = 10
        return fixture
    }

    @Test(
        "who waits to be asked is asked, once and for each request",
        arguments: ["100-continue", "100-Continue"])
    func invited(expectation: String) async throws {
        try await Self.fixture().serving { port, _ in
            let connection = try RawConnection(to: port)
            for _ in 0..<2 {
                connection.send(Self.head() + "Expect: \(expectation)\r\n\r\n")
                let asked = String(decoding: await connection.receive(), as: UTF8.self)
                #expect(asked == Self.invitation)
                connection.send("12345")
                let told = String(decoding: await connection.receive(), as: UTF8.self)
                #expect(told.hasPrefix("HTTP/1.1 200") && told.hasSuffix("5"))
            }
        }
    }

    @Test(
        "who is refused is not asked",
        arguments: [(head(length: 11), "413"), (head("/nowhere"), "404"), (head("/text"), "405")])
    func refused(head: String, status: String) async throws {
        try await Self.fixture().serving { port, _ in
            let connection = try RawConnection(to: port)
            connection.send(head + "Expect: 100-continue\r\n\r\n")
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 \(status)"), "\(told)")
            #expect(told.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("an answer that has begun is not interrupted")
    func answered() async throws {
        try await Self.fixture().serving { port, _ in
            let connection = try RawConnection(to: port)
            connection.send(Self.head("/echo") + "Expect: 100-continue\r\n\r\n")
            var told = String(decoding: await connection.receive(), as: UTF8.self)
            connection.send("12345")
            told += String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200") && told.hasSuffix("5\r\n12345\r\n0\r\n\r\n"))
            #expect(!told.contains("100 Continue"))
        }
    }

    @Test("who does not wait is not asked")
    func unasked() async throws {
        try await Self.fixture().serving { port, _ in
            let connection = try RawConnection(to: port)
            connection.send(Self.head() + "Connection: close\r\n\r\n12345")
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200") && told.hasSuffix("5"))
        }
    }
}
