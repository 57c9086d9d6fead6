extension ConfigurationTable {
    /// Where bars of others are had from.
    static let feeds: [ConfigurationKey] =
        [
            ConfigurationKey(
                "ALPHA_VANTAGE_KEY", .text, secret: true,
                meaning: "What Alpha Vantage knows its customer by; needed once the feed "
                    + "`alpha-vantage` is chosen."),
            ConfigurationKey(
                "STOOQ_KEY", .text, secret: true,
                meaning: "The same of Stooq, for the feed `stooq`. Unset: it is asked without, "
                    + "which it may refuse."),
        ]
        + [
            ("FEED_ALPHA_VANTAGE_URL", "Alpha Vantage"), ("FEED_STOOQ_URL", "Stooq"),
            ("FEED_CBOE_URL", "CBOE"), ("FEED_YAHOO_URL", "Yahoo"),
        ].map { name, vendor in
            ConfigurationKey(
                name, .url(schemes: ["http", "https"]),
                meaning: "Where \(vendor) is asked, for proxies; `https` where a key goes along. "
                    + "Unset: at its own address.")
        }
}
