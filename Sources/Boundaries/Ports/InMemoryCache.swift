import Synchronization

/// The twin of a shared cache: instances made by `peer` share one memory, as processes share a
/// server.
package final class InMemoryCache: SharedCache {
    package typealias Instant = ContinuousClock.Instant

    /// Invalidations that a listener may be behind with.
    package static let backlogLimit = 1_024

    private struct Line {
        var entry: CacheEntry
        /// Written by someone who knows no versions.
        var isForeign = false
        var end: Instant
    }

    private struct Listener {
        var instance: Int
        var continuation: AsyncStream<CacheInvalidation>.Continuation
    }

    private struct State {
        var lines: [CacheKey: Line] = [:]
        var instances = 0
        var listeners: [Int: Listener] = [:]
        var nextListener = 0
    }

    private final class Memory: Sendable {
        let state = Mutex(State())
    }

    private let memory: Memory
    private let instance: Int
    private let now: @Sendable () -> Instant

    package convenience init(now: @escaping @Sendable () -> Instant) {
        self.init(Memory(), now)
    }

    private init(_ memory: Memory, _ now: @escaping @Sendable () -> Instant) {
        self.memory = memory
        self.now = now
        instance = memory.state.withLock { state in
            state.instances += 1
            return state.instances
        }
    }

    /// Another instance that shares this one's memory.
    package func peer() -> InMemoryCache { InMemoryCache(memory, now) }

    /// Writes bytes under a key as a stranger would, who knows nothing of versions.
    package func plant(_ bytes: [UInt8], under key: CacheKey) {
        memory.state.withLock { state in
            let known = state.lines[key]
            let version = known?.entry.version ?? .none
            state.lines[key] = Line(
                entry: CacheEntry(value: bytes, version: version), isForeign: true,
                end: known?.end ?? now().advanced(by: .seconds(86_400)))
        }
    }

    /// What lies under a key, whoever wrote it.
    package func bytes(under key: CacheKey) -> [UInt8]? {
        memory.state.withLock { state in line(key, &state)?.entry.value }
    }

    // MARK: - SharedCache

    package func get(_ key: CacheKey) -> CacheEntry? {
        memory.state.withLock { state in
            guard let line = line(key, &state), !line.isForeign else { return nil }
            return line.entry
        }
    }

    package func set(_ key: CacheKey, _ entry: CacheEntry, lifetime: Duration) {
        write(key, entry, lifetime, ifNewer: false)
    }

    @discardableResult
    package func setIfNewer(
        _ key: CacheKey, _ entry: CacheEntry, lifetime: Duration
    ) -> Bool {
        write(key, entry, lifetime, ifNewer: true)
    }

    package func remove(_ key: CacheKey) {
        memory.state.withLock { state in
            state.lines[key] = nil
            tell(.key(key), &state)
        }
    }

    package func invalidations() -> AsyncStream<CacheInvalidation> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: CacheInvalidation.self, bufferingPolicy: .bufferingNewest(Self.backlogLimit))
        let number = memory.state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = Listener(
                instance: instance, continuation: continuation)
            continuation.yield(.interrupted)
            return state.nextListener
        }
        continuation.onTermination = { [weak memory] _ in
            memory?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    // MARK: - The memory

    private func line(_ key: CacheKey, _ state: inout State) -> Line? {
        guard let line = state.lines[key] else { return nil }
        if line.end > now() { return line }
        state.lines[key] = nil
        return nil
    }

    @discardableResult
    private func write(
        _ key: CacheKey, _ entry: CacheEntry, _ lifetime: Duration, ifNewer: Bool
    ) -> Bool {
        memory.state.withLock { state in
            let known = line(key, &state)
            if ifNewer, let known, entry.version < known.entry.version { return false }
            let isNews = !ifNewer || known.map { $0.entry.version < entry.version } ?? true
            state.lines[key] = Line(entry: entry, end: now().advanced(by: lifetime))
            if isNews { tell(.key(key), &state) }
            return true
        }
    }

    private func tell(_ news: CacheInvalidation, _ state: inout State) {
        for listener in state.listeners.values where listener.instance != instance {
            // What is dropped is the oldest; its place says so.
            if case .dropped = listener.continuation.yield(news) {
                listener.continuation.yield(.interrupted)
            }
        }
    }
}
