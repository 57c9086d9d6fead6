package import Market

/// Where bars of others are had from.
///
/// Implementations: `InMemoryMarketFeed` beside this file, and one for each vendor. All pass the
/// same conformance suite.
package protocol MarketFeed: Sendable {
    /// Which feed this is, for logs and errors: `stooq`.
    var name: String { get }

    /// What may be asked of it.
    var offer: FeedOffer { get }

    /// The completed bars of a request, ascending by close, no two with one close; none when the
    /// feed knows the symbol and no bar of it closes in the range.
    ///
    /// Prices and volumes are as `FeedOffer.prices` says. A bar that the vendor may still change is
    /// left out, and so is one that could not be known yet.
    ///
    /// - Parameter now: the present instant.
    /// - Throws: `FeedError`, `CancellationError`.
    func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar]
}

/// What a feed can give.
package struct FeedOffer: Sendable, Equatable {
    /// What prices and volumes are.
    package enum Prices: Sendable, Equatable {
        /// As they were traded that day, whatever happened later.
        case asTraded
        /// Adjusted by the vendor for all splits and dividends up to the day it was asked.
        case adjusted
    }

    package let timeframes: Set<Timeframe>
    package let calendars: Set<SessionCalendar>
    package let prices: Prices
    /// Whether daily bars come with `FeedBar.adjustedClose`.
    package let adjustsCloses: Bool
    /// How long after its close the vendor may still change a bar.
    package let settlingSeconds: Int64

    package init(
        timeframes: Set<Timeframe>, calendars: Set<SessionCalendar>, prices: Prices = .asTraded,
        adjustsCloses: Bool = false, settlingSeconds: Int64 = 0
    ) {
        self.timeframes = timeframes
        self.calendars = calendars
        self.prices = prices
        self.adjustsCloses = adjustsCloses
        self.settlingSeconds = settlingSeconds
    }
}

/// A vendor's name of a market: 1 to 32 of `A–Z a–z 0–9 . _ ^ = - : $ @ + ! &`, first one not `.`.
///
/// Safe as a file's name; a URL needs it percent-encoded.
package struct FeedSymbol: Hashable, Sendable {
    package let text: String

    package static let lengthLimit = 32
    private static let alphabet = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._^=-:$@+!&".utf8)

    package init?(_ text: some StringProtocol) {
        guard (1...FeedSymbol.lengthLimit).contains(text.utf8.count),
            text.utf8.first != UInt8(ascii: "."),
            text.utf8.allSatisfy(FeedSymbol.alphabet.contains)
        else { return nil }
        self.text = String(text)
    }
}

extension FeedSymbol: CustomStringConvertible {
    package var description: String { text }
}

/// Which bars are wanted.
package struct FeedRequest: Sendable, Equatable {
    /// What the vendor calls the market.
    package var symbol: FeedSymbol
    package var series: Series
    package var calendar: SessionCalendar
    /// Half-open, of the bars' closes.
    package var range: Range<Timestamp>

    package init(
        symbol: FeedSymbol, series: Series, calendar: SessionCalendar, range: Range<Timestamp>
    ) {
        self.symbol = symbol
        self.series = series
        self.calendar = calendar
        self.range = range
    }
}

/// A bar as a vendor tells it.
package struct FeedBar: Sendable {
    /// Prices and volume; NaN where the vendor has none.
    package var bar: Bar
    /// The close, adjusted by the vendor for all splits and dividends up to the day it was asked;
    /// `nil` where it says nothing.
    package var adjustedClose: Double?
    /// Shares held after the split that took effect at this bar's open for one held before: 4 for
    /// four for one. 1 without a split, `nil` where the vendor says nothing.
    package var splitFactor: Double?
    /// Cash per share, in the prices' currency, that who buys from this bar on no longer gets (the
    /// ex-date's bar). 0 without a dividend, `nil` where the vendor says nothing.
    package var dividend: Double?

    package init(
        bar: Bar, adjustedClose: Double? = nil, splitFactor: Double? = nil, dividend: Double? = nil
    ) {
        self.bar = bar
        self.adjustedClose = adjustedClose
        self.splitFactor = splitFactor
        self.dividend = dividend
    }
}

extension FeedOffer {
    /// Bars of one answer, at most; a longer history is asked for in parts.
    package static let barLimit = 1_000_000

    /// Whether a bar is what was asked for, is final, and could be known by now.
    package func grants(_ bar: Bar, to request: FeedRequest, at now: Timestamp) -> Bool {
        let (settled, overflows) = bar.timestamp.nanoseconds.addingReportingOverflow(
            settlingSeconds * Timestamp.nanosecondsPerSecond)
        return request.range.contains(bar.timestamp) && bar.availableAt <= now
            && !overflows && settled <= now.nanoseconds
    }

    /// - Throws: `FeedError` when the request is for something else than this.
    package func require(_ request: FeedRequest, of feed: String) throws(FeedError) {
        guard timeframes.contains(request.series.timeframe) else {
            throw FeedError(
                feed, request.symbol,
                .unsupportedTimeframe(
                    request.series.timeframe,
                    offered: timeframes.sorted { $0.nanoseconds < $1.nanoseconds }))
        }
        guard calendars.contains(request.calendar) else {
            throw FeedError(
                feed, request.symbol,
                .unsupportedCalendar(
                    request.calendar,
                    offered: calendars.sorted { $0.rawValue < $1.rawValue }))
        }
    }
}
