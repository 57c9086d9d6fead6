/// Whether a server that failed is asked again: the decisions, without a clock.
///
/// Closed, every call is allowed. So many failures in a row open it: no call is allowed, for a
/// while. Then it is half open: one call is allowed, and what becomes of it closes or opens it.
package struct CircuitBreaker: Sendable, Equatable {
    package typealias Instant = ContinuousClock.Instant

    package enum State: Sendable, Equatable {
        case closed(failures: Int)
        case open(until: Instant)
        /// One call is under way; when nothing is heard of it another one may follow.
        case halfOpen(nextProbe: Instant)
    }

    package static let standardFailureLimit = 5
    package static let standardPause = Duration.seconds(1)

    /// Failures in a row that open it.
    package let failureLimit: Int
    /// How long no call is allowed.
    package let pause: Duration
    package private(set) var state = State.closed(failures: 0)

    package init(
        failureLimit: Int = standardFailureLimit, pause: Duration = standardPause
    ) {
        self.failureLimit = failureLimit
        self.pause = pause
    }

    /// Whether a call may be made now; whoever makes it tells what became of it.
    package mutating func allows(at now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .open(let next), .halfOpen(let next):
            guard next <= now else { return false }
            state = .halfOpen(nextProbe: now.advanced(by: pause))
            return true
        }
    }

    /// A success of a call from before it opened is no reason to close it.
    package mutating func succeeded() {
        if case .open = state { return }
        state = .closed(failures: 0)
    }

    /// Nothing is known of a call whose caller did not wait: the next one may be made at once.
    package mutating func gaveUp(at now: Instant) {
        if case .halfOpen = state { state = .halfOpen(nextProbe: now) }
    }

    package mutating func failed(at now: Instant) {
        switch state {
        case .closed(let failures) where failures + 1 < failureLimit:
            state = .closed(failures: failures + 1)
        case .closed, .halfOpen: state = .open(until: now.advanced(by: pause))
        case .open: break
        }
    }
}
