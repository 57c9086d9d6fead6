package import Market

/// How often a job is tried again that something keeps from being done: decisions alone.
///
/// Attempts count as long as none gets further than those before it: a job that moves on is tried
/// until it is done.
package struct JobPatience: Sendable {
    /// Attempts, one after the other, that get no further: some three minutes of waiting.
    package static let attemptLimit = 40

    private var attempts = 0
    private var delay = BackfillWorker.retryDelay
    private var farthest: Timestamp?

    package init() {}

    /// How long to wait after an attempt that failed; `nil`: the job is to be given up.
    ///
    /// - Parameter reached: the last bar that the attempts got to.
    package mutating func delay(havingReached reached: Timestamp?) -> Duration? {
        if let reached, farthest.map({ $0 < reached }) ?? true {
            self = JobPatience()
            farthest = reached
        }
        attempts += 1
        guard attempts < JobPatience.attemptLimit else { return nil }
        defer { delay = min(delay * 2, BackfillWorker.retryDelayMaximum) }
        return delay
    }
}

/// A job that something kept from being done for too long.
struct JobGivenUp: Error, CustomStringConvertible {
    let reason: String

    var description: String {
        "given up after \(JobPatience.attemptLimit) attempts that got no further: \(reason). What "
            + "is committed is kept; give the same command again"
    }
}
