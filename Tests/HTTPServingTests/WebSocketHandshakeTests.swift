import HTTPTypes
import Testing

@testable import HTTPServing

@Suite("Asking for a WebSocket")
struct WebSocketHandshakeTests {
    private static let asked: HTTPFields = [
        .upgrade: "websocket", .connection: "Upgrade", .secWebSocketVersion: "13",
        .secWebSocketKey: "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func handshake(
        _ method: HTTPRequest.Method = .get, _ change: (inout HTTPFields) -> Void = { _ in }
    ) throws(WebSocketRefusal) -> WebSocketHandshake {
        var fields = Self.asked
        change(&fields)
        return try WebSocketHandshake(fields, method: method)
    }

    @Test("is answered with what the example of RFC 6455 has")
    func accept() throws {
        let answer = try handshake().answer(selecting: nil)
        #expect(answer[.secWebSocketAccept] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(answer[.upgrade] == "websocket")
        #expect(answer[.connection] == "Upgrade")
        #expect(answer[.secWebSocketProtocol] == nil)
    }

    @Test("is known however it is written, and what is none is told so")
    func asking() throws {
        _ = try handshake { $0[.upgrade] = "h2c, WebSocket" }
        _ = try handshake { $0[.connection] = "keep-alive,upgrade" }
        for (field, value) in [
            (HTTPField.Name.upgrade, nil), (.upgrade, "h2c"), (.connection, nil),
            (.connection, "close"),
        ] as [(HTTPField.Name, String?)] {
            #expect(throws: WebSocketRefusal.notAsked) { try handshake { $0[field] = value } }
        }
        #expect(throws: WebSocketRefusal.notAsked) { try handshake(.post) }
        #expect(throws: WebSocketRefusal.notAsked) { try handshake(.head) }
    }

    @Test("has one version, and one key of 16 bytes")
    func parts() {
        for version in [nil, "8", "13, 8", ""] {
            #expect(throws: WebSocketRefusal.version) {
                try handshake { $0[.secWebSocketVersion] = version }
            }
        }
        for key in [nil, "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub24=", "%%%"] {
            #expect(throws: WebSocketRefusal.key) {
                try handshake { $0[.secWebSocketKey] = key }
            }
        }
        #expect(throws: WebSocketRefusal.key) {
            try handshake {
                $0.append(HTTPField(name: .secWebSocketKey, value: "dGhlIHNhbXBsZSBub25jZQ=="))
            }
        }
    }

    @Test("has no body")
    func body() throws {
        _ = try handshake { $0[.contentLength] = "0" }
        for (field, value) in [
            (HTTPField.Name.contentLength, "1"), (.contentLength, "00"), (.contentLength, "x"),
            (.transferEncoding, "chunked"), (.transferEncoding, "identity"),
        ] {
            #expect(throws: WebSocketRefusal.body) { try handshake { $0[field] = value } }
        }
    }

    @Test("offers subprotocols in their order, each once")
    func offers() throws {
        let offering = try handshake {
            $0[.secWebSocketProtocol] = "a , b"
            $0.append(HTTPField(name: .secWebSocketProtocol, value: "c"))
        }
        #expect(offering.offers == ["a", "b", "c"])
        #expect(offering.answer(selecting: "b")[.secWebSocketProtocol] == "b")
        #expect(throws: WebSocketRefusal.offers) {
            try handshake { $0[.secWebSocketProtocol] = "a, b, a" }
        }
    }
}
