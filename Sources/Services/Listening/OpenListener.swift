package import NIOCore
import Synchronization

/// A door's listener, once there is one.
package final class OpenListener: Sendable {
    private let order = Mutex<NIOLoopBound<OrderlyClose>?>(nil)

    package init() {}

    /// Takes one that closes in good order from now on; on its event loop.
    ///
    /// - Throws: when it is closed already.
    package func take(_ listener: any Channel) throws {
        let order = OrderlyClose()
        try listener.pipeline.syncOperations.addHandler(order, position: .first)
        let bound = NIOLoopBound(order, eventLoop: listener.eventLoop)
        self.order.withLock { $0 = bound }
    }

    /// Runs a door's server; cancellation closes the connections as they are, and only then reaches
    /// the server.
    ///
    /// A connection, or a call on one, that comes to a server that takes no more ends the process
    /// while it is open: nobody has finished its writer (NIO 2.101). What is closed is finished.
    package func serving(_ server: @escaping @Sendable () async throws -> Void) async throws {
        let serving = Task { try await server() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            guard let closed = cutOff() else { return serving.cancel() }
            closed.whenComplete { _ in serving.cancel() }
        }
    }

    /// Closes its connections as they are, also when it is closed itself, and accepts no more.
    ///
    /// - Returns: when they are closed; `nil` when there was no listener yet.
    package func cutOff() -> EventLoopFuture<Void>? {
        guard let order = order.withLock({ $0 }) else { return nil }
        return order.eventLoop.flatSubmit { order.value.cutOff(on: order.eventLoop) }
    }
}

/// Told to a connection that is closed at once: handlers that would wait with that do not any more.
package struct ConnectionCutOff: Sendable {
    init() {}
}
