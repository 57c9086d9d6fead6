import Market
import Ports

/// Stooq (<https://stooq.com>): daily bars of stocks, indices, currencies and commodities.
///
/// A table `Date,Open,High,Low,Close,Volume`, oldest first, dates as the exchange has them; the
/// newest day may be one that still trades. Prices are adjusted for splits and dividends, so the
/// past changes whenever one happens. Errors come as words with status 200: `No data`,
/// `Exceeded the daily hits limit`. Since 2026 it asks for a key, and answers programs that have
/// none with a web page.
///
/// How long a day's bar may still change is not documented; an hour is assumed.
struct StooqFeed: MarketFeed {
    static let offer = FeedOffer(
        timeframes: [.daily], calendars: Set(SessionCalendar.allCases), prices: .adjusted,
        adjustsCloses: true, settlingSeconds: 3_600)
    /// Where its longest histories begin.
    static let firstYear = 1700

    let fetcher: VendorFetcher

    var name: String { FeedKind.stooq.rawValue }
    var offer: FeedOffer { StooqFeed.offer }

    func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        try offer.require(request, of: name)
        let reading = AnswerReading(fetcher.vendor, request.symbol)
        let query = VendorQuery(
            "/q/d/l/",
            [
                "s": request.symbol.text.lowercased(), "i": "d",
                "d1": StooqFeed.firstDay(of: request.range),
                "d2": StooqFeed.digits(now.utcDate.advanced(byDays: 1)),
            ], keyParameter: "apikey")
        return try await fetcher.fetch(
            query, keeping: .seconds(AnswerCache.newestSeconds), at: now, reading
        ) { answer in
            try StooqFeed.bars(of: answer, reading, request, at: now)
        }
    }

    static func bars(
        of answer: VendorAnswer, _ reading: AnswerReading, _ request: FeedRequest,
        at now: Timestamp
    ) throws(FeedError) -> [FeedBar] {
        try reading.requireSuccess(answer)
        let start = answer.start
        guard !start.hasPrefix("Date,") else {
            return try TableReading.bars(of: answer, reading, request, offer, at: now)
        }
        if start.hasPrefix("No data") { throw reading.error(.noData) }
        if start.lowercased().contains("hits limit") { throw reading.error(.quotaSpent) }
        if answer.isPage || start.lowercased().contains("apikey") {
            let advice =
                reading.vendor.key == nil
                ? "set STOOQ_KEY to a key from its web site" : "check STOOQ_KEY"
            throw reading.error(.refused(detail: "a web page came instead of a table: \(advice)"))
        }
        throw start.isEmpty
            ? reading.unreadable("it is empty")
            : reading.error(.vendorMessage(reading.words(of: answer)))
    }

    /// The day before the first bar's, since exchanges' days and UTC's differ.
    private static func firstDay(of range: Range<Timestamp>) -> String {
        let day = range.lowerBound.utcDate.advanced(byDays: -1)
        return day.year < firstYear ? "\(firstYear)0101" : digits(day)
    }

    /// `20181231`
    private static func digits(_ date: CivilDate) -> String {
        String(date.iso.filter { $0 != "-" })
    }
}
