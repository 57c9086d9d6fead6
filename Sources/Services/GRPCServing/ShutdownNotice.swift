import NIOCore

/// Tells a client that no more calls should come, and waits until it knows, before the library
/// hears of the shutdown.
///
/// A client opens calls until a GOAWAY has reached it (RFC 9113, section 6.8). swift-nio-http2
/// 1.46 takes calls that come after its own GOAWAY for an error and closes the connection, with
/// all calls on it. So the first GOAWAY is written past it, with a PING behind it: when that is
/// answered, no call is on its way any more.
final class ShutdownNotice: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        case noticed(NoticeAnswer, giveUp: Scheduled<Void>)
        case known
    }

    private let answerLimit: TimeAmount
    private var state = State.open

    /// - Parameter answerLimit: how long a client's answer is waited for.
    init(answerLimit: Duration) {
        self.answerLimit = TimeAmount(answerLimit)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Who is told twice was told, and who is not here yet is told again.
        guard case .open = state, context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: NoticeAnswer.notice)), promise: nil)
        let giveUp = context.eventLoop.assumeIsolated().scheduleTask(in: answerLimit) {
            self.passOn(context)
        }
        state = .noticed(NoticeAnswer(), giveUp: giveUp)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
        guard case .noticed(var answer, let giveUp) = state else { return }
        let isKnown = answer.isFound(in: unwrapInboundIn(data).readableBytesView)
        state = .noticed(answer, giveUp: giveUp)
        if isKnown { passOn(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .noticed(_, let giveUp) = state { giveUp.cancel() }
        state = .known
        context.fireChannelInactive()
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard case .noticed(_, let giveUp) = state else { return }
        giveUp.cancel()
        state = .known
        context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
}

/// Finds the answer to a notice among what a client sends, wherever that is cut into pieces.
struct NoticeAnswer {
    /// What PING carries; a client that sends as much by itself shortens its own shutdown.
    private static let mark = Array("bloasis!".utf8)
    private static let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0] + mark
    /// PING with the flag ACK.
    static let answer: [UInt8] = [0, 0, 8, 6, 1, 0, 0, 0, 0] + mark
    /// GOAWAY of no error and with the greatest identifier there is, and PING.
    static let notice: [UInt8] =
        [0, 0, 8, 7, 0, 0, 0, 0, 0] + [0x7f, 0xff, 0xff, 0xff] + [0, 0, 0, 0] + ping

    /// The end of what came, shorter than the answer.
    private var tail: [UInt8] = []

    mutating func isFound(in bytes: some Collection<UInt8>) -> Bool {
        let seen = tail + bytes
        tail = seen.suffix(Self.answer.count - 1)
        return seen.contains(Self.answer)
    }
}
