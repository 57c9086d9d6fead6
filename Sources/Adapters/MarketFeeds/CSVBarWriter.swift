package import Market

/// Writes bars as a CSV file that `CSVBarReader` reads back, every price with its bits.
///
/// A stamp is the close. Of a daily bar of a calendar with sessions it is the instant at which the
/// bar could be known, where that is still the session's day: so the reader understands it. Later
/// availability, that of bars by the minute and values from outside have no place in the file.
package enum CSVBarWriter {
    package static let header = "timestamp,open,high,low,close,volume"

    package static func text(
        of bars: some Sequence<Bar>, timeframe: Timeframe, calendar: SessionCalendar
    ) -> String {
        var text = header + "\n"
        for bar in bars {
            text += stamp(of: bar, timeframe, calendar).rfc3339
            for value in bar.values { text += value.isNaN ? "," : ",\(value)" }
            text += "\n"
        }
        return text
    }

    private static func stamp(
        of bar: Bar, _ timeframe: Timeframe, _ calendar: SessionCalendar
    ) -> Timestamp {
        let isStampedLater = timeframe == .daily && calendar == .nyse
        let isOfTheDay = bar.availableAt.utcDate == calendar.date(ofClose: bar.timestamp)
        return isStampedLater && isOfTheDay ? bar.availableAt : bar.timestamp
    }
}
