import HTTPTypes
import NIOCore

/// Why a WebSocket ends (RFC 6455, section 7.4).
package struct WebSocketClose: Sendable, Equatable {
    package let code: UInt16
    /// For people; as much of it as a control frame takes.
    package let reason: String

    /// Bytes of a control frame, less those of the code.
    static let reasonLimitBytes = 123

    private init(_ code: UInt16, _ reason: String) {
        self.code = code
        var whole = String(reason.prefix(WebSocketClose.reasonLimitBytes))
        while whole.utf8.count > WebSocketClose.reasonLimitBytes { whole.removeLast() }
        self.reason = whole
    }

    package static let normal = WebSocketClose(1_000, "")
    package static let goingAway = WebSocketClose(1_001, "the server is ending: connect again")
    static func protocolError(_ reason: String) -> WebSocketClose { WebSocketClose(1_002, reason) }
    static let binary = WebSocketClose(1_003, "messages are text here")
    static let notUTF8 = WebSocketClose(1_007, "text is UTF-8")
    package static func policy(_ reason: String) -> WebSocketClose { WebSocketClose(1_008, reason) }
    static func tooLarge(_ limitBytes: Int) -> WebSocketClose {
        WebSocketClose(1_009, "a message has \(limitBytes) bytes at the most")
    }
    package static func failure(_ reason: String) -> WebSocketClose {
        WebSocketClose(1_011, reason)
    }

    // MARK: On the wire

    /// What a close frame says: nothing, or a code that may be sent and a text.
    ///
    /// - Returns: `nil` for anything else.
    static func read(_ payload: ByteBuffer) -> WebSocketClose? {
        var payload = payload
        guard payload.readableBytes > 0 else { return .normal }
        guard let code = payload.readInteger(as: UInt16.self),
            (1_000...1_003).contains(code) || (1_007...1_014).contains(code)
                || (3_000...4_999).contains(code),
            let reason = String(validating: payload.readableBytesView, as: UTF8.self)
        else { return nil }
        return WebSocketClose(code, reason)
    }

    var payload: ByteBuffer {
        var payload = ByteBuffer()
        payload.writeInteger(code)
        payload.writeString(reason)
        return payload
    }

    // MARK: Behind the last message

    /// The end of an answer's body says how the socket ends: in the order of the messages.
    private static let field = HTTPField.Name("bloasis-close")

    var trailer: HTTPFields {
        var fields = HTTPFields()
        if let field = WebSocketClose.field { fields[field] = "\(code) \(reason)" }
        return fields
    }

    init?(trailer: HTTPFields?) {
        guard let text = WebSocketClose.field.flatMap({ trailer?[$0] }),
            let code = UInt16(text.prefix { $0 != " " })
        else { return nil }
        self.init(code, String(text.drop { $0 != " " }.dropFirst()))
    }
}
