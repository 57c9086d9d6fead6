import Contracts
package import Hosting
package import Market
package import Ports
import Regimes
import ServiceLifecycle
import Synchronization

/// The current answers of all series, before their store: in the process, in the shared cache, and
/// only then in the store.
///
/// What is cached is the answer but for its staleness, which depends on when it is asked for. A
/// commit drops what the process has, so that poll and push agree; a commit of this process is
/// written through besides, and other instances hear of it. The answer of an override is no longer
/// given once its time is over, whatever a cache still has and whether or not its end is recorded.
package final class CurrentRegimes: Service, Sendable {
    /// Series of which something is remembered.
    static let memoryLimit = 65_536

    /// What answers of a series are judged by.
    private struct Memory {
        /// Never changes.
        let calendar: SessionCalendar
        /// The last one that was seen to stand.
        let override: RegimeOverride?

        /// When the override ends whose answers have this sequence; `nil` when it is another one.
        func expiry(ofOverride sequence: Int64) -> Timestamp? {
            override?.sequence == sequence ? override?.order.expiresAt : nil
        }
    }

    private let cache: TieredCache<RegimeAnswerCodec>
    private let reader: any RegimeReader
    private let standard: Series
    private let now: @Sendable () -> Timestamp
    private let memories = Mutex<[Series: Memory]>([:])

    /// - Parameters:
    ///   - shared: `nil` when there is none.
    ///   - defaultMarket: the market that is meant when none is asked for.
    ///   - now: the wall clock, by which overrides expire.
    package init(
        reader: any RegimeReader, shared: (any SharedCache)?, defaultMarket: MarketName,
        now: @escaping @Sendable () -> Timestamp, _ environment: CacheEnvironment
    ) {
        cache = TieredCache(
            "current_regime", RegimeAnswerCodec(), shared: shared, CacheLimits(), environment)
        self.reader = reader
        self.now = now
        standard = Series(market: defaultMarket)
    }

    /// The current answer of a series, and its calendar; `nil` when the store knows no answer.
    func answer(of series: Series) async throws -> (CurrentAnswer, SessionCalendar)? {
        let answer = try await cache.value(
            of: key(series), lifetime: CacheKeys.regimeLifetime,
            isLatest: { try await self.load(series).version <= $0 },
            load: { try await self.load(series) })
        guard case .value(var current, _) = answer else { return nil }
        if current.response.market != series.market.text
            || current.response.timeframe != series.timeframe.description
        {
            // The key without a market's name was written by whoever has another default market.
            guard case .value(let own, _) = try await load(series) else { return nil }
            current = own
        }
        if current.response.trigger == Trigger.override.rawValue,
            try await isOver(current.response, of: series)
        {
            // Both tiers are told, because the end may not be recorded for a while.
            guard case .value(let own, let version) = try await load(series) else { return nil }
            await cache.write(own, version, to: key(series), lifetime: CacheKeys.regimeLifetime)
            current = own
        }
        guard let memory = try await memory(of: series) else { return nil }
        return (current, memory.calendar)
    }

    /// Whether the time of the override that an answer tells of is over.
    private func isOver(
        _ response: CurrentAnswer.Response, of series: Series
    ) async throws -> Bool {
        let known = memories.withLock { $0[series]?.expiry(ofOverride: response.sequence) }
        if let known { return known <= now() }
        // Answered by the shared cache before this process ever asked the store about it.
        guard let head = try await reader.head(of: series) else { return true }
        let memory = remember(head)
        guard let expiry = memory.expiry(ofOverride: response.sequence) else { return true }
        return expiry <= now()
    }

    private func memory(of series: Series) async throws -> Memory? {
        if let memory = memories.withLock({ $0[series] }) { return memory }
        // Answered by the shared cache before this process ever asked the store.
        return try await reader.head(of: series).map { remember($0) }
    }

    /// Writes a series' answer through both tiers, after a commit; never fails.
    package func written(_ series: Series) async {
        do {
            guard case .value(let current, let version) = try await load(series) else { return }
            await cache.write(
                current, version, to: key(series), lifetime: CacheKeys.regimeLifetime)
        } catch {
            // The store went away behind the commit: better no answer than an older one.
            await cache.forget(key(series))
        }
    }

    /// Hears of what other processes commit and other instances write.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.cache.run(forgettingAt: self.reader.commits())
        }
    }

    private func key(_ series: Series) -> CacheKey {
        CacheKeys.currentRegime(of: series, standard: standard)
    }

    private func load(_ series: Series) async throws -> CacheAnswer<CurrentAnswer> {
        guard let head = try await reader.head(of: series),
            let assessment = try await reader.current(series)
        else { return .absent }
        let override = remember(head).override.flatMap { $0.isInForce(at: now()) ? $0 : nil }
        let version = CacheVersion(
            asOf: assessment.asOf, revision: Int64(assessment.revision),
            sequence: head.lastSequence)
        let response = CurrentAnswer.Response(
            assessment, sequence: head.lastSequence, override: override)
        return .value(CurrentAnswer(response), version)
    }

    @discardableResult
    private func remember(_ head: SeriesHead) -> Memory {
        let memory = Memory(calendar: head.profile.calendar, override: head.override)
        memories.withLock { memories in
            let series = head.profile.series
            guard memories[series] != nil || memories.count < CurrentRegimes.memoryLimit else {
                return
            }
            memories[series] = memory
        }
        return memory
    }
}

/// Answers as the API's JSON.
struct RegimeAnswerCodec: CacheCodec {
    func encode(_ value: CurrentAnswer) throws -> [UInt8] {
        Array(try WireJSON.text(value.response).utf8)
    }

    func decode(_ bytes: [UInt8]) throws -> CurrentAnswer {
        CurrentAnswer(
            try WireJSON.message(
                CurrentAnswer.Response.self, from: bytes, subject: "a cached answer"))
    }
}
