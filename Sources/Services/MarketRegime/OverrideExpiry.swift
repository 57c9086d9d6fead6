import Hosting
package import Logging
package import Market
package import Ports
import Regimes
import ServiceLifecycle

/// Ends overrides whose time is over, and has that announced.
///
/// Looks at the store after commits and when the next override expires. Any number of processes may
/// do so at once: each end is recorded once, by whoever comes first. No answer waits for it: that
/// an override is over is also seen when answering.
package struct OverrideExpiry: Service {
    /// Looks at the store are at least this far apart, however many commits there are.
    package static let shortestPause = Duration.seconds(1)
    /// Looks are at most this far apart, so that a clock that was put forward is noticed.
    package static let longestPause = Duration.seconds(60)
    /// After a look that failed.
    package static let retryPause = Duration.seconds(2)
    /// Looks that fail for no reason that passes, without one that succeeds in between, before the
    /// service gives up and the process says so. A store that is away is waited for.
    package static let attemptLimit = 30

    private let overrides: any OverrideLedger
    private let commits: @Sendable () -> AsyncStream<Void>
    private let ended: @Sendable (Series) async -> Void
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - commits: as `RegimeReader.commits()`.
    ///   - ended: hears of each series whose override was ended here.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        overrides: any OverrideLedger, commits: @escaping @Sendable () -> AsyncStream<Void>,
        ended: @escaping @Sendable (Series) async -> Void,
        now: @escaping @Sendable () -> Timestamp, logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.overrides = overrides
        self.commits = commits
        self.ended = ended
        self.now = now
        self.sleep = sleep
        self.logger = logger
    }

    package func run() async throws {
        // What is over is ended by whoever comes next.
        try await untilShutdown { try await follow() }
    }

    private func follow() async throws {
        let (wakeUps, wake) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in commits() { wake.yield() } }
            var alarm: Task<Void, Never>?
            defer {
                alarm?.cancel()
                group.cancelAll()
            }
            /// Of the looks, those in a row that failed for no reason that passes.
            var failures = 0
            for await _ in wakeUps {
                alarm?.cancel()
                let pause = try await look(counting: &failures)
                try await sleep(OverrideExpiry.shortestPause)
                let rest = pause - OverrideExpiry.shortestPause
                alarm = Task { if (try? await sleep(rest)) != nil { wake.yield() } }
            }
        }
    }

    /// Ends what is over; how long until the next look without a commit.
    private func look(counting failures: inout Int) async throws -> Duration {
        do {
            let present = now()
            let standing = try await overrides.standingOverrides()
            for override in standing where !override.isInForce(at: present) {
                try await end(override, at: present)
            }
            failures = 0
            let next = standing.first { $0.isInForce(at: present) }?.order.expiresAt
            return OverrideExpiry.pause(from: present, until: next)
        } catch let error as CancellationError {
            throw error
        } catch {
            if !error.passes { failures += 1 }
            logger.warning(
                "Overrides not looked after",
                metadata: [
                    "failures": "\(failures)", "limit": "\(OverrideExpiry.attemptLimit)",
                    "error": "\(error)",
                ])
            guard failures < OverrideExpiry.attemptLimit else { throw error }
            return OverrideExpiry.retryPause
        }
    }

    private func end(_ override: RegimeOverride, at present: Timestamp) async throws {
        // Somebody else may have been faster, or have put another one in its place.
        guard
            let change = try await overrides.endExpiredOverride(
                of: override.series, at: present)
        else { return }
        logger.notice(
            "Override expired",
            metadata: [
                "market": "\(change.series.market)", "regime": "\(change.regime)",
                "previous_regime": "\(change.previousRegime)", "override_id": "\(override.id)",
            ])
        await ended(change.series)
    }

    private static func pause(from present: Timestamp, until next: Timestamp?) -> Duration {
        guard let next else { return longestPause }
        let left = Duration.nanoseconds(next.nanoseconds - present.nanoseconds)
        return min(max(left, shortestPause), longestPause)
    }
}
