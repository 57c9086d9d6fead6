/// Frames of a WebSocket (RFC 6455, section 5.2), as bytes: what a client writes, right or wrong,
/// and what a server says.
package enum WebSocketBytes {
    /// A frame as a client sends it.
    ///
    /// - Parameters:
    ///   - mask: `nil` for one that is not masked.
    ///   - announced: another length than the payload has.
    package static func frame(
        opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0,
        mask: [UInt8]? = [1, 2, 3, 4], announced: UInt64? = nil
    ) -> [UInt8] {
        let length = announced ?? UInt64(payload.count)
        let marked: UInt8 = mask == nil ? 0 : 0x80
        var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        switch length {
        case 0...125: bytes.append(marked | UInt8(length))
        case 126...0xFFFF: bytes += [marked | 126] + bigEndian(length, 2)
        default: bytes += [marked | 127] + bigEndian(length, 8)
        }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    package static func text(_ text: String) -> [UInt8] { frame(opcode: 1, Array(text.utf8)) }

    package static func close(_ code: UInt64, _ reason: String = "") -> [UInt8] {
        frame(opcode: 8, bigEndian(code, 2) + reason.utf8)
    }

    package static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }

    package static func request(
        _ path: String, _ fields: String = "", key: String = "dGhlIHNhbXBsZSBub25jZQ=="
    ) -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n"
            + fields + "\r\n"
    }
}

/// The client's end of a WebSocket, as wilful as a test wants it.
package final class RawSocket {
    package enum Frame: Equatable, Sendable {
        case text(String)
        case ping([UInt8])
        case pong([UInt8])
        /// With the code; `nil` for none.
        case close(UInt16?)
        case other(UInt8)
        /// The connection is over.
        case over
    }

    package let connection: RawConnection
    /// The head of the answer.
    package private(set) var head = ""
    private var unread: [UInt8] = []

    /// Connects and asks for a WebSocket.
    package init(
        to port: Int, _ path: String, _ fields: String = "", behind earlier: String = ""
    ) async throws {
        connection = try RawConnection(to: port)
        connection.send(earlier + WebSocketBytes.request(path, fields))
        try await readHead()
    }

    /// The head of the next answer; what has a body is read with it.
    package func readHead() async throws {
        while true {
            if let end = unread.firstRange(of: Array("\r\n\r\n".utf8)) {
                head = String(decoding: unread[..<end.upperBound], as: UTF8.self)
                unread.removeSubrange(..<end.upperBound)
                return
            }
            let more = await connection.receive()
            if more.isEmpty { throw RawConnection.Refused() }
            unread += more
        }
    }

    package func send(_ bytes: [UInt8]) { connection.send(bytes) }

    package func send(_ text: String) { connection.send(WebSocketBytes.text(text)) }

    /// The next frame.
    package func next() async -> Frame {
        while true {
            if let frame = takeFrame() { return frame }
            let more = await connection.receive()
            if more.isEmpty { return .over }
            unread += more
        }
    }

    /// The next frame that is no ping.
    package func nextWord() async -> Frame {
        while true {
            let frame = await next()
            if case .ping = frame { continue }
            return frame
        }
    }

    private func takeFrame() -> Frame? {
        guard unread.count >= 2 else { return nil }
        var start = 2
        var length = Int(unread[1] & 0x7F)
        if length >= 126 {
            let digits = length == 126 ? 2 : 8
            guard unread.count >= 2 + digits else { return nil }
            start += digits
            length = unread[2..<start].reduce(0) { $0 << 8 | Int($1) }
        }
        guard unread.count >= start + length else { return nil }
        let payload = Array(unread[start..<start + length])
        let opcode = unread[0] & 0x0F
        unread.removeSubrange(..<(start + length))
        switch opcode {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 8:
            return .close(
                payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1]))
        case 9: return .ping(payload)
        case 10: return .pong(payload)
        default: return .other(opcode)
        }
    }
}
