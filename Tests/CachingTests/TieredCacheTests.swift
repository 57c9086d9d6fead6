import Hosting
import Market
import Ports
import TestSupport
import Testing

@Suite("The tiers of the cache", .timeLimit(.minutes(5)))
struct TieredCacheTests {
    private let key = CacheKey("market:regime:current")

    private func memory() -> InMemoryCache { InMemoryCache { ContinuousClock.now } }

    // MARK: - Tiers

    @Test func whatWasLoadedOnceIsNotLoadedAgain() async throws {
        let time = MovableInstant()
        let shared = InMemoryCache { time.now }
        let store = Store(.value(1))
        let (one, other) = (TextCache(shared, .at(time)), TextCache(shared.peer(), .at(time)))
        for _ in 0..<3 { #expect(try await one.value(of: key, from: store) == .value(1)) }
        try await eventually { shared.get(key) != nil }
        #expect(shared.bytes(under: key) == Array("\"1\"".utf8))
        #expect(try await other.value(of: key, from: store) == .value(1))
        time.advance(by: .seconds(6))
        #expect(try await one.value(of: key, from: store) == .value(1))
        #expect(store.loads == 1)
        time.advance(by: hour * 1.2)
        #expect(try await one.value(of: key, from: store) == .value(1))
        #expect(store.loads == 2)
    }

    @Test func withoutASharedCacheTheProcessKeepsForItself() async throws {
        let time = MovableInstant()
        let cache = TextCache(nil, .at(time))
        let store = Store(.value(1))
        for _ in 0..<3 { #expect(try await cache.value(of: key, from: store) == .value(1)) }
        #expect(store.loads == 1)
        time.advance(by: .seconds(5))
        #expect(try await cache.value(of: key, from: store) == .value(1))
        await cache.run()
        #expect(store.loads == 2)
    }

    @Test(arguments: [TextAnswer.absent, .fallback("made up")])
    func whatIsNoValueIsKeptForAShorterTime(answer: TextAnswer) async throws {
        let time = MovableInstant()
        let shared = InMemoryCache { time.now }
        let store = Store(answer)
        #expect(try await TextCache(shared, .at(time)).value(of: key, from: store) == answer)
        try await eventually { shared.get(key) != nil }
        let reader = TextCache(shared, .at(time))
        time.advance(by: .seconds(299))
        #expect(try await reader.value(of: key, from: store) == answer)
        #expect(store.loads == 1)
        store.answer(.value(1))
        time.advance(by: .seconds(6))
        #expect(try await reader.value(of: key, from: store) == .value(1))
        // A value is never replaced by what is none.
        try await eventually { shared.get(key)?.version == CacheConformance.version(1) }
        store.answer(answer)
        let late = TextCache(MoodyCache(shared), .at(time))
        #expect(try await late.value(of: key, from: store) == .value(1))
    }

    @Test func theProcessKeepsABoundedNumber() async throws {
        var limits = CacheLimits()
        limits.entries = 10
        let cache = TextCache(nil, .timeless, limits)
        let store = Store(.value(1))
        for _ in 0..<2 {
            for number in 0..<10 {
                _ = try await cache.value(of: CacheKey("\(number)"), from: store)
            }
        }
        #expect(store.loads == 10)
        _ = try await cache.value(of: CacheKey("10"), from: store)
        _ = try await cache.value(of: CacheKey("0"), from: store)
        #expect(store.loads == 12)
    }

    // MARK: - Single flight

    @Test func aThousandAskersCauseOneLoad() async throws {
        let cache = TextCache(memory())
        let store = Store(.value(7))
        store.hold(true)
        let askers = (0..<1_000).map { _ in
            Task { try await cache.value(of: key, from: store) }
        }
        try await eventually { store.loads == 1 }
        for asker in askers.prefix(400) { asker.cancel() }
        for asker in askers.prefix(400) {
            await #expect(throws: CancellationError.self) { try await asker.value }
        }
        store.hold(false)
        for asker in askers.dropFirst(400) { #expect(try await asker.value == .value(7)) }
        #expect(store.loads == 1)
    }

    @Test func anErrorGoesToAllWhoWaitAndIsNotKept() async throws {
        let cache = TextCache(memory())
        let store = Store(.value(7))
        store.fail()
        store.hold(true)
        let askers = (0..<100).map { _ in Task { try await cache.value(of: key, from: store) } }
        try await eventually { store.loads == 1 }
        store.answer(.value(7))
        store.hold(false)
        var failures = 0
        for asker in askers {
            do { #expect(try await asker.value == .value(7)) } catch is Store.Broken {
                failures += 1
            }
        }
        #expect(failures > 0)
        #expect(try await cache.value(of: key, from: store) == .value(7))
    }

    @Test func whoAsksTheSharedCacheForOthersMayLeave() async throws {
        let time = MovableInstant()
        let shared = MoodyCache(InMemoryCache { time.now })
        let cache = TextCache(shared, .at(time))
        let store = Store(.value(7))
        _ = try await cache.value(of: key, from: store)
        try await eventually { try await shared.get(key) != nil }
        // What the shared cache has is confirmed with the second turn.
        for _ in 0..<3 {
            time.advance(by: .seconds(6))
            shared.hold(true)
            let calls = shared.calls
            let first = Task { try await cache.value(of: key, from: store) }
            try await eventually { shared.calls > calls }
            let others = (0..<10).map { _ in Task { try await cache.value(of: key, from: store) } }
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            shared.hold(false)
            for other in others { #expect(try await other.value == .value(7)) }
        }
        #expect(store.loads == 1)
    }

    // MARK: - Versions

    @Test func aLateFillBringsNoOlderValueBack() async throws {
        let shared = memory()
        let cache = TextCache(shared)
        let store = Store(.value(1))
        store.hold(true)
        let late = Task { try await cache.value(of: key, from: store) }
        try await eventually { store.loads == 1 }
        await cache.write(2, to: key)
        #expect(try await cache.value(of: key, from: store) == .value(2))
        store.hold(false)
        #expect(try await late.value == .value(1))
        #expect(try await cache.value(of: key, from: store) == .value(2))
        #expect(shared.get(key)?.version == CacheConformance.version(2))
        await cache.write(1, to: key)
        #expect(try await TextCache(shared).value(of: key, from: store) == .value(2))
    }

    /// Writers of a series that lose races, readers that fill late: what one reader sees of the
    /// shared cache only grows.
    @Test(arguments: Sweep.seeds(10))
    func concurrentWritersAndReadersNeverGoBack(seed: UInt64) async throws {
        let shared = memory()
        let caches = (0..<3).map { _ in TextCache(shared.peer()) }
        let store = Store(.value(0))
        await withTaskGroup { group in
            for writer in 0..<3 {
                group.addTask { [key] in
                    var generator = SplitMix64(seed: seed &* 10 &+ UInt64(writer))
                    for _ in 0..<50 {
                        await caches[writer].write(Int64(generator.next() % 1_000), to: key)
                    }
                }
                group.addTask { [key] in
                    var last = Int64.min
                    for _ in 0..<50 {
                        let held = shared.get(key)?.version.asOf.nanoseconds ?? last
                        #expect(held >= last, "seed \(seed)")
                        last = held
                        _ = try? await caches[writer].value(of: key, from: store)
                    }
                }
            }
        }
        let newest = (0..<3).flatMap { writer in
            var generator = SplitMix64(seed: seed &* 10 &+ UInt64(writer))
            return (0..<50).map { _ in Int64(generator.next() % 1_000) }
        }.max()
        #expect(shared.get(key)?.version.asOf.nanoseconds == newest)
    }

    // MARK: - A shared cache that fails

    @Test func aFailingCacheFailsNoRequestAndIsLeftAlone() async throws {
        let time = MovableInstant()
        let moody = MoodyCache(InMemoryCache { time.now })
        moody.fail(true)
        let cache = TextCache(moody, .at(time))
        let store = Store(.value(1))
        for number in 0..<100 {
            let key = CacheKey("\(number)")
            #expect(try await cache.value(of: key, from: store) == .value(1))
        }
        try await eventually { moody.calls >= CircuitBreaker.standardFailureLimit }
        let calls = moody.calls
        for number in 100..<200 {
            _ = try await cache.value(of: CacheKey("\(number)"), from: store)
        }
        #expect(moody.calls == calls)
        moody.fail(false)
        time.advance(by: CircuitBreaker.standardPause)
        _ = try await cache.value(of: CacheKey("200"), from: store)
        try await eventually { try await moody.inner.get(CacheKey("200")) != nil }
    }

    @Test func garbageInTheSharedCacheIsAMissAndIsOverwritten() async throws {
        let shared = memory()
        let store = Store(.value(3))
        for bytes in [[], Array("null".utf8), Array("{\"regime\":".utf8), [0xFF]] as [[UInt8]] {
            // Once as a stranger's, once as a value that our own kind wrote.
            shared.plant(bytes, under: key)
            #expect(try await TextCache(shared).value(of: key, from: store) == .value(3))
            try await eventually { shared.bytes(under: key) == Array("\"3\"".utf8) }
            let version = CacheConformance.version(3)
            shared.set(key, CacheEntry(value: bytes, version: version), lifetime: hour)
            #expect(try await TextCache(shared).value(of: key, from: store) == .value(3))
            try await eventually { shared.bytes(under: key) == Array("\"3\"".utf8) }
        }
    }

    @Test func aValueThatTheSharedCacheMissedIsToldLater() async throws {
        let time = MovableInstant()
        let shared = InMemoryCache { time.now }
        let moody = MoodyCache(shared)
        let cache = TextCache(moody, .at(time))
        await cache.write(1, to: key)
        moody.fail(true)
        await cache.write(3, to: key)
        await cache.write(2, to: key)
        moody.fail(false)
        time.advance(by: .seconds(6))
        #expect(shared.get(key)?.version == CacheConformance.version(1))
        // The shared cache has the older value, which is not believed; it is told of the newer one
        // when the next question, whatever it is, reaches it.
        let store = Store(.value(4))
        #expect(try await cache.value(of: key, from: store) == .value(4))
        try await eventually { shared.get(key)?.version == CacheConformance.version(4) }
        moody.fail(true)
        await cache.write(5, to: key)
        moody.fail(false)
        _ = try await cache.value(of: CacheKey("another"), from: store)
        try await eventually { shared.get(key)?.version == CacheConformance.version(5) }
    }

    // MARK: - A shared cache that was not told

    /// A writer that was killed between its commit and the shared cache.
    @Test func aCommitThatTheSharedCacheNeverHeardOfIsFoundOut() async throws {
        let shared = memory()
        let store = Store(.value(1))
        let (first, second) = (TextCache(shared), TextCache(shared.peer()))
        #expect(try await first.value(of: key, from: store, checkedBy: store) == .value(1))
        try await eventually { shared.get(key) != nil }
        store.answer(.value(2))
        // Nobody said so: what was confirmed since is believed, in the process and beyond it.
        #expect(try await first.value(of: key, from: store, checkedBy: store) == .value(1))
        first.forgetProcess()
        #expect(try await first.value(of: key, from: store, checkedBy: store) == .value(2))
        try await eventually { shared.get(key)?.version == CacheConformance.version(2) }
        // And whoever starts asks the store the first time.
        store.answer(.value(3))
        #expect(try await second.value(of: key, from: store, checkedBy: store) == .value(3))
    }

    @Test func theStoreIsAskedOnceAboutWhatTheSharedCacheHas() async throws {
        let time = MovableInstant()
        let shared = InMemoryCache { time.now }
        let store = Store(.value(1))
        shared.set(
            key, CacheEntry(value: Array("\"1\"".utf8), version: CacheConformance.version(1)),
            lifetime: hour)
        let cache = TextCache(shared, .at(time))
        for _ in 0..<3 {
            #expect(try await cache.value(of: key, from: store, checkedBy: store) == .value(1))
            time.advance(by: .seconds(6))
        }
        #expect(store.loads == 0)
        #expect(store.checks == 1)
        cache.forgetProcess()
        _ = try await cache.value(of: key, from: store, checkedBy: store)
        #expect(store.checks == 2)
        await cache.forget(CacheKey("another"))
        time.advance(by: .seconds(6))
        _ = try await cache.value(of: key, from: store, checkedBy: store)
        #expect(store.checks == 2)
    }

    @Test func whileTheStoreIsAwayTheSharedCacheIsBelieved() async throws {
        let shared = memory()
        let store = Store(.value(1))
        _ = try await TextCache(shared).value(of: key, from: store)
        try await eventually { shared.get(key) != nil }
        store.fail()
        let cache = TextCache(shared)
        #expect(try await cache.value(of: key, from: store, checkedBy: store) == .value(1))
    }

    @Test func aKeyThatCouldNotBeRemovedIsHeldAgainstTheStore() async throws {
        let moody = MoodyCache(memory())
        let cache = TextCache(moody)
        let store = Store(.value(1))
        for _ in 0..<2 {
            #expect(try await cache.value(of: key, from: store, checkedBy: store) == .value(1))
            try await eventually { try await moody.inner.get(key) != nil }
            cache.forgetProcess()
        }
        store.answer(.value(2))
        moody.fail(true)
        await cache.forget(key)
        moody.fail(false)
        #expect(try await cache.value(of: key, from: store, checkedBy: store) == .value(2))
    }
}
