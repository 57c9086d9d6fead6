/// The feeds there are, by the names they are chosen by.
package enum FeedKind: String, Sendable, CaseIterable {
    case alphaVantage = "alpha-vantage"
    case stooq
    case cboe
    case yahoo
    case csv
}

extension FeedKind {
    /// Where the vendor answers; `nil` for files.
    var standardBase: String? {
        switch self {
        case .alphaVantage: "https://www.alphavantage.co"
        case .stooq: "https://stooq.com"
        case .cboe: "https://cdn.cboe.com"
        case .yahoo: "https://query1.finance.yahoo.com"
        case .csv: nil
        }
    }

    /// How often the vendor is asked. Alpha Vantage asks those without a paid plan for one request
    /// a second; of the others none says, and these are what is known to be borne.
    var rate: RequestRate {
        switch self {
        case .alphaVantage: RequestRate(burst: 1, every: .milliseconds(1_200))
        case .stooq, .cboe: RequestRate(burst: 2, every: .seconds(1))
        case .yahoo, .csv: RequestRate(burst: 4, every: .milliseconds(500))
        }
    }
}
