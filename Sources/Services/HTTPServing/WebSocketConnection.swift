import NIOCore
import NIOWebSocket

/// The server's end of a WebSocket (RFC 6455): what is to be done about each frame that comes, and
/// as time passes.
///
/// Clients send text; a message may come in pieces, within bounds. A ping is sent at every beat,
/// and a client that has answered none of several is given up.
struct WebSocketConnection {
    /// Pieces of a message at the most: pieces of nothing are bounded by nothing else.
    static let fragmentLimit = 64
    /// Beats without an answer, at the most.
    static let missedBeatsLimit = 2

    private enum State {
        case open
        /// A close frame was sent, and the client's is waited for.
        case closing
        case closed
    }

    /// What is to be done.
    enum Step: Equatable {
        case nothing
        /// A text, whole.
        case message(ByteBuffer)
        case ping
        case pong(ByteBuffer)
        /// Say that it ends; the client says so too, or is cut off after a while.
        case close(WebSocketClose)
        /// Say that it ends, as the client has said, and close the connection.
        case confirm(WebSocketClose)
        /// Both have said that it ends: close the connection.
        case end
        /// Nobody is there, or nobody takes anything: close the connection.
        case drop
    }

    private let messageLimitBytes: Int
    private var state = State.open
    /// The pieces so far of a message that has not come whole.
    private var message: (text: ByteBuffer, fragments: Int)?
    private var missedBeats = 0

    init(messageLimitBytes: Int) {
        self.messageLimitBytes = messageLimitBytes
    }

    /// Whether messages may still be sent.
    var isOpen: Bool { state == .open }

    // MARK: What comes

    mutating func receive(_ frame: WebSocketFrame) -> Step {
        guard isOpen else { return receiveLate(frame) }
        guard frame.maskKey != nil else {
            return end(.protocolError("clients mask their frames"))
        }
        guard frame.reservedBits.isEmpty else {
            return end(.protocolError("there are no extensions here"))
        }
        switch frame.opcode {
        case .text, .binary, .continuation: return receivePiece(frame)
        case .ping: return .pong(frame.unmaskedData)
        case .pong:
            missedBeats = 0
            return .nothing
        case .connectionClose: return receiveClose(frame)
        default: return end(.protocolError("there is no such opcode"))
        }
    }

    /// Once it was said that it ends, only the client's saying so counts.
    private mutating func receiveLate(_ frame: WebSocketFrame) -> Step {
        guard state == .closing, frame.opcode == .connectionClose else { return .nothing }
        state = .closed
        return .end
    }

    private mutating func receiveClose(_ frame: WebSocketFrame) -> Step {
        guard let close = WebSocketClose.read(frame.unmaskedData) else {
            return end(.protocolError("the close frame is malformed"))
        }
        state = .closed
        message = nil
        return .confirm(close)
    }

    private mutating func receivePiece(_ frame: WebSocketFrame) -> Step {
        let isContinued = frame.opcode == .continuation
        guard isContinued == (message != nil) else {
            return end(.protocolError("the pieces of a message are out of order"))
        }
        guard frame.opcode != .binary else { return end(.binary) }
        var (text, fragments) = message ?? (ByteBuffer(), 0)
        guard text.readableBytes + frame.length <= messageLimitBytes else {
            return end(.tooLarge(messageLimitBytes))
        }
        guard fragments < WebSocketConnection.fragmentLimit else {
            return end(.policy("a message comes in fewer pieces"))
        }
        fragments += 1
        var piece = frame.unmaskedData
        text.writeBuffer(&piece)
        guard frame.fin else {
            message = (text, fragments)
            return .nothing
        }
        message = nil
        guard String(validating: text.readableBytesView, as: UTF8.self) != nil else {
            return end(.notUTF8)
        }
        return .message(text)
    }

    /// What comes is no frame.
    mutating func fail(_ error: NIOWebSocketError) -> Step {
        switch error {
        case .invalidFrameLength: end(.tooLarge(messageLimitBytes))
        case .fragmentedControlFrame, .multiByteControlFrameLength:
            end(.protocolError("a control frame is whole, and short"))
        }
    }

    // MARK: What is done here

    /// There is nothing more to say, or the client broke the rules.
    mutating func end(_ close: WebSocketClose) -> Step {
        guard isOpen else { return .nothing }
        state = .closing
        message = nil
        return .close(close)
    }

    /// A beat of the heart.
    mutating func beat() -> Step {
        guard isOpen else { return .nothing }
        guard missedBeats < WebSocketConnection.missedBeatsLimit else { return cutOff() }
        missedBeats += 1
        return .ping
    }

    /// The client has taken nothing, or not said that it ends, for too long; or is gone.
    mutating func cutOff() -> Step {
        guard state != .closed else { return .nothing }
        state = .closed
        message = nil
        return .drop
    }
}
