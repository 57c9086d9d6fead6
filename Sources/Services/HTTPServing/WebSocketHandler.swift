import NIOCore
import NIOHTTPTypes
import NIOWebSocket

/// The frames of a WebSocket, as `WebSocketConnection` decides.
///
/// Towards the frames it is a WebSocket, towards the route still a request and its answer: each
/// part of the request's body is a message that came, whole, each part of the answer's one that is
/// sent, and the end of the answer's closes the socket.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = WebSocketFrame

    private let beatInterval: TimeAmount
    private let stallLimit: TimeAmount
    private let closeLimit: TimeAmount
    private var connection: WebSocketConnection
    private var nextBeat: Scheduled<Void>?
    private var stall: Scheduled<Void>?
    private var lastWait: Scheduled<Void>?
    /// The answer to the latest ping, of a client that takes nothing at the moment.
    private var owedPong: ByteBuffer?
    private var hasEnded = false

    init(_ configuration: HTTPConfiguration) {
        beatInterval = TimeAmount(configuration.heartbeatInterval)
        stallLimit = TimeAmount(configuration.socketStallLimit)
        closeLimit = TimeAmount(configuration.socketCloseLimit)
        connection = WebSocketConnection(messageLimitBytes: configuration.socketMessageLimitBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) { awaitBeat(context) }

    func handlerRemoved(context: ChannelHandlerContext) { cancelTimers() }

    func channelInactive(context: ChannelHandlerContext) {
        cancelTimers()
        _ = connection.cutOff()
        context.fireChannelInactive()
    }

    private func cancelTimers() {
        for timer in [nextBeat, stall, lastWait] { timer?.cancel() }
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(connection.receive(unwrapInboundIn(data)), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOWebSocketError: take(connection.fail(error), context)
        // What comes behind that is not read.
        case is ByteToMessageDecoderError: break
        default: context.fireErrorCaught(error)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: take(connection.end(.goingAway), context)
        case ChannelEvent.inputClosed: take(connection.cutOff(), context)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: What is sent

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: promise?.succeed()
        case .body(let text):
            guard connection.isOpen else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            context.write(wrapOutboundOut(frame(.text, text)), promise: promise)
        case .end(let trailer):
            promise?.succeed()
            take(connection.end(WebSocketClose(trailer: trailer) ?? .normal), context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        if context.channel.isWritable {
            if let pong = owedPong { send(.pong, pong, context) }
            owedPong = nil
        } else {
            stall = after(stallLimit, context) { self.take(self.connection.cutOff(), context) }
        }
        context.fireChannelWritabilityChanged()
    }

    private func take(_ step: WebSocketConnection.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .nothing: break
        case .message(let text): context.fireChannelRead(wrapInboundOut(.body(text)))
        case .ping: send(.ping, ByteBuffer(), context)
        case .pong(let payload):
            if context.channel.isWritable {
                send(.pong, payload, context)
            } else {
                owedPong = payload
            }
        case .close(let close):
            send(.connectionClose, close.payload, context)
            endInput(context)
            closeSoon(context)
        case .confirm(let close):
            send(.connectionClose, close.payload, context) {
                context.close(promise: nil)
            }
            endInput(context)
            closeSoon(context)
        case .end, .drop:
            endInput(context)
            context.close(promise: nil)
        }
    }

    /// Whoever reads what the client says learns that there is no more.
    private func endInput(_ context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        hasEnded = true
        context.fireChannelRead(wrapInboundOut(.end(nil)))
        // Not every end comes with something that was read.
        context.fireChannelReadComplete()
    }

    private func closeSoon(_ context: ChannelHandlerContext) {
        lastWait = after(closeLimit, context) { context.close(promise: nil) }
    }

    private func awaitBeat(_ context: ChannelHandlerContext) {
        nextBeat = after(beatInterval, context) {
            self.take(self.connection.beat(), context)
            if self.connection.isOpen { self.awaitBeat(context) }
        }
    }

    private func after(
        _ time: TimeAmount, _ context: ChannelHandlerContext, _ action: @escaping () -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }

    private func send(
        _ opcode: WebSocketOpcode, _ payload: ByteBuffer, _ context: ChannelHandlerContext,
        sent: @escaping () -> Void = {}
    ) {
        context.writeAndFlush(wrapOutboundOut(frame(opcode, payload))).assumeIsolated()
            .whenComplete { _ in sent() }
    }

    private func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, data: payload)
    }
}
