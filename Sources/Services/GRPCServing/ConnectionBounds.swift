import GRPCNIOTransportHTTP2Posix
import Hosting
import Listening
import NIOCore
import NIOHTTP2

/// What clients may take of the gRPC door: connections, calls on each, and time without a word.
package struct ConnectionBounds: Sendable {
    /// Connections open at the same time; further ones wait to be accepted. Connections are
    /// accepted in fours, so there may be three more.
    package var connectionsLimit = 1_024
    /// Calls open on one connection. Clients are told, and keep further ones back; a connection
    /// that opens more is closed.
    package var callsLimit = 2_048
    /// Streams open at the same time.
    package var streamsLimit = 4_096
    /// Those of one address, which may be a gateway with all of its clients'.
    package var clientStreamsLimit = 1_024
    /// A connection on which nothing came for this time is asked whether anybody is there.
    package var pingInterval = Duration.seconds(60)
    /// One on which nothing came for this time is closed: nobody answered.
    package var silenceLimit = Duration.seconds(90)
    /// How long a client may take to know of a shutdown, and again to answer the library.
    package var noticeLimit = Duration.seconds(1)
    /// How long it may take to close its side of a connection.
    package var lingerLimit = Duration.seconds(1)

    /// What a gateway's streams leave for others' at the least.
    static let besideStreams = 1_024

    package init() {}

    /// Makes room for a gateway with so many streams, which come from one address. It spreads them
    /// over connections.
    mutating func makeRoom(forStreams count: Int) {
        let streams = count + ConnectionBounds.besideStreams
        streamsLimit = max(streamsLimit, streams)
        clientStreamsLimit = max(clientStreamsLimit, streams)
    }

    var places: ClientPlaces {
        ClientPlaces(for: "streams", limit: streamsLimit, perClient: clientStreamsLimit)
    }

    func apply(to config: inout HTTP2ServerTransport.Posix.Config, of listener: OpenListener) {
        config.http2.maxConcurrentStreams = callsLimit
        config.connection.keepalive.time = pingInterval
        // The library's only way into the channels that it makes.
        config.channelDebuggingCallbacks.onBindTCPListener = { [connectionsLimit] channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    ConnectionCount(limit: connectionsLimit), position: .first)
                try listener.take(channel)
            }
        }
        config.channelDebuggingCallbacks.onAcceptTCPConnection = { connection in
            connection.eventLoop.makeCompletedFuture {
                let pipeline = connection.pipeline.syncOperations
                let handlers: [any ChannelHandler] = [
                    IdleStateHandler(readTimeout: TimeAmount(silenceLimit)), SilenceEnd(),
                ]
                try pipeline.addHandlers(handlers, position: .first)
                let bytes: [any ChannelHandler] = [
                    LingeringClose(limit: lingerLimit), ShutdownNotice(answerLimit: noticeLimit),
                ]
                // Behind the encryption, if there is one.
                let library = try pipeline.handler(type: NIOHTTP2Handler.self)
                try pipeline.addHandlers(bytes, position: .before(library))
                try pipeline.addHandler(
                    UnansweredGoAway(limit: noticeLimit), position: .after(library))
                // Nobody writes by the connection's own writer, which ends the process when a
                // connection is forgotten that it was not finished for: this finishes it.
                try pipeline.context(handler: library)
                    .fireUserInboundEventTriggered(ChannelEvent.outputClosed)
            }
        }
    }
}

/// Accepts no further connection while as many as may be are open.
private final class ConnectionCount: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private let limit: Int
    private var open = 0
    private var isAccepting = true

    init(limit: Int) {
        self.limit = limit
    }

    func read(context: ChannelHandlerContext) {
        isAccepting = open < limit
        if isAccepting { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated()
            .whenComplete { _ in
                self.open -= 1
                if !self.isAccepting { self.read(context: context) }
            }
        context.fireChannelRead(data)
    }
}

/// Closes a connection that is silent, or whose time is over; stands next to the socket.
private final class SilenceEnd: ChannelDuplexHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        if event is EndAtOnce {
            context.close(promise: promise)
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
