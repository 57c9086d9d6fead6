import Backends
import Hosting
import Ports
import Redis
import Synchronization
import TestSupport
import Testing

/// Far longer than anything takes that is not meant to.
let patience = Duration.seconds(60)
let hour = Duration.seconds(3_600)

/// Texts as JSON strings without escapes.
struct TextCodec: CacheCodec {
    struct Unreadable: Error {}

    func encode(_ value: String) -> [UInt8] { Array("\"\(value)\"".utf8) }

    func decode(_ bytes: [UInt8]) throws -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else {
            throw Unreadable()
        }
        return String(text.dropFirst().dropLast())
    }
}

typealias TextCache = TieredCache<TextCodec>
typealias TextAnswer = CacheAnswer<String>

/// An instant that stands still until a test moves it.
final class MovableInstant: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by span: Duration) {
        instant.withLock { $0 = $0.advanced(by: span) }
    }
}

/// What a cache stands before: counts its loads, and waits before it answers when it is told to.
final class Store: Sendable {
    struct Broken: Error {}

    private struct State {
        var loads = 0
        var checks = 0
        var isHeld = false
        var answer: Result<TextAnswer, Broken>
    }

    private let state: Mutex<State>

    init(_ answer: TextAnswer) {
        state = Mutex(State(answer: .success(answer)))
    }

    var loads: Int { state.withLock { $0.loads } }
    var checks: Int { state.withLock { $0.checks } }

    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }
    func answer(_ answer: TextAnswer) { state.withLock { $0.answer = .success(answer) } }
    func fail() { state.withLock { $0.answer = .failure(Broken()) } }

    /// Whether it has nothing newer.
    func isLatest(_ version: CacheVersion) throws -> Bool {
        try state.withLock { state in
            state.checks += 1
            return try state.answer.get().version <= version
        }
    }

    func load() async throws -> TextAnswer {
        let answer = state.withLock { state in
            state.loads += 1
            return state.answer
        }
        try await eventually { !state.withLock { $0.isHeld } }
        return try answer.get()
    }
}

extension CacheEnvironment {
    /// Time stands still: nothing ends by itself.
    static var timeless: CacheEnvironment { at(MovableInstant()) }

    static func at(_ time: MovableInstant) -> CacheEnvironment {
        CacheEnvironment(now: { time.now }, chance: { 0.5 })
    }
}

extension CacheAnswer<String> {
    static func value(_ number: Int64) -> TextAnswer {
        .value("\(number)", CacheConformance.version(number))
    }

    var number: Int64 {
        if case .value(let text, _) = self { return Int64(text) ?? -1 }
        return -1
    }
}

extension TieredCache<TextCodec> {
    convenience init(
        _ shared: (any SharedCache)?, _ environment: CacheEnvironment = .timeless,
        _ limits: CacheLimits = CacheLimits()
    ) {
        self.init("test", TextCodec(), shared: shared, limits, environment)
    }

    func value(of key: CacheKey, from store: Store) async throws -> TextAnswer {
        try await value(of: key, lifetime: hour) { try await store.load() }
    }

    func value(
        of key: CacheKey, from store: Store, checkedBy asked: Store
    ) async throws -> TextAnswer {
        try await value(
            of: key, lifetime: hour, isLatest: { try asked.isLatest($0) },
            load: { try await store.load() })
    }

    func write(_ number: Int64, to key: CacheKey) async {
        await write(
            "\(number)", CacheConformance.version(number), to: key, lifetime: hour)
    }
}

extension RedisCache {
    static func on(
        _ server: RedisServer, _ instance: String, limit: Duration = patience
    ) throws -> RedisCache {
        var limits = RedisLimits()
        limits.connect = patience
        limits.silence = patience
        limits.reconnect = ReconnectSchedule(base: .milliseconds(5), limit: .milliseconds(50))
        let client = RedisClient(
            try RedisTarget(url: server.url), limits,
            RedisEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
        return RedisCache(client, instance: instance, limit: limit)
    }
}

/// A shared cache that fails, or does not answer, while it is told to.
final class MoodyCache: SharedCache {
    struct Mood: Error {}

    let inner: any SharedCache
    private let state = Mutex((isFailing: false, isHeld: false, calls: 0))

    init(_ inner: any SharedCache) {
        self.inner = inner
    }

    var calls: Int { state.withLock { $0.calls } }
    func fail(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }
    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

    private func mind() throws {
        let isFailing = state.withLock { state in
            state.calls += 1
            return state.isFailing
        }
        if isFailing { throw Mood() }
    }

    func get(_ key: CacheKey) async throws -> CacheEntry? {
        try mind()
        try await eventually { !state.withLock { $0.isHeld } }
        return try await inner.get(key)
    }

    func set(_ key: CacheKey, _ entry: CacheEntry, lifetime: Duration) async throws {
        try mind()
        try await inner.set(key, entry, lifetime: lifetime)
    }

    func setIfNewer(
        _ key: CacheKey, _ entry: CacheEntry, lifetime: Duration
    ) async throws -> Bool {
        try mind()
        return try await inner.setIfNewer(key, entry, lifetime: lifetime)
    }

    func remove(_ key: CacheKey) async throws {
        try mind()
        try await inner.remove(key)
    }

    func invalidations() -> AsyncStream<CacheInvalidation> { inner.invalidations() }
}
