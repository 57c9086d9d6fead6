import Ports
import TestSupport
import Testing

@Suite("Conformance of the in-memory cache", .timeLimit(.minutes(5)))
struct CacheTwinTests {
    @Test("shared cache", arguments: CacheConformance.laws)
    func sharedCache(keeps law: Law<CacheWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test func aListenerThatIsTooSlowIsTold() async throws {
        let cache = InMemoryCache { ContinuousClock.now }
        let stream = cache.peer().invalidations()
        for number in 0...2 * InMemoryCache.backlogLimit {
            cache.remove(CacheKey("\(number)"))
        }
        var (heard, interruptions) = (0, 0)
        for await news in stream {
            heard += 1
            if news == .interrupted { interruptions += 1 }
            if heard == InMemoryCache.backlogLimit { break }
        }
        #expect(interruptions > 0)
    }
}
