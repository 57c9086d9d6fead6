import Ports

/// When a request is made again: after what may pass by itself, and only so often.
struct AttemptSchedule: Sendable, Equatable {
    /// Attempts at one request.
    static let attemptLimit = 4
    /// The longest pause after the first attempt.
    static let base = Duration.seconds(1)
    /// A vendor that asks for a longer pause is not waited for.
    static let longestPause = Duration.seconds(120)

    private var attemptsLeft = attemptLimit
    private var span = base

    /// The pause until the next attempt: between half and all of a span that doubles, and not
    /// shorter than the vendor asks for.
    ///
    /// - Parameter random: uniform in 0 ..< 1.
    /// - Returns: `nil` when there is no next attempt.
    mutating func pause(after error: FeedError, random: Double) -> Duration? {
        attemptsLeft -= 1
        guard attemptsLeft > 0, error.isRetriable else { return nil }
        defer { span *= 2 }
        let own = span * (0.5 + 0.5 * random)
        guard case .rateLimited(let seconds?) = error.reason else { return own }
        let asked = Duration.seconds(seconds)
        return asked <= AttemptSchedule.longestPause ? max(own, asked) : nil
    }
}
