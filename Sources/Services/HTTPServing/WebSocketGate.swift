import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// Makes a WebSocket of an HTTP/1.1 connection whose route answers 101.
///
/// A request that asks for one is the last of its connection: nothing behind it is read as HTTP. So
/// its end is held back until it is known which it becomes: behind an answer that refuses it comes
/// the end of the connection; behind a 101 come the messages, as parts of the request's body.
final class WebSocketGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let configuration: HTTPConfiguration
    /// Requests that have begun and whose answers have not ended.
    private var unanswered = 0
    /// The newest of them asks for a WebSocket.
    private var isAsked = false
    private var heldEnd: HTTPRequestPart?
    private var isChanging = false
    /// What is written while the connection changes.
    private var held: [(part: HTTPResponsePart, promise: EventLoopPromise<Void>?)] = []

    init(_ configuration: HTTPConfiguration) {
        self.configuration = configuration
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            unanswered += 1
            isAsked = WebSocketHandshake.isAsked(head.headerFields, method: head.method)
        case .end where isAsked:
            heldEnd = part
            return
        case .body, .end: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        guard !isChanging else {
            held.append((part, promise))
            return
        }
        switch part {
        case .head(var head) where isAsked && unanswered == 1:
            if head.status == .switchingProtocols {
                context.write(data, promise: promise)
                change(context)
            } else {
                if head.status.kind != .informational {
                    head.headerFields[.connection] = "close"
                    giveUp(context)
                }
                context.write(wrapOutboundOut(.head(head)), promise: promise)
            }
        case .end:
            unanswered = max(unanswered - 1, 0)
            context.write(data, promise: promise)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }

    /// What was written goes out once the connection has changed: nobody answers in frames before.
    func flush(context: ChannelHandlerContext) {
        if !isChanging { context.flush() }
    }

    private func giveUp(_ context: ChannelHandlerContext) {
        isAsked = false
        guard let end = heldEnd else { return }
        heldEnd = nil
        context.fireChannelRead(wrapInboundOut(end))
        context.fireChannelReadComplete()
    }

    // MARK: - From requests to frames

    private func change(_ context: ChannelHandlerContext) {
        isChanging = true
        let pipeline = context.pipeline.syncOperations
        let removals = [
            pipeline.removal(of: HeadBound.self),
            pipeline.removal(of: ByteToMessageHandler<HTTPRequestDecoder>.self),
            pipeline.removal(of: HTTPResponseEncoder.self),
            pipeline.removal(of: HTTP1ToHTTPServerCodec.self),
            pipeline.removal(of: ConnectionEndHandler.self),
            pipeline.removal(of: HTTPConnectionStateHandler.self),
        ]
        EventLoopFuture.andAllSucceed(removals, on: context.eventLoop).assumeIsolated()
            .flatMapThrowing { try self.finish(context) }
            .whenFailure { _ in context.close(promise: nil) }
    }

    private func finish(_ context: ChannelHandlerContext) throws {
        let pipeline = context.pipeline.syncOperations
        let decoder = WebSocketFrameDecoder(maxFrameSize: configuration.socketMessageLimitBytes)
        try pipeline.addHandler(WebSocketFrameEncoder(), position: .before(self))
        try pipeline.addHandler(ByteToMessageHandler(decoder), position: .before(self))
        try pipeline.addHandler(WebSocketHandler(configuration), position: .before(self))
        for (part, promise) in held { context.write(wrapOutboundOut(part), promise: promise) }
        held = []
        context.flush()
        pipeline.removeHandler(self, promise: nil)
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Takes the handler of a type out; one that is not there is out already.
    fileprivate func removal<Handler: RemovableChannelHandler>(
        of type: Handler.Type
    ) -> EventLoopFuture<Void> {
        guard let context = try? context(handlerType: type) else {
            return eventLoop.makeSucceededVoidFuture()
        }
        return removeHandler(context: context)
    }
}
