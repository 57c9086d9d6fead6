import Market
package import Ports
import Testing

/// A shared cache as a test sees it: two instances, and a stranger who writes past them.
package struct CacheWorld: Sendable {
    package var cache: any SharedCache
    package var peer: any SharedCache
    /// Writes bytes under a key without a version.
    package var plant: @Sendable (_ bytes: [UInt8], _ key: CacheKey) async throws -> Void
    /// What a stranger reads.
    package var bytes: @Sendable (_ key: CacheKey) async throws -> [UInt8]?

    package init(
        cache: any SharedCache, peer: any SharedCache,
        plant: @escaping @Sendable ([UInt8], CacheKey) async throws -> Void,
        bytes: @escaping @Sendable (CacheKey) async throws -> [UInt8]?
    ) {
        self.cache = cache
        self.peer = peer
        self.plant = plant
        self.bytes = bytes
    }

    package static func inMemory() -> CacheWorld {
        let cache = InMemoryCache { ContinuousClock.now }
        return CacheWorld(
            cache: cache, peer: cache.peer(), plant: { cache.plant($0, under: $1) },
            bytes: { cache.bytes(under: $0) })
    }
}

/// What every shared cache keeps.
package enum CacheConformance {
    package static let laws: [Law<CacheWorld>] = [
        Law("what was written is read by every instance, byte for byte", roundTrip),
        Law("a stranger reads exactly the value", strangersReadTheValue),
        Law("an older version replaces nothing, the same or a newer one does", versions),
        Law("versions are compared as numbers, the first difference decides", order),
        Law("a set replaces whatever is there", set),
        Law("what was removed is gone, and any version may follow", remove),
        Law("an entry ends with its lifetime", lifetime),
        Law("what a stranger wrote is a miss, and is overwritten", strangers),
        Law("an older version does not follow a newer one that a stranger overwrote", resurrection),
        Law("other instances hear of writes and removals, and of nothing else", invalidations),
        Law("of concurrent writers the newest wins", concurrentWriters),
    ]

    private static let hour = Duration.seconds(3_600)

    package static func version(
        _ asOf: Int64, _ revision: Int64 = 0, _ sequence: Int64 = 0
    ) -> CacheVersion {
        CacheVersion(
            asOf: Timestamp(nanoseconds: asOf), revision: revision, sequence: sequence)
    }

    private static func entry(_ text: String, _ version: CacheVersion) -> CacheEntry {
        CacheEntry(value: Array(text.utf8), version: version)
    }

    // MARK: - Values

    private static func roundTrip(_ world: CacheWorld) async throws {
        let values: [[UInt8]] = [
            [], [0], Array("\r\n\0{}".utf8), Array(0...255), [UInt8](repeating: 7, count: 300_000),
        ]
        for (number, value) in values.enumerated() {
            let key = CacheKey("trip:\(number)")
            #expect(try await world.cache.get(key) == nil)
            let entry = CacheEntry(value: value, version: version(.min, .max, -1))
            #expect(try await world.cache.setIfNewer(key, entry, lifetime: hour))
            #expect(try await world.cache.get(key) == entry)
            #expect(try await world.peer.get(key) == entry)
        }
    }

    private static func strangersReadTheValue(_ world: CacheWorld) async throws {
        let json = #"{"regime":"crisis","asOf":"2024-02-29T21:00:00Z"}"#
        let key = CacheKey("market:regime:current")
        try await world.cache.setIfNewer(key, entry(json, version(1)), lifetime: hour)
        #expect(try await world.bytes(key) == Array(json.utf8))
    }

    private static func set(_ world: CacheWorld) async throws {
        let key = CacheKey("set")
        try await world.cache.set(key, entry("new", version(2)), lifetime: hour)
        try await world.peer.set(key, entry("old", version(1)), lifetime: hour)
        #expect(try await world.cache.get(key) == entry("old", version(1)))
    }

    private static func remove(_ world: CacheWorld) async throws {
        let key = CacheKey("remove")
        try await world.cache.set(key, entry("new", version(2)), lifetime: hour)
        try await world.peer.remove(key)
        #expect(try await world.cache.get(key) == nil)
        #expect(try await world.bytes(key) == nil)
        #expect(try await world.cache.setIfNewer(key, entry("old", version(1)), lifetime: hour))
        try await world.peer.remove(CacheKey("never there"))
    }

    private static func lifetime(_ world: CacheWorld) async throws {
        let (short, long) = (CacheKey("short"), CacheKey("long"))
        let milliseconds = Duration.milliseconds(30)
        try await world.cache.setIfNewer(short, entry("x", version(2)), lifetime: milliseconds)
        try await world.cache.setIfNewer(long, entry("x", version(2)), lifetime: hour)
        try await eventually { try await world.cache.get(short) == nil }
        #expect(try await world.cache.setIfNewer(short, entry("y", version(1)), lifetime: hour))
        #expect(try await world.cache.get(long) != nil)
        // Writing the same version again begins its lifetime anew.
        try await world.cache.setIfNewer(long, entry("x", version(2)), lifetime: milliseconds)
        try await eventually { try await world.cache.get(long) == nil }
    }

    // MARK: - Versions

    private static func versions(_ world: CacheWorld) async throws {
        let key = CacheKey("versions")
        let steps: [(Int64, Bool, Int64)] = [
            (5, true, 5), (4, false, 5), (5, true, 5), (9, true, 9), (6, false, 9),
        ]
        for (number, isWritten, held) in steps {
            let new = entry("\(number)", version(number))
            #expect(
                try await world.cache.setIfNewer(key, new, lifetime: hour) == isWritten,
                "\(number)")
            #expect(try await world.peer.get(key) == entry("\(held)", version(held)))
        }
    }

    private static func order(_ world: CacheWorld) async throws {
        let rising = [
            CacheVersion.none, version(.min, .min, 0), version(-1, 9, 9), version(0, -5, 7),
            version(0, 0, -1), version(0, 0, 0), version(0, 0, 9), version(0, 0, 10),
            version(0, 2, 1), version(9, 0, 0), version(10, 0, 0),
            version(1_709_164_800_000_000_001), version(1_709_164_800_000_000_002),
            version(.max, .max, .max),
        ]
        #expect(rising == rising.sorted())
        for (low, high) in zip(rising, rising.dropFirst()) {
            let key = CacheKey("order")
            try await world.cache.set(key, entry("low", low), lifetime: hour)
            #expect(try await world.cache.setIfNewer(key, entry("high", high), lifetime: hour))
            #expect(try await !world.cache.setIfNewer(key, entry("low", low), lifetime: hour))
            #expect(try await world.cache.get(key) == entry("high", high))
        }
    }

    private static func concurrentWriters(_ world: CacheWorld) async throws {
        for seed in Sweep.seeds(5) {
            var generator = SplitMix64(seed: seed)
            let key = CacheKey("race:\(seed)")
            let versions = (0..<60).map { _ in
                version(
                    Int64(generator.next() % 4), Int64(generator.next() % 3),
                    Int64(generator.next() % 3))
            }
            let caches = [world.cache, world.peer]
            try await withThrowingTaskGroup { group in
                for (number, version) in versions.enumerated() {
                    group.addTask {
                        let cache = caches[number % 2]
                        try await cache.setIfNewer(
                            key, entry("\(version)", version), lifetime: hour)
                        // Whatever others did meanwhile, nothing older is there than was written.
                        let held = try #require(await cache.get(key))
                        #expect(held.version >= version, "seed \(seed)")
                        #expect(held.value == Array("\(held.version)".utf8), "seed \(seed)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await world.cache.get(key)?.version == versions.max(), "seed \(seed)")
        }
    }

    // MARK: - Strangers

    private static let garbage: [[UInt8]] = [
        [], [0], Array("null".utf8), Array("{\"regime\":".utf8), [0xFF, 0xFE],
    ]

    private static func strangers(_ world: CacheWorld) async throws {
        for (number, bytes) in garbage.enumerated() {
            let (untouched, overwritten) = (CacheKey("new:\(number)"), CacheKey("old:\(number)"))
            try await world.plant(bytes, untouched)
            #expect(try await world.cache.get(untouched) == nil)
            let value = entry("value", version(3))
            #expect(try await world.cache.setIfNewer(untouched, value, lifetime: hour))
            #expect(try await world.cache.get(untouched) == value)

            try await world.cache.set(overwritten, value, lifetime: hour)
            try await world.plant(bytes, overwritten)
            #expect(try await world.cache.get(overwritten) == nil)
            // The store's present value has the version that was there.
            #expect(try await world.cache.setIfNewer(overwritten, value, lifetime: hour))
            #expect(try await world.cache.get(overwritten) == value)
        }
    }

    private static func resurrection(_ world: CacheWorld) async throws {
        let key = CacheKey("resurrection")
        try await world.cache.set(key, entry("new", version(2)), lifetime: hour)
        try await world.plant(Array("garbage".utf8), key)
        #expect(try await !world.cache.setIfNewer(key, entry("old", version(1)), lifetime: hour))
        #expect(try await world.cache.get(key) == nil)
    }

    // MARK: - Invalidations

    private static func invalidations(_ world: CacheWorld) async throws {
        var heard = world.cache.invalidations().makeAsyncIterator()
        #expect(await heard.next() == .interrupted)
        func write(_ cache: any SharedCache, _ key: String, _ number: Int64) async throws {
            try await cache.setIfNewer(
                CacheKey(key), entry("\(number)", version(number)), lifetime: hour)
        }
        try await write(world.cache, "mine", 1)
        try await write(world.peer, "first", 5)
        try await write(world.peer, "first", 5)
        try await write(world.peer, "first", 4)
        try await write(world.peer, "a key: with spaces", 1)
        try await world.cache.remove(CacheKey("mine"))
        try await world.peer.remove(CacheKey("second"))
        try await world.peer.set(CacheKey("third"), entry("x", version(1)), lifetime: hour)
        for key in ["first", "a key: with spaces", "second", "third"] {
            #expect(await heard.next() == .key(CacheKey(key)))
        }
    }
}
