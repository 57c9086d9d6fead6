package import Market
import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualTime: Sendable {
    private let instant: Mutex<Timestamp>

    package init(_ start: Timestamp = Samples.day(10_000)) {
        instant = Mutex(start)
    }

    package var now: Timestamp { instant.withLock { $0 } }

    package func advance(bySeconds seconds: Int64) {
        instant.withLock { $0 = $0.advanced(bySeconds: seconds) }
    }
}
