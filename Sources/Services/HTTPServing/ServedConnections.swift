import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 on connections that nobody can forget, served on the threads that read them.
///
/// A server that is cancelled or closed drops the connections that are on their way to those who
/// serve them, and NIO (2.101) ends the process when what writes to a connection is dropped before
/// it was finished. The end of a connection finishes it: until then it is kept.
///
/// A request that is handed from thread to thread and back takes longer than many an answer. What
/// works longer leaves its connection's thread (`RouteTable.add`).
struct ServedConnections: ServerChildChannel {
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger).map { connection in
            channel.closeFuture.whenComplete { _ in withExtendedLifetime(connection) {} }
            return connection
        }
    }

    func handle(value connection: HTTP1Channel.Value, logger: Logger) async {
        let executor = EventLoopExecutor(connection.channel.eventLoop)
        await withTaskExecutorPreference(executor) {
            await base.handle(value: connection, logger: logger)
        }
    }
}
