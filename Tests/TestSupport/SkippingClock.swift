import Synchronization

/// A clock on which nobody waits: whoever sleeps moves it on.
package final class SkippingClock: Clock, Sendable {
    private let instant = ManualInstant()
    private let sleeps = Mutex<[Duration]>([])

    package init() {}

    package var now: ContinuousClock.Instant { instant.now }
    package var minimumResolution: Duration { .nanoseconds(1) }
    /// How long was slept, in order.
    package var slept: [Duration] { sleeps.withLock { $0 } }

    package func sleep(
        until deadline: ContinuousClock.Instant, tolerance: Duration?
    ) async throws {
        try Task.checkCancellation()
        let span = now.duration(to: deadline)
        sleeps.withLock { $0.append(span) }
        instant.advance(by: span)
    }
}
