import Backends
import Hosting
import Market
import Ports
import Redis

/// What a cached answer costs, by the tier that has it.
enum CacheHits {
    /// The bytes themselves: what reading an answer's JSON costs belongs to the API.
    private struct Codec: CacheCodec {
        func encode(_ value: [UInt8]) -> [UInt8] { value }
        func decode(_ bytes: [UInt8]) -> [UInt8] { bytes }
    }

    private static let environment = CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 })
    private static let lifetime = Duration.seconds(3_600)
    private static let key = CacheKey("market:regime:current:SPX:1d")
    /// As large as an answer.
    static let value = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000)

    private static func version(_ number: Int) -> CacheVersion {
        CacheVersion(asOf: StackSamples.instant(number), revision: 1, sequence: 1)
    }

    static func process(count: Int) async throws {
        var limits = CacheLimits()
        limits.process = lifetime
        let cache = TieredCache("benchmark", Codec(), shared: nil, limits, environment)
        for number in 0..<256 {
            await cache.write(
                value, version(number), to: CacheKey("k\(number)"), lifetime: lifetime)
        }
        await cache.write(value, version(1), to: key, lifetime: lifetime)
        let start = ContinuousClock.now
        for _ in 0..<count {
            _ = try await cache.value(of: key, lifetime: lifetime) { .absent }
        }
        let elapsed = ContinuousClock.now - start
        Output.line(["seconds": seconds(elapsed) / Double(count)])
    }

    /// Each hit's seconds: of the client's GET, of the cache's two keys at once, and through the
    /// tiers with nothing in the process.
    static func shared(_ host: String, _ port: Int, count: Int) async throws {
        let client = RedisClient(
            try RedisTarget(host: host, port: port), RedisLimits(),
            RedisEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
        let redis = RedisCache(client, instance: "benchmark")
        try await redis.set(
            key, CacheEntry(value: value, version: version(1)), lifetime: lifetime)
        var limits = CacheLimits()
        limits.process = .zero
        let cache = TieredCache("benchmark", Codec(), shared: redis, limits, environment)
        let get = RedisCommand("GET", .text(key.name))
        let limit = Duration.seconds(1)
        let gets = try await times(count) {
            try await client.send(get, within: limit).bytes?.count == value.count
        }
        let entries = try await times(count) { try await redis.get(key)?.version == version(1) }
        let answers = try await times(count) {
            try await cache.value(of: key, lifetime: lifetime) { .absent }
                == .value(value, version(1))
        }
        client.close()
        Output.line(lists: ["get": gets, "entry": entries, "answer": answers])
    }

    /// What a busy machine makes late is a miss, and the cache leaves the server alone for a while
    /// then: no hit, and not timed.
    private static func times(
        _ count: Int, _ isHit: () async throws -> Bool
    ) async throws -> [Double] {
        var times: [Double] = []
        times.reserveCapacity(count)
        var misses = 0
        while times.count < count {
            let start = ContinuousClock.now
            if (try? await isHit()) == true {
                times.append(seconds(ContinuousClock.now - start))
                continue
            }
            misses += 1
            guard misses <= count else { throw Refusal(reason: "the key is not there") }
            try await Task.sleep(for: .milliseconds(1))
        }
        return times
    }
}
