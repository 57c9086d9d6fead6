/// Why a CSV file could not be read: where, what, and what to do about it.
package struct CSVError: Error, Sendable, Equatable {
    /// A column by its place in the table and its name there.
    package struct Column: Sendable, Equatable {
        /// 1-based.
        package let number: Int
        package let name: String
    }

    /// Path as it was given.
    package let file: String
    /// 1-based; `nil` when the file as a whole is meant.
    package let line: Int?
    package let column: Column?
    package let problem: CSVProblem

    init(file: String, line: Int? = nil, column: Column? = nil, _ problem: CSVProblem) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
    }
}

extension CSVError: CustomStringConvertible {
    /// `file:line:column: name: what; what to do`.
    package var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if let column { place += ":\(column.number): \(column.name)" }
        return place + ": " + problem.description
    }
}

/// What is wrong with a file or one of its rows.
package enum CSVProblem: Sendable, Equatable {
    // The file
    case missing
    case directory
    case notRegular
    case unreadable(reason: String)
    case empty
    case utf16
    case binary
    case foreignFormat(name: String)
    case truncatedGzip
    case corruptGzip(reason: String)
    case trailingGarbage
    case pipeTooLong(limit: Int)
    case changedWhileReading

    // The table
    case noHeader
    case singleColumn
    case missingColumn(wanted: String, found: [String])
    case repeatedColumn(other: Int)
    case noRows
    case noReadableRow(first: String)
    case lineTooLong(limit: Int)
    case tooManyFields(limit: Int)
    case openQuote
    case tooManyRowsHeld(limit: Int)
    case tooManyTickers(limit: Int)

    // What was asked of it
    case marketNotChosen(choices: [String])
    case marketNotFound(market: String, choices: [String])
    case columnNotChosen(choices: [String])
    case columnNotFound(column: String, choices: [String])
    case noAdjustedClose
    case unknownTimeZone(name: String)
    case datesWithoutTime(timeframe: String)
    case wrongTimeframe(timeframe: String)

    // A row
    case halfWritten(found: Int, expected: Int)
    case fieldCount(found: Int, expected: Int)
    case textAfterQuote
    case missingDate
    case unreadableDate(text: String)
    case noSuchTime(text: String)
    case skippedByClock(text: String)
    case dayFirst(text: String)
    case dateOutOfRange(text: String)
    case dateFormatChanged(text: String, first: String, firstLine: Int)
    case notANumber(text: String)
    case decimalComma(text: String)
    case overflow(text: String)
    case impossibleBar(fault: String, text: String)
    case conflictingDuplicate(line: Int)

    /// Whether `BadRowPolicy.skip` may pass over it. Dates with the day first are never passed
    /// over: the rows left would be read with day and month exchanged.
    package var concernsOneRow: Bool {
        switch self {
        case .halfWritten, .fieldCount, .textAfterQuote, .missingDate, .unreadableDate,
            .noSuchTime, .skippedByClock, .dateOutOfRange, .dateFormatChanged, .notANumber,
            .decimalComma, .overflow, .impossibleBar, .conflictingDuplicate:
            true
        default: false
        }
    }

    /// Whether other flags, not another file, would help.
    package var isWrongUsage: Bool {
        switch self {
        case .marketNotChosen, .marketNotFound, .columnNotChosen, .columnNotFound,
            .noAdjustedClose, .unknownTimeZone, .datesWithoutTime, .wrongTimeframe:
            true
        default: false
        }
    }
}
