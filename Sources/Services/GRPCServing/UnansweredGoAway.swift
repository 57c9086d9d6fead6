import NIOCore
import NIOHTTP2

/// Takes a client that does not answer the library's GOAWAY for one that has heard it.
///
/// After its GOAWAY the library pings the client, and closes the connection once that is answered
/// and no call is open. Who never answers would keep its connection, without a call, for as long as
/// the door may take. Stands behind the library's HTTP/2 handler.
final class UnansweredGoAway: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let limit: TimeAmount
    private var isGoingAway = false
    private var timer: Scheduled<Void>?

    /// - Parameter limit: how long the client's own answer is waited for.
    init(limit: Duration) {
        self.limit = TimeAmount(limit)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data).payload {
        case .goAway: isGoingAway = true
        case .ping(let mark, ack: false) where isGoingAway && timer == nil:
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
                let answer = HTTP2Frame(streamID: .rootStream, payload: .ping(mark, ack: true))
                context.fireChannelRead(self.wrapInboundOut(answer))
                context.fireChannelReadComplete()
            }
        default: break
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }
}
