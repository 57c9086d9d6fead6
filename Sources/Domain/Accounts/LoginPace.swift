package import Market
package import Trading

/// How fast passwords may be tried, by account: a few at once, then one after longer and longer
/// pauses. What succeeds begins anew.
///
/// Kept by each process for itself; an account that nobody tries is forgotten.
package struct LoginPace: Sendable {
    /// Failures without a pause.
    package static let free = 5
    /// The first pause; each further one is twice as long.
    package static let firstPauseSeconds: Int64 = 1
    package static let longestPauseSeconds: Int64 = 300
    /// Accounts that are remembered; whose last attempt is oldest goes first.
    package static let countLimit = 10_000

    private struct Entry {
        var failures: Int
        var last: Timestamp
    }

    private var entries: [UserID: Entry] = [:]

    package init() {}

    package var count: Int { entries.count }

    /// Seconds until the next attempt is looked at; `nil`: now.
    package func wait(of user: UserID, at now: Timestamp) -> Int64? {
        guard let entry = entries[user] else { return nil }
        let pause = LoginPace.pause(after: entry.failures)
        let elapsed = (now.nanoseconds - entry.last.nanoseconds) / Timestamp.nanosecondsPerSecond
        return elapsed < 0 || elapsed >= pause ? nil : pause - elapsed
    }

    /// Seconds.
    static func pause(after failures: Int) -> Int64 {
        guard failures >= free else { return 0 }
        let doublings = min(failures - free, 62)
        let pause = firstPauseSeconds << Int64(min(doublings, 30))
        return min(pause, longestPauseSeconds)
    }

    /// Counted before the password is looked at: those that come together count together.
    package mutating func began(_ user: UserID, at now: Timestamp) {
        var entry = entries[user] ?? Entry(failures: 0, last: now)
        let idle = (now.nanoseconds - entry.last.nanoseconds) / Timestamp.nanosecondsPerSecond
        if idle > 10 * LoginPace.longestPauseSeconds { entry.failures = 0 }
        entry.failures += 1
        entry.last = max(entry.last, now)
        entries[user] = entry
        if entries.count > LoginPace.countLimit { forgetOldest() }
    }

    /// Nothing was learnt of the password: the attempt does not count.
    package mutating func withdrew(_ user: UserID) {
        guard var entry = entries[user] else { return }
        entry.failures -= 1
        entries[user] = entry.failures > 0 ? entry : nil
    }

    package mutating func succeeded(_ user: UserID) { entries[user] = nil }

    /// A quarter at once, so that looking for them is rare.
    private mutating func forgetOldest() {
        let kept = entries.sorted { $0.value.last > $1.value.last }
            .prefix(LoginPace.countLimit * 3 / 4)
        entries = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
