import Market
import Ports
import Redis
import TestSupport
import Testing

@testable import Backends

@Suite("Conformance of the cache in Redis", .timeLimit(.minutes(5)))
struct RedisCacheTests {
    /// Far longer than anything takes that is not meant to.
    private static let patience = Duration.seconds(60)

    private static func client(_ server: RedisServer) throws -> RedisClient {
        var limits = RedisLimits()
        limits.call = patience
        limits.connect = patience
        limits.silence = patience
        return RedisClient(
            try RedisTarget(url: server.url), limits,
            RedisEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
    }

    /// Two instances with connections of their own, on an empty server.
    private static func world(_ server: RedisServer) throws -> CacheWorld {
        let stranger = try client(server)
        func cache(_ instance: String) throws -> RedisCache {
            RedisCache(try client(server), instance: instance, limit: patience)
        }
        return CacheWorld(
            cache: try cache("one"), peer: try cache("two"),
            plant: { bytes, key in
                try await stranger.send(RedisCommand("SET", .text(key.name), .bytes(bytes)))
            },
            bytes: { try await stranger.send(RedisCommand("GET", .text($0.name))).bytes })
    }

    @Test("shared cache", arguments: CacheConformance.laws)
    func sharedCache(keeps law: Law<CacheWorld>) async throws {
        let server = try await RedisServer()
        try await law.holds(in: try Self.world(server))
        try await server.stop()
    }

    @Test func anotherClientReadsTheContractsKey() async throws {
        let server = try await RedisServer()
        let cache = RedisCache(try Self.client(server), instance: "one", limit: Self.patience)
        let key = CacheKey("market:regime:current")
        let json = #"{"regime":"crisis","confidence":0.9}"#
        let entry = CacheEntry(
            value: Array(json.utf8), version: CacheConformance.version(1, 2, 3))
        try await cache.setIfNewer(key, entry, lifetime: .seconds(21_600))
        #expect(try await server.cli("get", "market:regime:current") == json)
        let seconds = try #require(Int(await server.cli("ttl", "market:regime:current")))
        #expect((21_590...21_600).contains(seconds))
        let companion = try #require(Int(await server.cli("ttl", Companion.key(of: key))))
        #expect((21_590...21_600).contains(companion))
        try await server.stop()
    }

    /// Keys of other types, and companions that are none.
    @Test func strangeKeysAreMissesAndAreOverwritten() async throws {
        let server = try await RedisServer()
        let cache = RedisCache(try Self.client(server), instance: "one", limit: Self.patience)
        let value = CacheEntry(value: [1], version: CacheConformance.version(3))
        let well = Companion(version: value.version, checksum: 1).text
        let oddities = [
            ["lpush", "k", "x"], ["lpush", "k#version", "x"], ["set", "k#version", "garbage"],
            ["set", "k#version", String(well.dropLast()) + "X"],
            ["set", "k#version", String(repeating: "9", count: well.count)],
            ["set", "k#version", well], ["hset", "k", "f", "v"],
        ]
        for oddity in oddities {
            _ = try await server.cli("flushall")
            _ = try await server.cli(oddity)
            #expect(try await cache.get(CacheKey("k")) == nil, "\(oddity)")
            #expect(try await cache.setIfNewer(CacheKey("k"), value, lifetime: .seconds(9)))
            #expect(try await cache.get(CacheKey("k")) == value, "\(oddity)")
        }
        try await server.stop()
    }

    @Test func aMessageOfAStrangerIsAnInterruption() async throws {
        let server = try await RedisServer()
        let cache = RedisCache(try Self.client(server), instance: "one", limit: Self.patience)
        var heard = cache.invalidations().makeAsyncIterator()
        #expect(await heard.next() == .interrupted)
        for message in ["nonsense", "one market:regime:current", "two market:regime:current"] {
            #expect(try await server.cli("publish", RedisCache.channel, message) == "1")
        }
        #expect(await heard.next() == .interrupted)
        #expect(await heard.next() == .key(CacheKey("market:regime:current")))
        try await server.stop()
    }

    @Test func aServerThatSleepsCostsTheLimit() async throws {
        let server = try await RedisServer()
        let cache = RedisCache(try Self.client(server), instance: "one", limit: .milliseconds(20))
        try await eventually { (try? await cache.get(CacheKey("k"))) == .some(nil) }
        server.pause()
        await #expect(throws: RedisError.self) { try await cache.get(CacheKey("k")) }
        server.resume()
        try await eventually { (try? await cache.get(CacheKey("k"))) == .some(nil) }
        try await server.stop()
    }

    @Test(arguments: Sweep.seeds(20))
    func companionsAreReadAsTheyWereWritten(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        func number() -> Int64 {
            [.min, -1, 0, 1, .max, Int64(bitPattern: generator.next())][
                Int(generator.next() % 6)]
        }
        let versions = (0..<20).map { _ in
            CacheConformance.version(number(), number(), number())
        }
        for version in versions {
            let companion = Companion(version: version, checksum: generator.next())
            #expect(Companion(Array(companion.text.utf8)) == companion)
            for other in versions {
                let text = Companion(version: other, checksum: companion.checksum).text
                #expect((version < other) == (companion.text < text))
            }
        }
    }
}
