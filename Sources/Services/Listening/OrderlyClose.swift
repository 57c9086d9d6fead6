import NIOCore

/// Closes a listener in good order: it accepts nothing more, lets what it has accepted reach those
/// who serve it, and only then goes.
///
/// A connection passes between event loops before its server has it. NIO (2.101) forgets the ones
/// that are on their way when their listener closes; and who is told of a shutdown on the way has
/// no handlers yet that could hear it. So all connections are told of it again: their handlers must
/// bear that.
///
/// Stands first in the listener's pipeline.
final class OrderlyClose: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    /// How often a connection goes to its own event loop and back before its server has it: for its
    /// options, and for its handlers.
    private static let handoverRounds = 2

    private var open: [ObjectIdentifier: any Channel] = [:]
    private var closing: EventLoopPromise<Void>?
    private var isCutOff = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        let id = ObjectIdentifier(channel)
        open[id] = channel
        channel.closeFuture.hop(to: context.eventLoop).assumeIsolated()
            .whenComplete { _ in self.open[id] = nil }
        context.fireChannelRead(data)
        if isCutOff { OrderlyClose.end(channel) }
    }

    /// A connection that ends makes room for another; not any more in a shutdown.
    func read(context: ChannelHandlerContext) {
        if closing == nil, !isCutOff { context.read() }
    }

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        if let closing { return closing.futureResult.cascade(to: promise) }
        let closing = context.eventLoop.makePromise(of: Void.self)
        closing.futureResult.cascade(to: promise)
        self.closing = closing
        do {
            try context.channel.syncOptions?.setOption(.autoRead, value: false)
        } catch {
            // It is closed already, and `close` says so.
        }
        handOver(context, rounds: Self.handoverRounds) {
            for channel in self.open.values { OrderlyClose.quiesce(channel) }
            context.close(mode: mode, promise: closing)
        }
    }

    /// Closes all connections as they are, and takes no more.
    ///
    /// - Parameter loop: the listener's.
    /// - Returns: when they are closed.
    func cutOff(on loop: any EventLoop) -> EventLoopFuture<Void> {
        isCutOff = true
        let ends = open.values.map(\.closeFuture)
        for channel in open.values { OrderlyClose.end(channel) }
        return EventLoopFuture.andAllComplete(ends, on: loop)
    }

    private static func end(_ channel: any Channel) {
        channel.triggerUserOutboundEvent(ConnectionCutOff(), promise: nil)
        channel.close(promise: nil)
    }

    /// Event loops keep the order of what they are given: what comes back from all of them has let
    /// pass what was on its way.
    private func handOver(
        _ context: ChannelHandlerContext, rounds: Int, then end: @escaping () -> Void
    ) {
        guard rounds > 0 else { return end() }
        let loops = Dictionary(
            open.values.map { (ObjectIdentifier($0.eventLoop), $0.eventLoop) },
            uniquingKeysWith: { first, _ in first })
        let passed = loops.values.map { $0.submit {} }
        EventLoopFuture.andAllComplete(passed, on: context.eventLoop).assumeIsolated()
            .whenComplete { _ in self.handOver(context, rounds: rounds - 1, then: end) }
    }

    private static func quiesce(_ channel: any Channel) {
        channel.eventLoop.execute {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }
}
