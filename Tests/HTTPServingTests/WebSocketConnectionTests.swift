import HTTPTypes
import NIOCore
import NIOWebSocket
import TestSupport
import Testing

@testable import HTTPServing

@Suite("The frames of a WebSocket")
struct WebSocketConnectionTests {
    private static let limit = 100

    /// The value under test, where an expectation may change it.
    private final class Socket {
        private var connection = WebSocketConnection(messageLimitBytes: limit)

        var isOpen: Bool { connection.isOpen }
        func receive(_ frame: WebSocketFrame) -> WebSocketConnection.Step {
            connection.receive(frame)
        }
        func beat() -> WebSocketConnection.Step { connection.beat() }
        func end(_ close: WebSocketClose) -> WebSocketConnection.Step { connection.end(close) }
        func fail(_ error: NIOWebSocketError) -> WebSocketConnection.Step {
            connection.fail(error)
        }
        func cutOff() -> WebSocketConnection.Step { connection.cutOff() }

        /// The code with which a frame has the socket closed from here.
        func code(for frame: WebSocketFrame) -> UInt16? {
            if case .close(let close) = receive(frame) { close.code } else { nil }
        }
    }

    private static func frame(
        _ opcode: WebSocketOpcode, _ bytes: [UInt8] = [], final: Bool = true, masked: Bool = true
    ) -> WebSocketFrame {
        var data = ByteBuffer(bytes: bytes)
        let mask: WebSocketMaskingKey = [9, 8, 7, 6]
        if masked { data.webSocketMask(mask) }
        return WebSocketFrame(
            fin: final, opcode: opcode, maskKey: masked ? mask : nil, data: data)
    }

    private static func text(_ text: String, final: Bool = true) -> WebSocketFrame {
        frame(.text, Array(text.utf8), final: final)
    }

    @Test("a text is a message, in one piece or in several, with pings in between")
    func messages() {
        let socket = Socket()
        #expect(socket.receive(Self.text("")) == .message(ByteBuffer()))
        #expect(socket.receive(Self.text("a€")) == .message(ByteBuffer(string: "a€")))
        // A piece may end within a character.
        let euro = Array("€".utf8)
        #expect(
            socket.receive(Self.frame(.text, [0x61, euro[0]], final: false)) == .nothing)
        #expect(
            socket.receive(Self.frame(.ping, [1, 2])) == .pong(ByteBuffer(bytes: [1, 2])))
        #expect(
            socket.receive(Self.frame(.continuation, Array(euro[1...]), final: false)) == .nothing)
        #expect(
            socket.receive(Self.frame(.continuation)) == .message(ByteBuffer(string: "a€")))
        #expect(socket.isOpen)
    }

    @Test("a message of the limit is one, a longer one is not, in however many pieces")
    func size() {
        let most = String(repeating: "x", count: Self.limit)
        #expect(Socket().receive(Self.text(most)) == .message(ByteBuffer(string: most)))
        #expect(Socket().code(for: Self.text(most + "x")) == 1_009)
        let socket = Socket()
        #expect(socket.receive(Self.text(most, final: false)) == .nothing)
        #expect(socket.code(for: Self.frame(.continuation, [0x78])) == 1_009)
        #expect(Socket().fail(.invalidFrameLength).code == 1_009)
    }

    @Test("a message has so many pieces at the most")
    func pieces() {
        for extra in 0...1 {
            let socket = Socket()
            #expect(socket.receive(Self.text("", final: false)) == .nothing)
            for _ in 0..<WebSocketConnection.fragmentLimit - 2 + extra {
                #expect(
                    socket.receive(Self.frame(.continuation, final: false)) == .nothing)
            }
            let last = socket.receive(Self.frame(.continuation))
            #expect(extra == 0 ? last == .message(ByteBuffer()) : last.code == 1_008)
        }
    }

    @Test("what breaks the rules ends the socket, with the code for it")
    func rules() throws {
        #expect(Socket().code(for: Self.frame(.text, [0x61], masked: false)) == 1_002)
        #expect(Socket().code(for: Self.frame(.binary, [0x61])) == 1_003)
        #expect(Socket().code(for: Self.frame(.text, [0xFF])) == 1_007)
        #expect(Socket().code(for: Self.frame(.continuation, [0x61])) == 1_002)
        let unknown = try #require(WebSocketOpcode(encodedWebSocketOpcode: 0x3))
        #expect(Socket().code(for: Self.frame(unknown)) == 1_002)
        var reserved = Self.text("a")
        reserved.rsv1 = true
        #expect(Socket().code(for: reserved) == 1_002)
        let socket = Socket()
        #expect(socket.receive(Self.text("a", final: false)) == .nothing)
        #expect(socket.code(for: Self.text("b")) == 1_002)
        #expect(Socket().fail(.fragmentedControlFrame).code == 1_002)
        #expect(Socket().fail(.multiByteControlFrameLength).code == 1_002)
    }

    @Test(
        "a close frame is confirmed with its code, a malformed one is an error",
        arguments: [
            ([], 1_000), ([0x03, 0xE8], 1_000), ([0x0F, 0xA0, 0x61], 4_000), ([0x03], nil),
            ([0x03, 0xED], nil), ([0x00, 0x00], nil), ([0x03, 0xE8, 0xFF], nil),
            ([0x13, 0x88], nil),
        ] as [([UInt8], UInt16?)])
    func closing(_ payload: [UInt8], _ code: UInt16?) {
        let socket = Socket()
        let step = socket.receive(Self.frame(.connectionClose, payload))
        if let code {
            guard case .confirm(let close) = step else {
                Issue.record("\(step)")
                return
            }
            #expect(close.code == code)
        } else {
            #expect(step.code == 1_002)
        }
        #expect(!socket.isOpen)
    }

    @Test("closed from here, it waits for the client's word and hears nothing else")
    func ending() {
        let socket = Socket()
        #expect(socket.end(.goingAway) == .close(.goingAway))
        #expect(socket.end(.normal) == .nothing)
        for frame in [Self.text("a"), Self.frame(.ping), Self.frame(.binary)] {
            #expect(socket.receive(frame) == .nothing)
        }
        #expect(socket.beat() == .nothing)
        #expect(socket.receive(Self.frame(.connectionClose, [0x03, 0xE8])) == .end)
        #expect(socket.receive(Self.frame(.connectionClose, [0x03, 0xE8])) == .nothing)
        #expect(socket.cutOff() == .nothing)
    }

    @Test("who answers no ping is given up after two, who answers one of them is not")
    func beats() {
        let silent = Socket()
        for _ in 0..<WebSocketConnection.missedBeatsLimit { #expect(silent.beat() == .ping) }
        #expect(silent.beat() == .drop)
        #expect(silent.beat() == .nothing)
        let alive = Socket()
        for _ in 0..<10 {
            for _ in 0..<WebSocketConnection.missedBeatsLimit { #expect(alive.beat() == .ping) }
            #expect(alive.receive(Self.frame(.pong)) == .nothing)
        }
    }

    @Test("a code and its reason go with the end of an answer, and come back")
    func trailer() {
        let long = WebSocketClose.failure(String(repeating: "é", count: 200))
        #expect(long.reason == String(repeating: "é", count: WebSocketClose.reasonLimitBytes / 2))
        #expect(long.payload.readableBytes <= 125)
        for close in [WebSocketClose.normal, .goingAway, .policy("no more"), .failure("a: b")] {
            #expect(WebSocketClose(trailer: close.trailer) == close)
        }
        #expect(WebSocketClose(trailer: nil) == nil)
        #expect(WebSocketClose(trailer: [:]) == nil)
    }

    @Test(
        "whatever frames come, messages keep the bounds and nothing comes behind the end",
        arguments: Sweep.seeds(200))
    func random(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let socket = Socket()
        var isOver = false
        for _ in 0..<200 {
            let opcode = WebSocketOpcode(
                encodedWebSocketOpcode: UInt8.random(in: 0...15, using: &generator))
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0x20...0x7E, using: &generator)
            }
            // Mostly what a client may send, so that it gets further than the first frame.
            let isFair = Int.random(in: 0..<10, using: &generator) > 0
            let frame = Self.frame(
                isFair
                    ? [.text, .continuation, .ping, .pong].randomElement(using: &generator)
                        ?? .text : opcode ?? .text,
                bytes, final: Bool.random(using: &generator),
                masked: isFair || Bool.random(using: &generator))
            switch socket.receive(frame) {
            case .message(let text):
                #expect(!isOver && text.readableBytes <= Self.limit)
            case .pong, .ping: #expect(!isOver)
            case .close, .confirm:
                #expect(!isOver)
                isOver = true
            case .nothing, .end, .drop: break
            }
            #expect(socket.isOpen == !isOver)
        }
    }
}

extension WebSocketConnection.Step {
    /// With which the socket is closed from here.
    fileprivate var code: UInt16? {
        if case .close(let close) = self { close.code } else { nil }
    }
}
