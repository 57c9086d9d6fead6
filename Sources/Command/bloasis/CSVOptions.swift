import ArgumentParser
import Market
import MarketFeeds

/// A CSV file and how it is to be understood; shared by the verbs that read one.
struct CSVOptions: ParsableArguments {
    @Option(
        help: "The file: plain or gzip; columns are found by name.", completion: Offered.tables)
    var csv: String

    @OptionGroup var format: CSVFormatOptions
}

/// How CSV files are to be understood.
struct CSVFormatOptions: ParsableArguments {
    @Option(
        help: "Sessions of the market: \(SessionCalendar.list); nyse, or what a market has already."
    )
    var calendar: SessionCalendar?

    @Option(help: "Take the close as it is, or the adjusted one: close, adjusted.")
    var price: PriceColumn = .close

    @Option(help: "Which end of a bar its stamp marks: open, close.")
    var stamp: BarStamp = .close

    @Option(
        help:
            "Zone of times without an offset, as America/Chicago; New York for nyse, else UTC."
    )
    var timezone: String?

    @Option(help: "What to do with a row that cannot be a bar: fail, skip.")
    var onBadRow: BadRowPolicy = .fail

    /// - Parameter registered: the calendar the series has already.
    func options(
        timeframe: Timeframe, market: String?, registered: SessionCalendar? = nil
    ) -> CSVReadOptions {
        CSVReadOptions(
            timeframe: timeframe, calendar: calendar ?? registered ?? .nyse, price: price,
            stamp: stamp,
            timeZone: timezone, onBadRow: onBadRow, market: market)
    }
}

extension CSVFormatOptions {
    /// Bars in a year, for annualising.
    func barsPerYear(_ timeframe: Timeframe) -> Double {
        timeframe.barsPerYear(in: calendar ?? .nyse)
    }
}

extension PriceColumn: ExpressibleByArgument {}
extension BarStamp: ExpressibleByArgument {}
extension BadRowPolicy: ExpressibleByArgument {}

extension SessionCalendar {
    static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension CSVReport {
    /// What a person should know about a reading, one line each.
    var remarks: [String] { remarks(about: "bars without a close") }

    /// - Parameter missing: what rows without a value are called.
    func remarks(about missing: String) -> [String] {
        var remarks: [String] = []
        func note(_ count: Int, _ text: String) {
            if count > 0 { remarks.append("\(Format.count(count)) \(text)") }
        }
        note(identicalDuplicates, "identical duplicates dropped")
        note(paddedRows, "padded rows dropped: they repeat the last bar on a day without a session")
        note(offSessionRows, "rows on days without a session kept")
        note(outOfPlaceRows, "rows out of order put in their place")
        note(skippedRows, "bad rows skipped")
        note(missingCloses, missing)
        remarks += warnings.map { "warning: \($0)" }
        let more = warningCount - warnings.count
        note(more, "more warnings like these")
        return remarks
    }
}
