import Foundation
import Listening
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite("The close of a listener", .timeLimit(.minutes(5)))
struct OrderlyCloseTests {
    /// A listener and its connections on threads of their own, so that one can stand still alone.
    private struct World {
        let server: NIOAsyncChannel<any Channel, Never>
        let listener = OpenListener()
        let connections = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let accepted: AsyncStream<Void>
        let told: AsyncStream<Void>
        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

        init() async throws {
            let (accepted, accept) = AsyncStream<Void>.makeStream()
            let (told, tell) = AsyncStream<Void>.makeStream()
            (self.accepted, self.told) = (accepted, told)
            server = try await ServerBootstrap(group: group, childGroup: connections)
                .serverChannelInitializer { [listener] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Acceptance(accept))
                        try listener.take(channel)
                    }
                }
                .bind(host: "127.0.0.1", port: 0) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Hearing(tell))
                        return channel
                    }
                }
        }

        func connect() throws -> RawConnection {
            try RawConnection(to: server.channel.localAddress?.port ?? 0)
        }

        /// Those who reached the server until the listener was closed.
        func reached() async throws -> [any Channel] {
            try await server.executeThenClose { inbound in
                var reached: [any Channel] = []
                for try await channel in inbound { reached.append(channel) }
                return reached
            }
        }

        func end() async throws {
            try await connections.shutdownGracefully()
            try await group.shutdownGracefully()
        }
    }

    /// Says when a connection was taken from the system.
    private final class Acceptance: ChannelInboundHandler, Sendable {
        typealias InboundIn = any Channel
        private let accept: AsyncStream<Void>.Continuation

        init(_ accept: AsyncStream<Void>.Continuation) { self.accept = accept }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.fireChannelRead(data)
            accept.yield()
        }
    }

    /// Says when a connection was told of a shutdown.
    private final class Hearing: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let tell: AsyncStream<Void>.Continuation

        init(_ tell: AsyncStream<Void>.Continuation) { self.tell = tell }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent { tell.yield() }
        }
    }

    @Test("who was accepted reaches the server and hears of the shutdown, then it is closed")
    func handover() async throws {
        let world = try await World()
        let hold = DispatchSemaphore(value: 0)
        world.connections.next().execute { hold.wait() }
        let client = try world.connect()
        for await _ in world.accepted { break }
        let loop = world.server.channel.eventLoop
        // A second close waits for the first.
        let closing = [loop.makePromise(of: Void.self), loop.makePromise(of: Void.self)]
        for promise in closing { world.server.channel.close(promise: promise) }
        try await loop.submit {}.get()
        #expect(world.server.channel.isActive)
        let late = try world.connect()
        hold.signal()
        for promise in closing { try await promise.futureResult.get() }
        let reached = try await world.reached()
        #expect(reached.count == 1)
        for await _ in world.told { break }
        #expect(await late.rest().isEmpty, "nothing more is accepted")
        try await world.listener.cutOff()?.get()
        #expect(reached.allSatisfy { !$0.isActive })
        #expect(await client.rest().isEmpty)
        for channel in reached { try await channel.closeFuture.get() }
        try await world.end()
    }

    @Test("a listener without connections is closed at once, and one that is none cuts nobody off")
    func empty() async throws {
        let world = try await World()
        try await world.server.channel.close()
        #expect(try await world.reached().isEmpty)
        try await world.listener.cutOff()?.get()
        #expect(OpenListener().cutOff() == nil)
        try await world.end()
    }
}
