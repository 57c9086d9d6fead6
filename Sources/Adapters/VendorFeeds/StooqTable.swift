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
struct StooqTable: VendorTable {
    /// Where its longest histories begin.
    static let firstYear = 1700

    let offer = FeedOffer(
        timeframes: [.daily], calendars: Set(SessionCalendar.allCases), prices: .adjusted,
        adjustsCloses: true, settlingSeconds: 3_600)
    let availableAfterSeconds: Int64 = 0

    func query(_ request: FeedRequest, at now: Timestamp) -> VendorQuery {
        VendorQuery(
            "/q/d/l/",
            [
                "s": request.symbol.text.lowercased(), "i": "d",
                "d1": StooqTable.firstDay(of: request.range),
                "d2": StooqTable.digits(now.utcDate.advanced(byDays: 1)),
            ], keyParameter: "apikey")
    }

    func requireTable(_ answer: VendorAnswer, _ reading: AnswerReading) throws(FeedError) {
        try reading.requireSuccess(answer)
        let start = answer.start
        guard !start.hasPrefix("Date,") else { return }
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
