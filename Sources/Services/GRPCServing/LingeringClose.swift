import Listening
import NIOCore

/// Lets a client read what it was sent last.
///
/// After the last answer the library closes the door's own direction, and at once the rest. What a
/// client sends after that, if only that it has read a part, is answered by a reset, which
/// overtakes what is still on its way. So the rest is closed when the client has, or after a limit.
final class LingeringClose: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let limit: TimeAmount
    private var isHalfClosed = false
    private var closing: (timer: Scheduled<Void>, promise: EventLoopPromise<Void>?)?

    init(limit: Duration) {
        self.limit = TimeAmount(limit)
    }

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        guard mode == .all, isHalfClosed, closing == nil else {
            isHalfClosed = isHalfClosed || mode == .output
            return context.close(mode: mode, promise: promise)
        }
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            // Encryption would wait for the client to agree.
            context.triggerUserOutboundEvent(EndAtOnce(), promise: nil)
        }
        closing = (timer, promise)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        context.triggerUserOutboundEvent(
            event is ConnectionCutOff ? EndAtOnce() : event, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        closing?.timer.cancel()
        closing?.promise?.succeed()
        context.fireChannelInactive()
    }
}

/// Closes the connection itself, without a word of the encryption.
struct EndAtOnce: Sendable {}
