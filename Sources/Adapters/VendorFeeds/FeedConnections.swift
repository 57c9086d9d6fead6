import AsyncHTTPClient
import NIOCore
package import Ports
package import WebCalls

/// What feeds are made from.
package struct FeedSettings: Sendable {
    package var alphaVantageKey: APIKey?
    package var stooqKey: APIKey?
    /// Where vendors are asked instead of at their own addresses.
    package var bases: [FeedKind: String] = [:]
    /// Of answers that are kept; `nil`: none is.
    package var cacheDirectory: String?
    /// `nil`: there is no feed of files.
    package var csv: CSVFeedSettings?

    package init() {}
}

/// Makes feeds by name, and owns what they share: connections, turns, kept answers.
package final class FeedConnections: Sendable {
    private let settings: FeedSettings
    private let client: HTTPClient
    private let environment: FetchEnvironment
    private let limits: FetchLimits

    /// - Parameters:
    ///   - now: a clock that never jumps.
    ///   - chance: uniform in 0 ..< 1; spreads those who try again at the same time.
    ///   - clock: what pauses are waited for on.
    package convenience init(
        _ settings: FeedSettings, now: @escaping @Sendable () -> ContinuousClock.Instant,
        chance: @escaping @Sendable () -> Double, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.init(
            settings, FetchEnvironment(now: now, chance: chance, clock: clock), FetchLimits())
    }

    init(_ settings: FeedSettings, _ environment: FetchEnvironment, _ limits: FetchLimits) {
        self.settings = settings
        self.environment = environment
        self.limits = limits
        // The schedule tries again.
        client = .once(connectingWithin: .seconds(10))
    }

    /// Ends the connections; feeds answer no more. Whoever made this calls it once.
    package func close() async {
        try? await client.shutdown()
    }

    /// A feed. Requests of one feed take turns; those of two feeds of a kind know nothing of each
    /// other, so a process makes each once.
    ///
    /// - Throws: `FeedError` when what the feed needs is not configured, or wrong.
    package func feed(_ kind: FeedKind) throws(FeedError) -> any MarketFeed {
        switch kind {
        case .alphaVantage:
            guard let key = settings.alphaVantageKey else {
                throw FeedError(
                    kind.rawValue, nil, .keyNotSet(variable: "ALPHA_VANTAGE_KEY"))
            }
            return AlphaVantageFeed(fetcher: try fetcher(kind, key))
        case .stooq:
            return TableFeed(table: StooqTable(), fetcher: try fetcher(kind, settings.stooqKey))
        case .cboe: return TableFeed(table: CBOETable(), fetcher: try fetcher(kind))
        case .yahoo: return YahooFeed(fetcher: try fetcher(kind))
        case .csv:
            guard let csv = settings.csv else {
                throw FeedError(
                    kind.rawValue, nil, .refused(detail: "no file or directory was named"))
            }
            return CSVFeed(settings: csv)
        }
    }

    private func fetcher(
        _ kind: FeedKind, _ key: APIKey? = nil
    ) throws(FeedError) -> VendorFetcher {
        VendorFetcher(
            try Vendor(kind, base: settings.bases[kind], key: key), client: client,
            cache: settings.cacheDirectory.map { AnswerCache(directory: $0) }, limits: limits,
            environment: environment)
    }
}
