import NIOCore
import NIOHTTP1

/// Ends a connection on which bytes come and no request comes of them.
///
/// The library bounds the fields of a head, but not what stands before a field's value or between
/// requests: white space without end filled the memory.
final class HeadBound: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limitBytes: Int
    private var unread = 0

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// A part of a request has come of what was read.
    func reset() {
        if unread <= limitBytes { unread = 0 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard unread <= limitBytes else { return }
        unread += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
        if unread > limitBytes { context.fireErrorCaught(HTTPParserError.headerOverflow) }
    }
}
