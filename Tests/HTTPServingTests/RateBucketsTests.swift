import TestSupport
import Testing

@testable import HTTPServing

@Suite("Requests a client may make")
struct RateBucketsTests {
    private static let start = ContinuousClock().now

    @Test("a burst is let through, then one at a time as the bucket fills")
    func burst() {
        var buckets = RateBuckets(RateLimit(perSecond: 2))
        for _ in 0..<4 { #expect(buckets.take("a", at: Self.start) == nil) }
        #expect(buckets.take("a", at: Self.start) == .milliseconds(500))
        #expect(buckets.take("b", at: Self.start) == nil, "others have buckets of their own")
        let later = Self.start.advanced(by: .milliseconds(500))
        #expect(buckets.take("a", at: later) == nil)
        #expect(buckets.take("a", at: later) != nil)
        #expect(buckets.take("a", at: Self.start) != nil, "time that goes back fills nothing")
    }

    /// Law: over any time no client is let through more often than burst + rate × time.
    @Test("never more than the burst and what came in since", arguments: 0..<50 as Range<UInt64>)
    func bound(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let limit = RateLimit(perSecond: Int.random(in: 1...50, using: &generator))
        var buckets = RateBuckets(limit)
        var (elapsed, passed) = (Duration.zero, 0)
        for _ in 0..<500 {
            elapsed += .milliseconds(Int.random(in: 0...60, using: &generator))
            if buckets.take("a", at: Self.start.advanced(by: elapsed)) == nil { passed += 1 }
            let allowed = limit.burst + limit.perSecond * (elapsed / .seconds(1))
            #expect(Double(passed) <= allowed + 1e-6)
        }
    }

    @Test("of too many clients those are forgotten who asked least")
    func forgetting() {
        var buckets = RateBuckets(RateLimit(perSecond: 1), clientLimit: 4)
        for client in ["a", "b", "c"] { _ = buckets.take(client, at: Self.start) }
        _ = buckets.take("greedy", at: Self.start)
        _ = buckets.take("greedy", at: Self.start)
        _ = buckets.take("new", at: Self.start)
        #expect(buckets.take("greedy", at: Self.start) != nil, "who waits goes on waiting")
    }
}
