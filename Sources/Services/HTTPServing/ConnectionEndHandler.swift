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
    private let bodyLimit: TimeAmount
    private let lingerLimit: TimeAmount
    private let headBound: HeadBound
    private var end = ConnectionEnd()
    private var timer: Scheduled<Void>?
    private var isFlushDue = false

    init(_ configuration: HTTPConfiguration) {
        grace = TimeAmount(configuration.shutdownGrace)
        bodyLimit = TimeAmount(configuration.shutdownBodyLimit)
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
        let part = unwrapInboundIn(data)
        guard end.takes(part) else { return }
        context.fireChannelRead(data)
        take(end.taken(part), context)
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
                close(context, lingering: lingerLimit)
            } else {
                take(step, context)
            }
        }
    }

    /// Answers that are made in one turn of the event loop are sent together at its end: each that
    /// is sent in between lets its client run instead.
    func flush(context: ChannelHandlerContext) {
        guard !isFlushDue else { return }
        isFlushDue = true
        context.eventLoop.assumeIsolated().execute { self.flushNow(context) }
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        guard isFlushDue else { return }
        isFlushDue = false
        context.flush()
    }

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        flushNow(context)
        context.close(mode: mode, promise: promise)
    }

    /// Handlers after this one would close the connection at once.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            take(end.shutDown(), context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is BodyInvitation else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        guard end.invites else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    private func take(_ step: ConnectionEnd.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .stay: break
        case .awaitRequest: after(grace, context) { self.take(self.end.graceEnds(), context) }
        case .awaitBody:
            after(bodyLimit, context) {
                if self.end.bodyIsLate() { context.fireErrorCaught(EndingFirst()) }
            }
        case .close: close(context, lingering: .zero)
        }
    }

    /// Closes the door's own direction once all is sent that was written, and the rest after a
    /// while.
    private func close(_ context: ChannelHandlerContext, lingering limit: TimeAmount) {
        timer?.cancel()
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            guard context.channel.isActive else { return }
            self.after(limit, context) { context.close(promise: nil) }
        }
        context.close(mode: .output, promise: sent)
    }

    private func after(
        _ time: TimeAmount, _ context: ChannelHandlerContext, _ action: @escaping () -> Void
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }
}
