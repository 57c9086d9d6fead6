extension CSVProblem: CustomStringConvertible {
    package var description: String {
        concernsOneRow ? rowText + skipHint : withoutHint
    }

    /// The same where no flag passes over bad rows.
    package var withoutHint: String {
        concernsOneRow ? rowText : isWrongUsage ? usageText : fileText
    }

    private var skipHint: String { "; correct the row, or pass over it with --on-bad-row skip" }

    private var fileText: String {
        switch self {
        case .missing: "no such file; check the path"
        case .directory: "is a directory; name the CSV file in it"
        case .unreadable(let reason): "cannot be read: \(reason); check its permissions and disk"
        case .notRegular: "is no regular file; give one"
        case .empty: "is empty; fetch it again"
        case .utf16: "is UTF-16 text; save it as UTF-8"
        case .binary: "holds binary data, not text; is this the CSV file?"
        case .foreignFormat(let name): "is \(name); unpack or export it as CSV, plain or gzip"
        case .truncatedGzip: "is half-written: its gzip data stops early; fetch it again"
        case .corruptGzip(let reason): "holds damaged gzip data (\(reason)); fetch it again"
        case .trailingGarbage: "has bytes after its gzip data; fetch it again"
        case .pipeTooLong(let limit):
            "sends more than \(limit) bytes, the limit for a pipe; write it to a file first"
        case .changedWhileReading: "changed while it was read; wait for its writer and try again"
        case .noHeader:
            "has no header; name the columns in the first line, such as date,open,high,low,close"
        case .singleColumn:
            "has a single column; expected a date and prices between commas, semicolons or tabs"
        case .missingColumn(let wanted, let found):
            "has no \(wanted) column, only \(CSVProblem.list(found)); rename one in the header"
        case .repeatedColumn(let other):
            "the column is named like column \(other); rename or remove one of them"
        case .noRows: "has a header but no rows; fetch it again"
        case .noReadableRow(let first): "has no row that can be a bar; the first: \(first)"
        case .lineTooLong(let limit): "the line is longer than \(limit) bytes; is this a CSV file?"
        case .tooManyFields(let limit): "the line has more than \(limit) fields; split the table"
        case .openQuote: "a quote opens here and never closes: half-written? fetch it again"
        case .tooManyRowsHeld(let limit):
            "has more than \(limit) rows that must be held in memory, the limit; sort it by date, "
                + "oldest first, or split it"
        case .tooManyTickers(let limit): "more than \(limit) tickers; split the table"
        case .dayFirst(let text):
            "'\(text)' puts the day before the month; write dates as 2018-12-31 or 12/31/2018"
        default: ""
        }
    }

    private var usageText: String {
        switch self {
        case .marketNotChosen(let choices):
            "holds several markets; choose one with --market: \(CSVProblem.list(choices))"
        case .marketNotFound(let market, let choices):
            "has no market '\(market)'; choose one with --market: \(CSVProblem.list(choices))"
        case .columnNotChosen(let choices):
            "has several columns of values; name one after the file, as in "
                + "FILE.csv:\(choices.first ?? "COLUMN"): \(CSVProblem.list(choices))"
        case .columnNotFound(let column, let choices):
            "has no column of values '\(column)'; choose one of \(CSVProblem.list(choices))"
        case .noAdjustedClose: "has no adjusted close column; leave out --price adjusted"
        case .unknownTimeZone(let name):
            "cannot be read in the unknown time zone '\(name)'; name one like America/Chicago "
                + "with --timezone"
        case .datesWithoutTime(let timeframe):
            "has dates without a time, which cannot be \(timeframe) bars; use --timeframe 1d"
        case .wrongTimeframe(let timeframe):
            "has rows much closer together than \(timeframe); say what one row covers with "
                + "--timeframe, such as 1h"
        default: ""
        }
    }

    private var rowText: String {
        switch self {
        case .halfWritten(let found, let expected):
            "half-written: the last line stops after \(found) of \(expected) fields"
        case .fieldCount(let found, let expected):
            "the line has \(found) fields where the header has \(expected)"
        case .textAfterQuote: "text follows a closing quote"
        case .missingDate: "the date is blank"
        case .unreadableDate(let text): "'\(text)' is not a date that can be read"
        case .noSuchTime(let text): "'\(text)' is a day or time that does not exist"
        case .skippedByClock(let text):
            "'\(text)' never showed on clocks of the time zone, which were set forward; name "
                + "the file's zone with --timezone"
        case .dateOutOfRange(let text):
            "'\(text)' lies outside the years \(StampParser.years.lowerBound) to "
                + "\(StampParser.years.upperBound)"
        case .dateFormatChanged(let text, let first, let firstLine):
            "'\(text)' is not written like '\(first)' of line \(firstLine)"
        case .notANumber(let text): "'\(text)' is not a number"
        case .decimalComma(let text):
            "'\(text)' has a comma that may separate decimals or thousands; write 1234.5"
        case .overflow(let text): "'\(text)' is not a finite number"
        case .impossibleBar(let fault, let text): "'\(text)': \(fault)"
        case .conflictingDuplicate(let line):
            "the row says otherwise than line \(line), which is of the same time"
        default: ""
        }
    }

    private static let listed = 40

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(listed).joined(separator: ", ")
        return names.count > listed ? "\(shown) and \(names.count - listed) more" : shown
    }
}
