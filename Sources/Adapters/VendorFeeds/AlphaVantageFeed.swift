import Market
import Ports

/// Alpha Vantage (<https://www.alphavantage.co/documentation/>): US equities.
///
/// - Daily bars come from `TIME_SERIES_DAILY_ADJUSTED`: prices as traded, the adjusted close, the
///   dividend and the split of each day. The newest day may be one that still trades.
/// - Minutes and hours come from `TIME_SERIES_INTRADAY`, a month at a time since 2000-01, as traded
///   (`adjusted=false`) and of the regular session (`extended_hours=false`). Stamps are New York's
///   time, as the answer's time zone must say. The documentation does not say which end of a bar
///   they mark: the last five minutes of the evening, which ends at 20:00, are stamped 19:55, so
///   they mark the open. (Until about 2021 they marked the close.)
/// - Numbers are strings. What goes wrong comes with status 200, as `Error Message`, `Note` or
///   `Information`, and may repeat the key.
///
/// How long a day's bar may still change is not documented; an hour is assumed.
struct AlphaVantageFeed: MarketFeed {
    static let offer = FeedOffer(
        timeframes: [.daily, .hourly, .minutely], calendars: [.nyse, .none], adjustsCloses: true,
        settlingSeconds: 3_600)
    /// `compact` gives the latest 100 bars, which are more days than these.
    static let compactDays = 120
    /// After its end a month is still asked for anew for so long.
    static let monthSettlingDays = 3
    /// For so long it is believed that there is nothing of a month that is over. Not for good: a
    /// refusal in error would be a hole that nobody sees.
    static let emptyMonthSeconds: Int64 = 30 * 86_400

    let fetcher: VendorFetcher

    var name: String { FeedKind.alphaVantage.rawValue }
    var offer: FeedOffer { AlphaVantageFeed.offer }

    func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        try offer.require(request, of: name)
        let reader = AlphaVantageReader(
            AnswerReading(fetcher.vendor, request.symbol), request, at: now)
        return request.series.timeframe.isIntraday
            ? try await intraday(reader, request, at: now)
            : try await daily(reader, request, at: now)
    }

    private func daily(
        _ reader: AlphaVantageReader, _ request: FeedRequest, at now: Timestamp
    ) async throws -> [FeedBar] {
        let span = Int64(AlphaVantageFeed.compactDays) * Timestamp.nanosecondsPerDay
        let isRecent = now.nanoseconds - span <= request.range.lowerBound.nanoseconds
        let query = VendorQuery(
            "/query",
            [
                "function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": request.symbol.text,
                "outputsize": isRecent ? "compact" : "full", "datatype": "json",
            ], keyParameter: "apikey")
        return try await fetcher.fetch(
            query, at: now, reader.reading, keeping: .newest(of: request, offer, at: now)
        ) { answer in
            try reader.daily(answer)
        }
    }

    private func intraday(
        _ reader: AlphaVantageReader, _ request: FeedRequest, at now: Timestamp
    ) async throws -> [FeedBar] {
        let months = TradingMonth.covering(request.range, at: now)
        var bars: [FeedBar] = []
        var isKnown = months.isEmpty
        for month in months {
            guard let further = try await self.bars(of: month, reader, request, at: now) else {
                continue
            }
            try reader.append(further, to: &bars)
            isKnown = true
        }
        guard isKnown else { throw reader.reading.error(.noData) }
        return bars
    }

    /// `nil` when the vendor has none: months before a share was listed are refused like shares
    /// that are not.
    private func bars(
        of month: TradingMonth, _ reader: AlphaVantageReader, _ request: FeedRequest,
        at now: Timestamp
    ) async throws -> [FeedBar]? {
        let query = VendorQuery(
            "/query",
            [
                "function": "TIME_SERIES_INTRADAY", "symbol": request.symbol.text,
                "interval": reader.interval, "month": month.text, "outputsize": "full",
                "adjusted": "false", "extended_hours": "false", "datatype": "json",
            ], keyParameter: "apikey")
        let isOver = month.isOver(at: now, settlingDays: AlphaVantageFeed.monthSettlingDays)
        func lifetime(_ bars: [FeedBar]?) -> AnswerCache.Lifetime {
            guard isOver else { return .newest(of: request, offer, at: now) }
            return bars == nil ? .seconds(AlphaVantageFeed.emptyMonthSeconds) : .forGood
        }
        return try await fetcher.fetch(query, at: now, reader.reading, keeping: lifetime) {
            answer in
            do throws(FeedError) {
                return try reader.intraday(answer)
            } catch {
                guard error.reason == .noData else { throw error }
                return nil
            }
        }
    }
}

/// A month of New York's calendar.
struct TradingMonth: Hashable, Sendable {
    /// Where Alpha Vantage's history of minutes begins.
    static let first = TradingMonth(year: 2000, month: 1)

    let year: Int
    let month: Int

    /// `2018-12`
    var text: String { (month < 10 ? "\(year)-0" : "\(year)-") + "\(month)" }

    private var next: TradingMonth {
        month == 12
            ? TradingMonth(year: year + 1, month: 1) : TradingMonth(year: year, month: month + 1)
    }

    private init(year: Int, month: Int) {
        self.year = year
        self.month = month
    }

    private init(of date: CivilDate) {
        let (year, month, _) = date.parts
        self.init(year: year, month: month)
    }

    /// The months in which bars lie that close within a range and not after an instant, oldest
    /// first; a bar is shorter than a day.
    static func covering(_ range: Range<Timestamp>, at now: Timestamp) -> [TradingMonth] {
        let beginning = NewYorkClock.instant(
            CivilDate(daysSinceEpoch: first.firstDay), secondsOfDay: 0)
        let end = min(range.upperBound, now)
        let start = max(range.lowerBound, beginning)
        guard start <= end, !range.isEmpty else { return [] }
        let last = TradingMonth(of: NewYorkClock.localDate(at: end))
        // The bar that closes first may have begun the day before.
        let day = NewYorkClock.localDate(at: start).advanced(byDays: -1)
        var month = day.daysSinceEpoch < first.firstDay ? first : TradingMonth(of: day)
        var months: [TradingMonth] = []
        while month.firstDay <= last.firstDay {
            months.append(month)
            month = month.next
        }
        return months
    }

    /// Whether the month has been over for so many days.
    func isOver(at now: Timestamp, settlingDays: Int) -> Bool {
        let today = NewYorkClock.localDate(at: now).daysSinceEpoch
        return next.firstDay + settlingDays <= today
    }

    /// Days since 1970-01-01.
    private var firstDay: Int {
        CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch ?? 0
    }
}
