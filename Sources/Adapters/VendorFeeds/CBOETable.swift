import Market
import Ports
import WebCalls

/// CBOE's volatility indices (<https://www.cboe.com/tradable_products/vix/vix_historical_data/>):
/// daily bars, the whole history in one table `DATE,OPEN,HIGH,LOW,CLOSE` with dates as MM/DD/YYYY,
/// oldest first; of some indices only the close, in a column named like the index.
///
/// The indices are computed from options that trade a quarter of an hour longer than the shares
/// (until 15:15 in Chicago), so a bar closes with its session and is known fifteen minutes later.
struct CBOETable: VendorTable {
    let offer = FeedOffer(
        timeframes: [.daily], calendars: [.nyse, .none], settlingSeconds: 3_600)
    let availableAfterSeconds: Int64 = 900

    func query(_ request: FeedRequest, at now: Timestamp) -> VendorQuery {
        // Others write `^VIX`.
        let index = request.symbol.text.uppercased().drop { $0 == "^" }
        return VendorQuery(
            "/api/global/us_indices/daily_prices/" + URLText.encoded(index + "_History.csv"))
    }

    func requireTable(_ answer: VendorAnswer, _ reading: AnswerReading) throws(FeedError) {
        // The store behind it refuses what it has not.
        guard answer.status != 403 else { throw reading.error(.noData) }
        try reading.requireSuccess(answer)
        guard !answer.isPage else {
            throw reading.unreadable("a web page came instead of a table")
        }
    }
}
