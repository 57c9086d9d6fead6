package import Logging
package import Market
import Ports
import ServiceLifecycle

/// Does what is due: after commits, and when the next is due.
///
/// Any number of processes may do the same work at once, if each piece is done once by whoever
/// comes first.
package struct DueWork: Service {
    /// Looks are at least this far apart, however many commits there are.
    package let shortestPause: Duration
    /// Looks are at most this far apart, so that a clock that was put forward is noticed.
    package static let longestPause = Duration.seconds(60)
    /// After a look that failed.
    package static let retryPause = Duration.seconds(2)
    /// Looks that fail for no reason that passes, without one that succeeds in between, before the
    /// service gives up and the process says so. A store that is away is waited for.
    package static let attemptLimit = 30

    private let name: String
    private let commits: @Sendable () -> AsyncStream<Void>
    private let look: @Sendable (Timestamp) async throws -> Timestamp?
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - name: of the work, as a log line says that it was not looked after.
    ///   - commits: as `RegimeReader.commits()`.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    ///   - look: does what is due at an instant, and says when the next is.
    package init(
        _ name: String, after commits: @escaping @Sendable () -> AsyncStream<Void>,
        shortestPause: Duration = .seconds(1), now: @escaping @Sendable () -> Timestamp,
        logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        },
        look: @escaping @Sendable (Timestamp) async throws -> Timestamp?
    ) {
        self.name = name
        self.commits = commits
        self.shortestPause = shortestPause
        self.now = now
        self.logger = logger
        self.sleep = sleep
        self.look = look
    }

    package func run() async throws {
        // What is due is done by whoever comes next.
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
                try await sleep(shortestPause)
                let rest = pause - shortestPause
                alarm = Task { if (try? await sleep(rest)) != nil { wake.yield() } }
            }
        }
    }

    /// Does what is due; how long until the next look without a commit.
    private func look(counting failures: inout Int) async throws -> Duration {
        do {
            let present = now()
            let next = try await look(present)
            failures = 0
            return pause(from: present, until: next)
        } catch let error as CancellationError {
            throw error
        } catch {
            if !error.passes { failures += 1 }
            logger.warning(
                "\(name) not looked after",
                metadata: [
                    "failures": "\(failures)", "limit": "\(DueWork.attemptLimit)",
                    "error": "\(error)",
                ])
            guard failures < DueWork.attemptLimit else { throw error }
            return DueWork.retryPause
        }
    }

    private func pause(from present: Timestamp, until next: Timestamp?) -> Duration {
        guard let next else { return DueWork.longestPause }
        let left = Duration.nanoseconds(next.nanoseconds - present.nanoseconds)
        return min(max(left, shortestPause), DueWork.longestPause)
    }
}
