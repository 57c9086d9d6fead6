/// Requests that one client may make: a bucket that holds `burst` and is filled at `perSecond`.
package struct RateLimit: Sendable, Equatable {
    package let perSecond: Double
    package let burst: Double

    /// A burst is twice what comes in a second, and one request at least.
    package init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        burst = max(Double(perSecond) * 2, 1)
    }
}

/// The buckets of clients (token buckets; RFC 2697 calls the parts rate and burst size).
///
/// Bounded: of more clients than it remembers, those whose buckets are fullest are forgotten, for
/// whom that changes least.
struct RateBuckets: Sendable {
    /// Clients that are remembered.
    static let clientLimit = 65_536

    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
    }

    private let limit: RateLimit
    private let clientLimit: Int
    private var buckets: [String: Bucket] = [:]

    init(_ limit: RateLimit, clientLimit: Int = RateBuckets.clientLimit) {
        self.limit = limit
        self.clientLimit = clientLimit
    }

    /// Takes one request of a client.
    ///
    /// - Returns: `nil` when it may go on; else how long the client should wait.
    mutating func take(_ client: String, at now: ContinuousClock.Instant) -> Duration? {
        var bucket = buckets[client] ?? Bucket(tokens: limit.burst, filledAt: now)
        bucket.tokens = tokens(in: bucket, at: now)
        bucket.filledAt = max(now, bucket.filledAt)
        let isLet = bucket.tokens >= 1
        if isLet { bucket.tokens -= 1 }
        if buckets[client] == nil, buckets.count >= clientLimit { forget(at: now) }
        buckets[client] = bucket
        return isLet ? nil : .seconds((1 - bucket.tokens) / limit.perSecond)
    }

    private func tokens(in bucket: Bucket, at now: ContinuousClock.Instant) -> Double {
        let elapsed = max(bucket.filledAt.duration(to: now) / .seconds(1), 0)
        return min(bucket.tokens + elapsed * limit.perSecond, limit.burst)
    }

    /// Forgets the fuller half: seldom, so that its cost is little for each client.
    private mutating func forget(at now: ContinuousClock.Instant) {
        let levels = buckets.map { (client: $0.key, tokens: tokens(in: $0.value, at: now)) }
            .sorted { ($1.tokens, $1.client) < ($0.tokens, $0.client) }
        for (client, _) in levels.prefix((levels.count + 1) / 2) { buckets[client] = nil }
    }
}
