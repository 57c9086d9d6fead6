import Foundation
import TestSupport
import Testing

/// Bytes on sockets, so that nothing puts right what a test means to be wrong.
@Suite("Faulty clients at the HTTP door", .serialized, .timeLimit(.minutes(5)))
struct HTTPFaultTests {
    private static let host = "Host: x\r\n"
    private static let secrets =
        "Authorization: Bearer \(DoorWorld.secret)\r\nX-Key: \(DoorWorld.secret)\r\n"

    private static func get(_ target: String, _ fields: String = "") -> [UInt8] {
        Array("GET \(target) HTTP/1.1\r\n\(host)\(secrets)\(fields)\r\n".utf8)
    }

    private static func post(_ fields: String, _ body: [UInt8] = []) -> [UInt8] {
        let head =
            "POST /v1/market-data/bars HTTP/1.1\r\n\(host)Content-Type: application/json\r\n"
        return Array("\(head)\(fields)\r\n".utf8) + body
    }

    private static func whole(_ body: [UInt8]) -> [UInt8] {
        post("Connection: close\r\nContent-Length: \(body.count)\r\n", body)
    }

    private static let unreadable: [(String, [UInt8])] = [
        ("no text", [0, 0xff, 0xfe] + Array("\r\n\r\n".utf8)),
        ("a TLS hello", [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3] + [UInt8](repeating: 0, count: 40)),
        ("HTTP/2", Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)),
        ("a method nobody knows", Array("FROB /health HTTP/1.1\r\n\(host)\r\n".utf8)),
        ("a version nobody knows", Array("GET /health HTTP/9.9\r\n\(host)\r\n".utf8)),
        ("bare line feeds", Array("GET /health HTTP/1.1\nHost: x\n\n".utf8)),
        ("a folded field", get("/health", "A: b\r\n c\r\n")),
        ("a space before a colon", get("/health", "A : b\r\n")),
        ("a field of 200 KB", get("/health", "A: \(String(repeating: "a", count: 200_000))\r\n")),
        ("5,000 fields", get("/health", String(repeating: "a: b\r\n", count: 5_000))),
        ("a query of 2 MB", get("/health?" + String(repeating: "a", count: 2_000_000))),
        ("bytes that are no UTF-8", Array("GET /?".utf8) + [0xff, 0xfe] + get("").dropFirst(4)),
        ("a length below nothing", post("Content-Length: -5\r\n")),
        ("a length beyond numbers", post("Content-Length: 99999999999999999999999\r\n")),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 7\r\n", [1, 2, 3, 4, 5, 6, 7])),
        ("a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
        ("chunks that are not last", post("Transfer-Encoding: chunked, identity\r\n")),
    ]

    @Test("what cannot be read is refused, and the connection closed")
    func refused() async throws {
        let world = try await DoorWorld()
        for (name, bytes) in Self.unreadable {
            let told = try await world.answer(to: bytes)
            #expect(told.hasPrefix("HTTP/1.1 400 "), "\(name): \(told)")
            #expect(told.contains("\r\nConnection: close\r\n"), "\(name)")
        }
        try await world.end()
    }

    /// A target, and the answer's status and a part of it.
    private static let wrong: [(String, Int, String)] = [
        ("/v1/market-regime/models/..%2f..%2f..%2fetc%2fpasswd", 404, "no model"),
        ("/v1/market-regime/models/../../../etc/passwd", 404, "no route"),
        ("/v1/market-regime/models/%2e%2e", 404, "no model"),
        ("/v1/market-regime/models/a%00b", 404, "no model"),
        ("/v1/market-regime/models/%ff%fe", 400, "not percent-encoded UTF-8"),
        ("/v1/users/..%2f..%2fetc%2fpasswd/portfolio", 400, "user_id"),
        ("/..%2f..%2f..%2fetc%2fpasswd", 404, "no route"),
        ("/../../../../etc/passwd", 404, "no route"),
        ("//etc/passwd", 404, "no route"),
        ("http://x/../etc/passwd", 404, "no route"),
        ("/v1/market-regime/current?market=%ff%fe", 400, "not percent-encoded UTF-8"),
        ("/v1/market-regime/current?market=..%2f..%2fetc%2fpasswd", 400, "not a market name"),
        ("/v1/market-regime/current?nope=\(DoorWorld.secret)", 400, "unknown query parameter"),
        ("/v1/market-regime/current?market=SPX&market=SPX", 400, "given twice"),
        // 8,192 bytes with the path, and one more.
        ("/health?" + String(repeating: "a", count: 8_184), 200, "healthy"),
        ("/health?" + String(repeating: "a", count: 8_185), 414, "8192 at the most"),
    ]

    @Test("what is not there or not meant so is said, and no path leads out of the API")
    func wrongTargets() async throws {
        let world = try await DoorWorld()
        for (target, status, part) in Self.wrong {
            let told = try await world.answer(to: Self.get(target, "Connection: close\r\n"))
            #expect(told.hasPrefix("HTTP/1.1 \(status) "), "\(target): \(told)")
            #expect(told.contains(part) && !told.contains("root:"), "\(target): \(told)")
        }
        for body in [
            #"{"nope":"\#(DoorWorld.secret)"}"#, #"{"market":1}"#, "[", "",
            #"{"market":"SPX","#, String(repeating: #"{"bars":"#, count: 100_000),
        ] {
            let told = try await world.answer(to: Self.whole(Array(body.utf8)))
            #expect(told.hasPrefix("HTTP/1.1 400 "), "\(body.prefix(40)): \(told)")
        }
        let notText: [UInt8] = Array(#"{"market":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8)
        let told = try await world.answer(to: Self.whole(notText))
        #expect(told.hasPrefix("HTTP/1.1 400 "), "\(told)")
        for method in ["DELETE", "TRACE", "OPTIONS"] {
            let asked = "\(method) /health HTTP/1.1\r\n\(Self.host)Connection: close\r\n\r\n"
            let told = try await world.answer(to: Array(asked.utf8))
            #expect(told.hasPrefix("HTTP/1.1 405 ") && told.contains("\r\nAllow: GET, HEAD\r\n"))
        }
        try await world.end()
    }

    @Test("too much is refused, or not read: a head, a body, requests without end")
    func tooMuch() async throws {
        let world = try await DoorWorld()
        let spaces = [UInt8](repeating: 0x20, count: 65_536)
        let chunk = Array("10000\r\n".utf8) + spaces + Array("\r\n".utf8)
        let limit = 8 << 20
        // Read and found to be no JSON; announced or found to be one byte too many.
        let most = try await world.answer(
            to: Self.whole([UInt8](repeating: 0x20, count: limit)))
        #expect(most.hasPrefix("HTTP/1.1 400 "), "\(most)")
        let announced = try await world.answer(to: Self.post("Content-Length: \(limit + 1)\r\n"))
        #expect(announced.hasPrefix("HTTP/1.1 413 "), "\(announced)")
        for (name, head, more, status) in [
            ("a body", Self.post("Transfer-Encoding: chunked\r\n"), chunk, 413),
            (
                "a body nobody asked for", Self.get("/health", "Transfer-Encoding: chunked\r\n"),
                chunk, 200
            ),
            ("a field", Array("GET /health HTTP/1.1\r\nA: a".utf8), spaces, 400),
            ("space before a field", Array("GET /health HTTP/1.1\r\nA: ".utf8), spaces, 400),
            (
                "empty lines", [], Array(repeatElement(Array("\r\n".utf8), count: 9_999).joined()),
                400
            ),
            (
                "a size of a chunk", Self.post("Transfer-Encoding: chunked\r\n", [0x31, 0x3b]),
                spaces, 400
            ),
        ] {
            let connection = try world.connect()
            connection.send(head)
            _ = await connection.flood(more, limit: 1 << 30)
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 \(status) "), "\(name) without end: \(told)")
            try world.expectMemoryBounded("\(name) without end")
        }
        // Nobody reads the answers, so that at some time no more requests are read.
        let unread = try world.connect()
        let requests = Array(
            repeatElement(Self.get("/v1/market-regime/current"), count: 64).joined())
        let taken = await unread.flood(requests, limit: 64 << 20)
        #expect(taken < 64 << 20)
        try world.expectMemoryBounded("answers that nobody reads")
        try await DoorWorld.expectWell(world.server)
        unread.end()
        try await world.end()
    }

    @Test("the slow are answered in the end, others meanwhile; half-closed is still listening")
    func slowAndHalfClosed() async throws {
        let world = try await DoorWorld()
        let asked = Self.get("/v1/market-regime/current", "Connection: close\r\n")
        let bar = Array(
            #"{"market":"SPX","timestamp":"2002-03-11T21:00:00Z","close":1168.26}"#.utf8)
        let slow = try (0..<200).map { number in
            let bytes = number % 2 == 0 ? asked : Self.whole(bar)
            return (connection: try world.connect(), bytes: bytes)
        }
        for client in slow { client.connection.send(Array(client.bytes.dropLast(20))) }
        try await DoorWorld.expectWell(world.server)
        for left in stride(from: 20, to: 1, by: -1) {
            for client in slow { client.connection.send([client.bytes[client.bytes.count - left]]) }
        }
        try await DoorWorld.expectWell(world.server)
        for client in slow { client.connection.send(Array(client.bytes.suffix(1))) }
        for client in slow {
            let told = String(decoding: await client.connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200 "), "\(told)")
        }
        for (name, bytes, expected) in [
            ("a request", Self.get("/health"), "HTTP/1.1 200 "), ("nothing", [], ""),
            ("half a head", Array(asked.prefix(30)), "HTTP/1.1 400 "),
            ("half a body", Array(Self.whole(bar).dropLast(9)), "HTTP/1.1 400 "),
            ("half a chunk", Self.post("Transfer-Encoding: chunked\r\n", [0x35]), "HTTP/1.1 400 "),
        ] {
            let told = try await world.answer(to: bytes, endSending: true)
            #expect(
                told.hasPrefix(expected) && told.isEmpty == expected.isEmpty, "\(name): \(told)")
        }
        try await world.end()
    }
}
