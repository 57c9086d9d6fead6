import Ports
import Synchronization

/// Tells when every door of the process is listened on.
package final class OpenDoors: Sendable {
    private let closed: Mutex<Int>
    private let signal = CommitSignal()

    /// - Parameter count: of doors.
    package init(_ count: Int) {
        closed = Mutex(count)
    }

    /// One more is listened on.
    package func opened() {
        closed.withLock { $0 -= 1 }
        signal.notify()
    }

    /// Returns once all of them are.
    ///
    /// - Throws: `CancellationError`.
    package func wait() async throws {
        let isOpen = { self.closed.withLock { $0 <= 0 ? true : nil } }
        _ = try await signal.first(until: { false }, isOpen)
    }
}
