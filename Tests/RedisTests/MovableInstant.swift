import Synchronization

/// An instant that stands still until a test moves it.
final class MovableInstant: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by span: Duration) {
        instant.withLock { $0 = $0.advanced(by: span) }
    }
}
