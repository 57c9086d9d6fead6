import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends a connection as `ConnectionEnd` decides, and bounds what comes on it without a request.
///
/// After the last answer only the door's own direction is closed at first, and what still comes is
/// read and dropped for a while: a reset would reach the client before it has read the answer
/// (RFC 9112, section 9.6).
final class ConnectionEndHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let grace: TimeAmount
    private let lingerLimit: TimeAmount
    private let headBound: HeadBound
    private var end = ConnectionEnd()
    private var timer: Scheduled<Void>?

    init(_ configuration: HTTPConfiguration) {
        grace = TimeAmount(configuration.shutdownGrace)
        lingerLimit = TimeAmount(configuration.lingerLimit)
        headBound = HeadBound(limitBytes: configuration.headLimitBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            try context.pipeline.syncOperations.addHandler(headBound, position: .first)
        } catch {
            context.fireErrorCaught(error)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        headBound.reset()
        if end.takes(unwrapInboundIn(data)) { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if end.answerBegins(head) { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let step = end.answerEnds()
            context.write(data, promise: promise)
            if step == .close {
                context.flush()
                linger(context)
            } else {
                take(step, context)
            }
        }
    }

    /// Handlers after this one would close the connection at once.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            take(end.shutDown(), context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func take(_ step: ConnectionEnd.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .stay: break
        case .awaitRequest: after(grace, context) { self.take(self.end.graceEnds(), context) }
        case .close: context.close(promise: nil)
        }
    }

    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        after(lingerLimit, context) { context.close(promise: nil) }
    }

    private func after(
        _ time: TimeAmount, _ context: ChannelHandlerContext, _ action: @escaping () -> Void
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }
}
