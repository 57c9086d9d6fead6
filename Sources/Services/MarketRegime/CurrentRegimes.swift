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
/// written through besides, and other instances hear of it.
package final class CurrentRegimes: Service, Sendable {
    /// Calendars that are remembered; they never change.
    static let calendarLimit = 65_536

    private let cache: TieredCache<RegimeAnswerCodec>
    private let reader: any RegimeReader
    private let standard: Series
    private let calendars = Mutex<[Series: SessionCalendar]>([:])

    /// - Parameters:
    ///   - shared: `nil` when there is none.
    ///   - defaultMarket: the market that is meant when none is asked for.
    package init(
        reader: any RegimeReader, shared: (any SharedCache)?, defaultMarket: MarketName,
        _ environment: CacheEnvironment
    ) {
        cache = TieredCache(
            "current_regime", RegimeAnswerCodec(), shared: shared, CacheLimits(), environment)
        self.reader = reader
        standard = Series(market: defaultMarket)
    }

    /// The current answer of a series, without staleness, and its calendar; `nil` when the store
    /// knows no answer.
    func answer(
        of series: Series
    ) async throws -> (Bloasis_MarketRegime_RegimeResponse, SessionCalendar)? {
        let answer = try await cache.value(
            of: key(series), lifetime: CacheKeys.regimeLifetime,
            isLatest: { try await self.load(series).version <= $0 },
            load: { try await self.load(series) })
        guard case .value(var response, _) = answer else { return nil }
        if response.market != series.market.text
            || response.timeframe != series.timeframe.description
        {
            // The key without a market's name was written by whoever has another default market.
            guard case .value(let own, _) = try await load(series) else { return nil }
            response = own
        }
        if let calendar = calendars.withLock({ $0[series] }) { return (response, calendar) }
        // Answered by the shared cache before this process ever asked the store.
        guard let head = try await reader.head(of: series) else { return nil }
        remember(head)
        return (response, head.profile.calendar)
    }

    /// Writes a series' answer through both tiers, after a commit; never fails.
    package func written(_ series: Series) async {
        do {
            guard case .value(let response, let version) = try await load(series) else { return }
            await cache.write(
                response, version, to: key(series), lifetime: CacheKeys.regimeLifetime)
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

    private func load(
        _ series: Series
    ) async throws -> CacheAnswer<Bloasis_MarketRegime_RegimeResponse> {
        guard let head = try await reader.head(of: series),
            let assessment = try await reader.current(series)
        else { return .absent }
        remember(head)
        let version = CacheVersion(
            asOf: assessment.asOf, revision: Int64(assessment.revision),
            sequence: head.lastSequence)
        return .value(
            Bloasis_MarketRegime_RegimeResponse(assessment, sequence: head.lastSequence), version)
    }

    private func remember(_ head: SeriesHead) {
        calendars.withLock { calendars in
            guard calendars.count < CurrentRegimes.calendarLimit else { return }
            calendars[head.profile.series] = head.profile.calendar
        }
    }
}

/// Answers as the API's JSON.
struct RegimeAnswerCodec: CacheCodec {
    func encode(_ value: Bloasis_MarketRegime_RegimeResponse) throws -> [UInt8] {
        Array(try WireJSON.text(value).utf8)
    }

    func decode(_ bytes: [UInt8]) throws -> Bloasis_MarketRegime_RegimeResponse {
        try WireJSON.message(
            Bloasis_MarketRegime_RegimeResponse.self, from: bytes, subject: "a cached answer")
    }
}
