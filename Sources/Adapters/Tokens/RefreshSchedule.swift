import Market

/// When keys are looked for again: the decisions, without a clock.
struct RefreshSchedule: Sendable, Equatable {
    /// How often, in seconds.
    struct Pace: Sendable, Equatable {
        /// How long keys are good without being looked at again.
        let fresh: Int
        /// How long nothing is asked after an attempt, whatever became of it.
        let pause: Int

        /// A look at a file's facts costs microseconds.
        static let file = Pace(fresh: 5, pause: 5)
        static let url = Pace(fresh: 600, pause: 30)
    }

    enum Need: Sendable {
        /// Keys that are not too old.
        case freshness
        /// A key that is not among them.
        case unknownKey
    }

    let pace: Pace
    private(set) var lastAttempt: Timestamp?
    private(set) var lastSuccess: Timestamp?

    init(_ pace: Pace) {
        self.pace = pace
    }

    func isDue(at now: Timestamp, for need: Need) -> Bool {
        guard hasPassed(pace.pause, since: lastAttempt, at: now) else { return false }
        return need == .unknownKey || hasPassed(pace.fresh, since: lastSuccess, at: now)
    }

    mutating func attempted(at now: Timestamp) { lastAttempt = now }

    mutating func succeeded(at now: Timestamp) { lastSuccess = now }

    /// What has never been, or is to be by a clock that was set back, lies far enough behind.
    private func hasPassed(_ seconds: Int, since last: Timestamp?, at now: Timestamp) -> Bool {
        guard let last, last <= now else { return true }
        let (elapsed, overflows) = now.nanoseconds.subtractingReportingOverflow(last.nanoseconds)
        return overflows || elapsed >= Int64(seconds) * Timestamp.nanosecondsPerSecond
    }
}
