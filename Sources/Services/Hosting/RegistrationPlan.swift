/// What a process that is to be registered does next: the decisions, without a clock.
///
/// It registers, then looks every so often whether the registry still knows it, and registers again
/// when it does not. A registry that is away is asked again for as long as the process lives.
package struct RegistrationPlan: Sendable, Equatable {
    package struct Pauses: Sendable, Equatable {
        /// Between two looks at whether the registry knows the process.
        package var check = Duration.seconds(15)
        /// After a registration that failed; it doubles with each failure.
        package var retry = Duration.seconds(1)
        /// The longest of those.
        package var retryMaximum = Duration.seconds(30)

        package init() {}
    }

    package enum Step: Sendable, Equatable {
        case register
        case check
    }

    package private(set) var step = Step.register
    /// Registrations that failed since one succeeded.
    package private(set) var failures = 0
    /// Whether there may be something to take out again.
    package private(set) var mayBeKnown = false
    private let pauses: Pauses

    package init(_ pauses: Pauses = Pauses()) {
        self.pauses = pauses
    }

    /// - Returns: the pause before the next step, as of every event.
    package mutating func registered() -> Duration {
        step = .check
        failures = 0
        mayBeKnown = true
        return pauses.check
    }

    /// - Parameters:
    ///   - leavesOpen: it may have been registered all the same.
    ///   - chance: uniform in 0 ..< 1, so that processes that lost a registry together do not come
    ///     back together: the pause is between half and all of its span.
    package mutating func registrationFailed(leavesOpen: Bool, chance: Double) -> Duration {
        if leavesOpen { mayBeKnown = true }
        var span = pauses.retry
        for _ in 0..<failures where span < pauses.retryMaximum { span *= 2 }
        failures += 1
        return min(span, pauses.retryMaximum) * (0.5 + 0.5 * chance)
    }

    /// The registry said whether it knows the process.
    package mutating func checked(isKnown: Bool) -> Duration {
        guard !isKnown else { return pauses.check }
        step = .register
        mayBeKnown = false
        return .zero
    }

    /// The registry did not say. It keeps what it knows, so there is nothing to do but look again.
    package mutating func checkFailed() -> Duration { pauses.check }

    /// The process stops while it registers.
    package mutating func interrupted() {
        mayBeKnown = true
    }
}
