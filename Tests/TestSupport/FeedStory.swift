package import Market
package import Ports

/// What the fixtures of the vendors tell, in figures that are not theirs: as they were traded.
package enum FeedStory {
    /// A day on which the last bar of each fixture still trades.
    package static let now = instant("2020-12-02T18:00:00Z")

    /// ACME by days, with a dividend of 0.80 and a split of four for one.
    package static let days: [FeedBar] = [
        day("2020-11-23", 400, 404, 398, 402, 1_000_000, 402 * beforeBoth),
        day("2020-11-24", 402, 410, 401, 408, 1_200_000, 408 * beforeBoth),
        day("2020-11-25", 407.2, 409, 405, 406.4, 900_000, 406.4 / 4, dividend: 0.8),
        day("2020-11-27", 406.4, 412, 406, 411.2, 500_000, 411.2 / 4),
        day("2020-11-30", 103, 104.5, 102, 104, 4_200_000, 104, split: 4),
        day("2020-12-01", 104, 105, 103.25, 103.6, 3_900_000, 103.6),
    ]

    /// The adjusted close of a day before both, for a close of 1.
    private static let beforeBoth = (1 - 0.8 / 408) / 4

    /// The same adjusted by a vendor that says nothing of why.
    package static let adjustedDays: [FeedBar] = days.map { day in
        let bar = day.bar
        let adjusted = day.adjustedClose ?? bar.close
        let factor = adjusted / bar.close
        let shares = bar.timestamp < instant("2020-11-30T00:00:00Z") ? 4.0 : 1
        return FeedBar(
            bar: Bar(
                timestamp: bar.timestamp, open: bar.open * factor, high: bar.high * factor,
                low: bar.low * factor, close: adjusted, volume: bar.volume * shares),
            adjustedClose: adjusted)
    }

    /// The VIX, known a quarter of an hour after the session.
    package static let volatility: [FeedBar] = [
        index("2020-11-23", 23.41, 24.22, 22.06, 22.66),
        index("2020-11-24", 22.18, 22.59, 21.31, 21.64),
        index("2020-11-25", 21.6, 22.03, 20.93, 21.25),
        index("2020-11-27", 21.01, 21.58, 19.51, 20.84),
        index("2020-11-30", 21.36, 22.79, 20.51, 20.57),
        index("2020-12-01", 20.14, 21.34, 20.13, 20.77),
    ]

    package static func instant(_ text: String) -> Timestamp {
        guard let instant = Timestamp(rfc3339: text) else {
            preconditionFailure("no instant: \(text)")
        }
        return instant
    }

    /// A bar of less than a day.
    package static func bar(
        closing close: String, _ open: Double, _ high: Double, _ low: Double, _ last: Double,
        _ volume: Double
    ) -> FeedBar {
        FeedBar(
            bar: Bar(
                timestamp: instant(close), open: open, high: high, low: low, close: last,
                volume: volume))
    }

    private static func close(on date: String) -> Timestamp {
        guard let date = CivilDate(iso: date) else { preconditionFailure("no date: \(date)") }
        return SessionCalendar.nyse.close(on: date)
    }

    private static func day(
        _ date: String, _ open: Double, _ high: Double, _ low: Double, _ last: Double,
        _ volume: Double, _ adjusted: Double, split: Double = 1, dividend: Double = 0
    ) -> FeedBar {
        FeedBar(
            bar: Bar(
                timestamp: close(on: date), open: open, high: high, low: low, close: last,
                volume: volume),
            adjustedClose: adjusted, splitFactor: split, dividend: dividend)
    }

    private static func index(
        _ date: String, _ open: Double, _ high: Double, _ low: Double, _ last: Double
    ) -> FeedBar {
        let close = close(on: date)
        return FeedBar(
            bar: Bar(
                timestamp: close, open: open, high: high, low: low, close: last,
                availableAt: close.advanced(bySeconds: 900)))
    }
}
