import Foundation
import Synchronization

/// What answers on a loopback port as a test says, on a thread for each connection.
package final class RawServer: Sendable {
    /// A connection as its thread sees it: calls block.
    package struct Peer: Sendable {
        let descriptor: Int32

        /// `nil` when the other side has closed.
        package func receive() -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return count > 0 ? Array(bytes.prefix(count)) : nil
        }

        /// `false` when the other side has closed.
        @discardableResult
        package func send(_ bytes: some Sequence<UInt8>) -> Bool {
            let bytes = Array(bytes)
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Foundation.send(
                        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Until the other side closes.
        package func ignore() { while receive() != nil {} }
    }

    package let port: Int
    private let descriptor: Int32
    private let connections = Atomic<Int>(0)

    /// - Parameter serve: the connection is closed when it returns.
    package init(_ serve: @escaping @Sendable (Peer) -> Void) throws {
        let (descriptor, port) = try LoopbackPort.bound()
        self.descriptor = descriptor
        self.port = port
        listen(descriptor, 128)
        Thread.detachNewThread { [weak self] in
            while true {
                let peer = Peer(descriptor: accept(descriptor, nil, nil))
                guard peer.descriptor >= 0 else {
                    _ = close(descriptor)
                    return
                }
                self?.connections.wrappingAdd(1, ordering: .relaxed)
                Thread.detachNewThread {
                    serve(peer)
                    close(peer.descriptor)
                }
            }
        }
    }

    /// Connections so far.
    package var count: Int { connections.load(ordering: .relaxed) }

    /// Wakes the thread that accepts, which closes the socket.
    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
