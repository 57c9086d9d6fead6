package import Logging

/// When a call to something outside is made again.
package struct RetryPolicy: Sendable, Equatable {
    package var attempts = 3
    /// The longest pause after the first attempt; each is twice the one before.
    package var base = Duration.seconds(1)
    /// Whoever asks for a longer pause is not waited for.
    package var longestPause = Duration.seconds(30)

    package init() {}

    /// - Parameter longestPause: see above.
    package init(longestPause: Duration) {
        self.longestPause = longestPause
    }

    /// The pause after an attempt: between half and all of a span that doubles, and not shorter
    /// than was asked for.
    ///
    /// - Parameters:
    ///   - attempt: counted from 1.
    ///   - asked: by who could not answer.
    ///   - random: uniform in 0 ..< 1.
    /// - Returns: `nil` when there is no next attempt.
    package func pause(
        after attempt: Int, asked: Duration? = nil, random: Double
    ) -> Duration? {
        guard attempt < attempts else { return nil }
        let span = base * (1 << (attempt - 1))
        let own = span * (0.5 + 0.5 * random)
        guard let asked else { return own }
        return asked <= longestPause ? max(own, asked) : nil
    }
}

/// Makes calls again that may go better the next time, and says so: `retry_operation` with
/// `attempt`, `wait_seconds` and `error`.
package struct Retrier: Sendable {
    package let policy: RetryPolicy
    private let chance: @Sendable () -> Double
    private let clock: any Clock<Duration>
    private let logger: Logger

    /// - Parameters:
    ///   - chance: uniform in 0 ..< 1; spreads those who try again at the same time.
    ///   - clock: waits between attempts.
    package init(
        policy: RetryPolicy = RetryPolicy(), chance: @escaping @Sendable () -> Double,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.policy = policy
        self.chance = chance
        self.clock = clock
        self.logger = logger
    }

    /// - Parameters:
    ///   - operation: what is done, for the log.
    ///   - isRetriable: whether the same call may succeed soon.
    ///   - asked: the pause that an error asks for.
    /// - Throws: what the last attempt threw; `CancellationError`.
    package func call<Value>(
        _ operation: String, isRetriable: (any Error) -> Bool,
        asked: (any Error) -> Duration? = { _ in nil }, _ body: () async throws -> Value
    ) async throws -> Value {
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch  where !(error is CancellationError) && isRetriable(error) {
                let pause = policy.pause(after: attempt, asked: asked(error), random: chance())
                guard let pause else { throw error }
                logger.warning(
                    "retry_operation",
                    metadata: [
                        "operation": "\(operation)", "attempt": "\(attempt)",
                        "wait_seconds": "\(pause / .seconds(1))", "error": "\(error)",
                    ])
                try await clock.sleep(for: pause)
                attempt += 1
            }
        }
    }
}
