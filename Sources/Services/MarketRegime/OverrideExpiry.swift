package import Hosting
package import Logging
package import Market
package import Ports
import Regimes

/// Ends overrides whose time is over, and has that announced.
///
/// Any number of processes may do so at once: each end is recorded once, by whoever comes first. No
/// answer waits for it: that an override is over is also seen when answering.
package struct OverrideExpiry: Sendable {
    private let overrides: any OverrideLedger
    private let ended: @Sendable (Series) async -> Void
    private let logger: Logger

    /// - Parameter ended: hears of each series whose override was ended here.
    package init(
        overrides: any OverrideLedger, ended: @escaping @Sendable (Series) async -> Void,
        logger: Logger
    ) {
        self.overrides = overrides
        self.ended = ended
        self.logger = logger
    }

    /// The work of ending them, after commits and when the next expires.
    ///
    /// - Parameters:
    ///   - commits: as `RegimeReader.commits()`.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package func work(
        after commits: @escaping @Sendable () -> AsyncStream<Void>,
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) -> DueWork {
        DueWork(
            "Overrides", after: commits, now: now, logger: logger, sleep: sleep, look: endExpired)
    }

    /// Ends what is over at an instant; when the next one is.
    private func endExpired(at present: Timestamp) async throws -> Timestamp? {
        let standing = try await overrides.standingOverrides()
        for override in standing where !override.isInForce(at: present) {
            try await end(override, at: present)
        }
        return standing.first { $0.isInForce(at: present) }?.order.expiresAt
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
}
