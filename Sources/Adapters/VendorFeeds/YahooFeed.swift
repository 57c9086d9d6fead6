import Market
import Ports
import WebCalls

/// Yahoo Finance's chart (`/v8/finance/chart/SYMBOL`), which its web pages use: nothing of it is
/// documented, and all below is what it is seen to do.
///
/// - One object of columns: the bars' opens in seconds since 1970, and prices with `null` where a
///   bar has none. Prices and volumes are adjusted for splits, and so are the dividends; here they
///   are as traded again. That takes the splits since, so every question reaches to the present.
/// - Prices are single-precision numbers: each is read as the shortest decimal that is that number.
/// - A day is stamped with its session's open, in the time zone that the answer names; the last day
///   may come twice, as it was and as it is, and the latter is taken. Minutes and hours of the
///   regular session are stamped with their open.
/// - Minutes reach back 30 days, a week in one answer, and hours 730 days.
///
/// How long a bar may still change is not documented; an hour is assumed.
struct YahooFeed: MarketFeed {
    static let offer = FeedOffer(
        timeframes: [.daily, .hourly, .minutely], calendars: Set(SessionCalendar.allCases),
        adjustsCloses: true, settlingSeconds: 3_600)
    /// How far back bars reach, with a day to spare; `nil`: to the beginning.
    static let reachDays: [Timeframe: Int] = [.minutely: 29, .hourly: 729]
    /// Of one answer.
    static let pageDays: [Timeframe: Int] = [.minutely: 7]
    /// Before anything that it has.
    private static let beginning = Timestamp(clamping: CivilDate(daysSinceEpoch: -40_000))

    let fetcher: VendorFetcher

    var name: String { FeedKind.yahoo.rawValue }
    var offer: FeedOffer { YahooFeed.offer }

    func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        try offer.require(request, of: name)
        let reading = AnswerReading(fetcher.vendor, request.symbol)
        var parts: [YahooChart] = []
        for page in try pages(request, at: now, reading) {
            parts.append(try await chart(of: page, request, at: now, reading))
        }
        var collector = BarCollector(reading, request, offer, at: now)
        try YahooHistory(parts).add(to: &collector, request)
        return try collector.bars()
    }

    private func chart(
        of page: Range<CivilDate>, _ request: FeedRequest, at now: Timestamp,
        _ reading: AnswerReading
    ) async throws -> YahooChart {
        let interval =
            switch request.series.timeframe {
            case .minutely: "1m"
            case .hourly: "1h"
            default: "1d"
            }
        let query = VendorQuery(
            "/v8/finance/chart/" + URLText.encoded(request.symbol.text),
            [
                "period1": "\(page.lowerBound.daysSinceEpoch * 86_400)",
                "period2": "\(page.upperBound.daysSinceEpoch * 86_400)", "interval": interval,
                "events": "div,splits", "includePrePost": "false",
            ])
        return try await fetcher.fetch(
            query, at: now, reading, keeping: .newest(of: request, offer, at: now)
        ) { answer in
            let chart = try YahooChart(of: answer, reading)
            if answer.saidAt < now {
                // Whether one that was kept is too old.
                var collector = BarCollector(reading, request, offer, at: now)
                try YahooHistory([chart]).add(to: &collector, request)
            }
            return chart
        }
    }

    /// Days from the first that is wanted to the present, in parts that one answer can have.
    private func pages(
        _ request: FeedRequest, at now: Timestamp, _ reading: AnswerReading
    ) throws(FeedError) -> [Range<CivilDate>] {
        let timeframe = request.series.timeframe
        let start = max(request.range.lowerBound, YahooFeed.beginning)
        // A day's bar opens up to a day before it closes, and zones differ by more than that.
        var first = start.utcDate.advanced(byDays: -2)
        let end = now.utcDate.advanced(byDays: 1)
        if let days = YahooFeed.reachDays[timeframe] {
            let reach = now.utcDate.advanced(byDays: -days)
            let earliest = Timestamp(clamping: reach)
            guard start >= earliest else { throw reading.error(.notBefore(earliest)) }
            first = max(first, reach)
        }
        guard first < end, !request.range.isEmpty else { return [] }
        let span =
            YahooFeed.pageDays[timeframe]
            ?? first.daysSinceEpoch.distance(
                to: end.daysSinceEpoch)
        return stride(from: first.daysSinceEpoch, to: end.daysSinceEpoch, by: span).map { day in
            let next = min(CivilDate(daysSinceEpoch: day + span), end)
            return CivilDate(daysSinceEpoch: day)..<next
        }
    }
}
