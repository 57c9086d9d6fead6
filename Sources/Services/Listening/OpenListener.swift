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

    /// Closes its connections as they are, also when it is closed itself.
    package func cutOff() {
        guard let order = order.withLock({ $0 }) else { return }
        order.eventLoop.execute { order.value.cutOff() }
    }
}

/// Told to a connection that is closed at once: handlers that would wait with that do not any more.
package struct ConnectionCutOff: Sendable {
    init() {}
}
