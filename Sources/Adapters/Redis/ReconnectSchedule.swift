/// When to try again to reach a server: exponential back-off with jitter, without a clock.
package struct ReconnectSchedule: Sendable, Equatable {
    package static let standardBase = Duration.milliseconds(50)
    package static let standardLimit = Duration.seconds(5)

    /// The longest pause after the first failure, and after any.
    package let base: Duration
    package let limit: Duration
    /// Since the last success.
    package private(set) var failures = 0

    package init(base: Duration = standardBase, limit: Duration = standardLimit) {
        self.base = base
        self.limit = limit
    }

    /// The pause until the next attempt: between half and all of a span that doubles with each
    /// failure, so that clients that lost a server together do not come back together.
    ///
    /// - Parameter random: uniform in 0 ..< 1.
    package mutating func failed(random: Double) -> Duration {
        var span = base
        var doublings = failures
        while doublings > 0, span < limit {
            span *= 2
            doublings -= 1
        }
        failures += 1
        return min(span, limit) * (0.5 + 0.5 * random)
    }

    package mutating func succeeded() {
        failures = 0
    }
}
