import Hosting
import VendorFeeds
import WebCalls

/// What feeds are told by variables.
struct FeedVariables: ServiceSettings {
    private static let bases: [(kind: FeedKind, variable: String)] = [
        (.alphaVantage, "FEED_ALPHA_VANTAGE_URL"), (.stooq, "FEED_STOOQ_URL"),
        (.cboe, "FEED_CBOE_URL"), (.yahoo, "FEED_YAHOO_URL"),
    ]

    private let settings: FeedSettings

    init(_ reader: inout ConfigurationReader) {
        var settings = FeedSettings()
        settings.alphaVantageKey = reader.optional("ALPHA_VANTAGE_KEY", as: "a key", APIKey.init)
        settings.stooqKey = reader.optional("STOOQ_KEY", as: "a key", APIKey.init)
        for (kind, variable) in FeedVariables.bases {
            settings.bases[kind] = reader.optional(variable, as: "a URL") { $0 }
        }
        settings.cacheDirectory = reader.text("BLOASIS_HOME") + "/feeds"
        self.settings = settings
    }

    /// What makes feeds; whoever asks for it closes it.
    ///
    /// - Parameter csv: where files are, for the feed of files.
    func connections(csv: CSVFeedSettings? = nil) -> FeedConnections {
        var settings = settings
        settings.csv = csv
        return FeedConnections(
            settings, now: { SteadyClock.now }, chance: { Assembly.chance })
    }
}
