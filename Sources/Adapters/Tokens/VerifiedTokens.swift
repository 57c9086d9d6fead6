import Crypto
import Market
import Ports

/// Who tokens stood for when they were verified a moment ago, by their hashes: verifying a
/// signature costs more than everything else about a call.
struct VerifiedTokens: Sendable {
    /// So long a key that was revoked may go on at most.
    static let lifetimeSeconds = 60
    static let countLimit = 4_096

    struct Entry: Sendable, Equatable {
        let principal: Principal
        /// Of the key ring: a change of keys ends the entry.
        let keys: Int
        let start: Timestamp
        let end: Timestamp
    }

    /// Written until it holds half of the limit; then it becomes the older half.
    private var younger: [SHA256Digest: Entry] = [:]
    private var older: [SHA256Digest: Entry] = [:]

    var count: Int { younger.count + older.count }

    /// `nil` when it must be verified.
    func principal(_ token: SHA256Digest, keys: Int, at now: Timestamp) -> Principal? {
        guard let entry = younger[token] ?? older[token], entry.keys == keys,
            entry.start <= now, now < entry.end
        else { return nil }
        return entry.principal
    }

    /// - Parameter end: when the token itself ends.
    mutating func remember(
        _ token: SHA256Digest, _ principal: Principal, keys: Int, at now: Timestamp,
        until end: Timestamp
    ) {
        if younger.count >= Self.countLimit / 2 {
            older = younger
            younger = [:]
        }
        let (limit, overflows) = now.nanoseconds.addingReportingOverflow(
            Int64(Self.lifetimeSeconds) * Timestamp.nanosecondsPerSecond)
        younger[token] = Entry(
            principal: principal, keys: keys, start: now,
            end: overflows ? end : min(end, Timestamp(nanoseconds: limit)))
    }
}
