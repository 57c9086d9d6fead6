package import Ports
import Synchronization

/// Values before their store: for a few seconds in the process, then in a cache that is shared with
/// other instances, then the store itself.
///
/// However many ask for a key at once, it is loaded once. A shared cache that is down, slow or full
/// of garbage is a miss; after some failures in a row it is left alone for a while
/// (`CircuitBreaker`). An older value never replaces a newer one, in either tier.
///
/// Whoever commits to the store may be killed before the shared cache is told: at the start and
/// after every commit that is heard of, the first that the shared cache answers to a key is held
/// against the store.
package final class TieredCache<Codec: CacheCodec>: Sendable {
    package typealias Answer = CacheAnswer<Codec.Value>
    package typealias Loader = @Sendable () async throws -> Answer
    /// Whether the store has nothing newer than a version.
    package typealias Check = @Sendable (CacheVersion) async throws -> Bool
    private typealias Flight = Hosting.Flight<Answer>

    /// A value that the shared cache could not be told of.
    private struct Unshared {
        let entry: CacheEntry
        let lifetime: Duration
    }

    /// An answer as the process keeps it: an object, so that entries have one layout whatever the
    /// values are. Else the runtime would look their types up several times for each question.
    private final class Kept: Sendable {
        let answer: Answer

        init(_ answer: Answer) {
            self.answer = answer
        }
    }

    private struct State {
        /// Loads that callers may join.
        var flights: [CacheKey: Flight] = [:]
        var breaker: CircuitBreaker
        /// Written to the shared cache as soon as it answers again: else it would go on answering
        /// older values.
        var unshared: [CacheKey: Unshared] = [:]
        /// Keys of which the shared cache was found to know the latest since `epoch` began.
        var confirmed: Set<CacheKey> = []
        /// Counts what may have made the shared cache's values old.
        var epoch = 0
    }

    private enum Found {
        case answer(Answer)
        case flight(Flight, isNew: Bool)
    }

    private let codec: Codec
    private let shared: (any SharedCache)?
    private let limits: CacheLimits
    private let environment: CacheEnvironment
    private let counters: CacheCounters
    private let state: Mutex<State>
    /// Asked alone for what it has; what is put in or dropped, under the lock of `state` besides.
    private let recent: Mutex<RecentEntries<any AnyObject & Sendable>>

    /// - Parameters:
    ///   - name: in metrics.
    ///   - shared: `nil` when there is none.
    package init(
        _ name: String, _ codec: Codec, shared: (any SharedCache)?,
        _ limits: CacheLimits, _ environment: CacheEnvironment
    ) {
        self.codec = codec
        self.shared = shared
        self.limits = limits
        self.environment = environment
        counters = CacheCounters(cache: name)
        recent = Mutex(RecentEntries(countLimit: limits.entries, byteLimit: limits.bytes))
        state = Mutex(State(breaker: limits.breaker))
    }

    // MARK: - Reading

    /// What is known of a key; `load` asks the store when no tier knows.
    ///
    /// - Parameters:
    ///   - lifetime: of a value in the shared cache, before its jitter.
    ///   - isLatest: asked now and then about a value of the shared cache, which is taken for the
    ///     latest when this throws: the store is away.
    /// - Throws: what `load` throws, to all who wait for the same load, and `CancellationError`;
    ///   never for the shared cache's sake.
    package func value(
        of key: CacheKey, lifetime: Duration, isLatest: @escaping Check = { _ in true },
        load: @escaping Loader
    ) async throws -> Answer {
        let now = environment.now()
        if let answer = kept(key, at: now) {
            counters.count(.process, .hit)
            return answer
        }
        let found = state.withLock { state -> Found in
            // Landed since then.
            if let answer = kept(key, at: now) { return .answer(answer) }
            if let flight = state.flights[key] { return .flight(flight, isNew: false) }
            let flight = Flight()
            state.flights[key] = flight
            return .flight(flight, isNew: true)
        }
        switch found {
        case .answer(let answer):
            counters.count(.process, .hit)
            return answer
        case .flight(let flight, let isNew):
            counters.count(.process, .miss)
            guard isNew else { return try await flight.value() }
            let shared = await sharedAnswer(to: key)
            if let (answer, entry) = shared, isConfirmed(key) {
                counters.count(.shared, .hit)
                land(flight, key, answer, entry)
                if state.withLock({ !$0.unshared.isEmpty }) { Task { await shareRest() } }
                return answer
            }
            // The load belongs to nobody: whoever asked first may be cancelled, and then has asked
            // the shared cache in vain.
            let isCut = Task.isCancelled
            Task {
                let shared = isCut ? await sharedAnswer(to: key) : shared
                await fill(key, lifetime, flight, shared, isLatest, load)
            }
            return try await flight.value()
        }
    }

    private func isConfirmed(_ key: CacheKey) -> Bool {
        state.withLock { $0.confirmed.contains(key) }
    }

    private func kept(_ key: CacheKey, at now: ContinuousClock.Instant) -> Answer? {
        (recent.withLock { $0.get(key, at: now) } as? Kept)?.answer
    }

    private func fill(
        _ key: CacheKey, _ lifetime: Duration, _ flight: Flight,
        _ shared: (answer: Answer, entry: CacheEntry)?, _ isLatest: Check, _ load: Loader
    ) async {
        if let (answer, entry) = shared, await confirms(key, entry.version, isLatest) {
            land(flight, key, answer, entry)
            return await shareRest()
        }
        do {
            let answer = try await load()
            counters.count(.store, answer.isAbsent ? .miss : .hit)
            let entry = try? codec.entry(of: answer)
            if land(flight, key, answer, entry), let entry {
                await share(key, entry, spread(lifetime, of: answer), isNews: false)
            }
        } catch {
            counters.count(.store, .error)
            state.withLock { if $0.flights[key] === flight { $0.flights[key] = nil } }
            flight.land(.failure(error))
        }
    }

    /// Keeps an answer, unless something newer was heard of while it was on its way; whether it was
    /// not.
    @discardableResult
    private func land(
        _ flight: Flight, _ key: CacheKey, _ answer: Answer, _ entry: CacheEntry?
    ) -> Bool {
        let now = environment.now()
        let isCurrent = state.withLock { state in
            guard state.flights[key] === flight else { return false }
            state.flights[key] = nil
            if let entry { keep(key, answer, entry, now) }
            return true
        }
        flight.land(.success(answer))
        return isCurrent
    }

    private func keep(
        _ key: CacheKey, _ answer: Answer, _ entry: CacheEntry, _ now: ContinuousClock.Instant
    ) {
        let (kept, end) = (Kept(answer), now.advanced(by: limits.process))
        recent.withLock {
            $0.put(key, kept, entry.version, bytes: entry.value.count, at: now, until: end)
        }
    }

    private func spread(_ lifetime: Duration, of answer: Answer) -> Duration {
        limits.lifetime(of: answer, lifetime, chance: environment.chance())
    }

    // MARK: - Writing

    /// Writes a value that was committed through both tiers, unless they know a newer one; never
    /// fails. Other instances hear of it.
    package func write(
        _ value: Codec.Value, _ version: CacheVersion, to key: CacheKey, lifetime: Duration
    ) async {
        let answer = Answer.value(value, version)
        guard let entry = try? codec.entry(of: answer) else { return await forget(key) }
        let now = environment.now()
        state.withLock { state in
            // What is on its way may be older.
            state.flights[key] = nil
            keep(key, answer, entry, now)
        }
        await share(key, entry, spread(lifetime, of: answer), isNews: true)
    }

    /// Forgets a key in both tiers; never fails. When the shared cache cannot be told, what it
    /// answers next is held against the store.
    package func forget(_ key: CacheKey) async {
        drop(key)
        state.withLock { _ = $0.confirmed.remove(key) }
        guard await ask({ try await $0.remove(key) }) != nil else { return }
        state.withLock { _ = $0.unshared.removeValue(forKey: key) }
    }

    /// - Parameter isNews: a value that is not merely a copy of what the store answers to anybody:
    ///   it must not be lost.
    private func share(
        _ key: CacheKey, _ entry: CacheEntry, _ lifetime: Duration, isNews: Bool
    ) async {
        guard shared != nil else { return }
        let isWritten = await ask { try await $0.setIfNewer(key, entry, lifetime: lifetime) }
        switch isWritten {
        case true?: break
        case false?: recent.withLock { $0.remove(key, ifVersion: entry.version) }
        case nil:
            return isNews ? remember(key, Unshared(entry: entry, lifetime: lifetime)) : ()
        }
        await shareRest()
    }

    private func remember(_ key: CacheKey, _ value: Unshared) {
        state.withLock { state in
            if let known = state.unshared[key], known.entry.version > value.entry.version { return }
            guard state.unshared[key] != nil || state.unshared.count < limits.unshared else {
                return
            }
            state.unshared[key] = value
        }
    }

    /// Tells the shared cache what it could not be told when it was due.
    private func shareRest() async {
        while let (key, value) = state.withLock({ $0.unshared.first }) {
            let isTold = await ask {
                try await $0.setIfNewer(key, value.entry, lifetime: value.lifetime)
            }
            guard isTold != nil else { return }
            state.withLock { state in
                if state.unshared[key]?.entry == value.entry { state.unshared[key] = nil }
            }
        }
    }

    // MARK: - The shared cache

    /// What the shared cache knows; `nil` also for what is older than a value that it could not be
    /// told of: the store has that one, or one that is newer still.
    private func sharedAnswer(to key: CacheKey) async -> (answer: Answer, entry: CacheEntry)? {
        guard let reply = await ask({ try await $0.get(key) }) else { return nil }
        let floor = state.withLock { $0.unshared[key]?.entry.version ?? .none }
        guard let entry = reply, entry.version >= floor else {
            counters.count(.shared, .miss)
            return nil
        }
        do {
            return (try codec.answer(in: entry), entry)
        } catch {
            counters.count(.shared, .error)
            return nil
        }
    }

    /// Whether what the shared cache knows is the latest, as far as can be found out.
    private func confirms(
        _ key: CacheKey, _ version: CacheVersion, _ isLatest: Check
    ) async -> Bool {
        let (isConfirmed, epoch) = state.withLock { ($0.confirmed.contains(key), $0.epoch) }
        if !isConfirmed, let isLatest = try? await isLatest(version) {
            guard isLatest else {
                counters.count(.shared, .miss)
                return false
            }
            state.withLock { state in
                guard state.epoch == epoch, state.confirmed.count < limits.entries else { return }
                state.confirmed.insert(key)
            }
        }
        counters.count(.shared, .hit)
        return true
    }

    /// What the shared cache answers; `nil` when it is not to be asked, or fails.
    @discardableResult
    private func ask<Reply: Sendable>(
        _ question: (any SharedCache) async throws -> Reply
    ) async -> Reply? {
        let now = environment.now()
        guard let shared, state.withLock({ $0.breaker.allows(at: now) }) else { return nil }
        do {
            let reply = try await question(shared)
            state.withLock { $0.breaker.succeeded() }
            return reply
        } catch is CancellationError {
            let now = environment.now()
            state.withLock { $0.breaker.gaveUp(at: now) }
            return nil
        } catch {
            counters.count(.shared, .error)
            let now = environment.now()
            state.withLock { $0.breaker.failed(at: now) }
            return nil
        }
    }

    // MARK: - Other instances

    /// Hears what other instances write and what is committed, until the task is cancelled; without
    /// it the process's own entries merely end by themselves.
    ///
    /// - Parameter commits: to the store behind; at each the process forgets what it has.
    package func run(forgettingAt commits: AsyncStream<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.run() }
            group.addTask { for await _ in commits { self.forgetProcess() } }
        }
    }

    /// Hears what other instances write, and tells the shared cache what it could not be told,
    /// until the task is cancelled.
    package func run() async {
        guard let shared else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.hear(shared.invalidations()) }
            group.addTask {
                while (try? await Task.sleep(for: self.limits.retryInterval)) != nil {
                    await self.shareRest()
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func hear(_ invalidations: AsyncStream<CacheInvalidation>) async {
        for await news in invalidations {
            switch news {
            case .key(let key): drop(key)
            case .interrupted:
                dropAll()
                await shareRest()
            }
        }
    }

    /// Forgets what the process has; the shared cache keeps what it has.
    package func forgetProcess() {
        dropAll()
    }

    private func drop(_ key: CacheKey) {
        state.withLock { state in
            recent.withLock { $0.remove(key) }
            state.flights[key] = nil
        }
    }

    private func dropAll() {
        state.withLock { state in
            recent.withLock { $0.removeAll() }
            state.flights = [:]
            state.confirmed = []
            state.epoch += 1
        }
    }
}

extension CacheAnswer {
    fileprivate var isAbsent: Bool {
        if case .absent = self { return true }
        return false
    }
}
