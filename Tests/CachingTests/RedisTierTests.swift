import Backends
import Hosting
import Market
import Ports
import TestSupport
import Testing

@Suite("The tiers of the cache over a real Redis", .timeLimit(.minutes(5)))
struct RedisTierTests {
    private let key = CacheKey("market:regime:current")

    @Test func instancesHearOfEachOther() async throws {
        let server = try await RedisServer()
        let one = TextCache(try RedisCache.on(server, "one"))
        let other = TextCache(try RedisCache.on(server, "other"))
        let listening = [one, other].map { cache in Task { await cache.run() } }
        let store = Store(.value(1))
        await one.write(1, to: key)
        try await eventually {
            try await server.cli("pubsub", "numsub", RedisCache.channel).hasSuffix("2")
        }
        for number in 2...20 as ClosedRange<Int64> {
            let (writer, reader) = number % 2 == 0 ? (one, other) : (other, one)
            #expect(try await reader.value(of: key, from: store).number < number)
            await writer.write(number, to: key)
            // Time stands still: the reader sees it through the invalidation alone.
            try await eventually { try await reader.value(of: key, from: store) == .value(number) }
        }
        #expect(store.loads == 0)
        for task in listening { task.cancel() }
        for task in listening { await task.value }
        try await server.stop()
    }

    @Test func afterAnInterruptionNothingOldIsKept() async throws {
        let server = try await RedisServer()
        let one = TextCache(try RedisCache.on(server, "one"))
        let listening = Task { await one.run() }
        try await eventually {
            try await server.cli("pubsub", "numsub", RedisCache.channel).hasSuffix("1")
        }
        let store = Store(.value(1))
        // The shared cache is told after whoever asked, unless the news of being connected came
        // between: then whoever asks next tells it.
        try await eventually {
            #expect(try await one.value(of: key, from: store) == .value(1))
            return try await server.cli("get", key.name) == "\"1\""
        }
        try await server.stop(mercifully: false)
        try await server.start()
        store.answer(.value(2))
        // Time stands still: the process's own entry would never end.
        try await eventually { try await one.value(of: key, from: store) == .value(2) }
        listening.cancel()
        await listening.value
        try await server.stop()
    }

    @Test(arguments: Sweep.seeds(3))
    func olderValuesNeverReplaceNewerOnes(seed: UInt64) async throws {
        let server = try await RedisServer()
        let caches = try (0..<3).map { TextCache(try RedisCache.on(server, "\($0)")) }
        let reader = try RedisCache.on(server, "reader")
        try await withThrowingTaskGroup { group in
            for writer in 0..<3 {
                group.addTask { [key] in
                    var generator = SplitMix64(seed: seed &* 10 &+ UInt64(writer))
                    var last = Int64.min
                    for _ in 0..<50 {
                        await caches[writer].write(Int64(generator.next() % 1_000), to: key)
                        let held = try #require(await reader.get(key)).version.asOf.nanoseconds
                        #expect(held >= last, "seed \(seed)")
                        last = held
                    }
                }
            }
            try await group.waitForAll()
        }
        let newest = (0..<3).flatMap { writer in
            var generator = SplitMix64(seed: seed &* 10 &+ UInt64(writer))
            return (0..<50).map { _ in Int64(generator.next() % 1_000) }
        }.max()
        #expect(try await reader.get(key)?.version.asOf.nanoseconds == newest)
        try await server.stop()
    }

    @Test(arguments: [true, false])
    func aServerThatDiesFailsNoRequest(mercifully: Bool) async throws {
        let server = try await RedisServer()
        let cache = TextCache(
            try RedisCache.on(server, "one", limit: RedisCache.standardLimit))
        let store = Store(.value(1))
        let requests = Task {
            try await withThrowingTaskGroup(of: TextAnswer.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        try await cache.value(of: CacheKey("\(number)"), from: store)
                    }
                }
                return try await group.reduce(into: 0) { sum, answer in
                    sum += answer == .value(1) ? 1 : 0
                }
            }
        }
        try await eventually { store.loads > 0 }
        try await server.stop(mercifully: mercifully)
        #expect(try await requests.value == 1_000)
        #expect(try await cache.value(of: CacheKey("after"), from: store) == .value(1))
    }

    @Test func aServerThatSleepsFailsNoRequest() async throws {
        let server = try await RedisServer()
        let cache = TextCache(
            try RedisCache.on(server, "one", limit: RedisCache.standardLimit))
        let store = Store(.value(1))
        _ = try await cache.value(of: CacheKey("before"), from: store)
        server.pause()
        for number in 0..<200 {
            let key = CacheKey("\(number)")
            #expect(try await cache.value(of: key, from: store) == .value(1))
        }
        #expect(store.loads == 201)
        server.resume()
        try await server.stop()
    }

    @Test func garbageUnderTheKeyIsOverwritten() async throws {
        let server = try await RedisServer()
        let store = Store(.value(3))
        for garbage in ["", "null", "{\"regime\":", "\"9\""] {
            _ = try await server.cli("set", key.name, garbage)
            let cache = TextCache(try RedisCache.on(server, "one"))
            #expect(try await cache.value(of: key, from: store) == .value(3))
            try await eventually { try await server.cli("get", key.name) == "\"3\"" }
        }
        try await server.stop()
    }
}
