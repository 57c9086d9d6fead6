package import Market

/// Reads one dated column of plain values, such as an index level or a spread, from a CSV file.
///
/// Dates and numbers are read by the rules of bars: a date counts at its session's end, a blank
/// is a missing value. The values may be zero or negative. A column `available_at` says when each
/// value became known, as an instant or as a date; rows about the same time that became known at
/// other times are its vintages.
package enum CSVExogenousReader {
    /// - Parameters:
    ///   - column: its name in the header, in any case; `nil` when the file has only one.
    ///   - timeframe: of the bars that the values will be joined to. Stamps with a time are
    ///     instants then; dates are daily values whatever the bars are.
    ///   - options: calendar, time zone and what to do with bad rows; the rest is not looked at.
    /// - Returns: readings in the order of what they are about, and what the reading came to.
    /// - Throws: `CSVError`.
    package static func readings(
        path: String, column: String?, timeframe: Timeframe, options: CSVReadOptions
    ) throws(CSVError) -> (readings: [ExogenousHistory.Reading], report: CSVReport) {
        try readings(CSVInput(path: path), column: column, timeframe: timeframe, options: options)
    }

    static func readings(
        _ input: CSVInput, column: String?, timeframe: Timeframe, options: CSVReadOptions
    ) throws(CSVError) -> (readings: [ExogenousHistory.Reading], report: CSVReport) {
        var columnOptions = CSVReadOptions(
            timeframe: timeframe.isIntraday ? timeframe : .daily, calendar: options.calendar,
            timeZone: options.timeZone, onBadRow: options.onBadRow)
        columnOptions.content = .values(column: column)
        do throws(CSVError) {
            return try readings(input, columnOptions)
        } catch {
            guard case .datesWithoutTime = error.problem else { throw error }
            columnOptions.timeframe = .daily
            return try readings(input, columnOptions)
        }
    }

    private static func readings(
        _ input: CSVInput, _ options: CSVReadOptions
    ) throws(CSVError) -> (readings: [ExogenousHistory.Reading], report: CSVReport) {
        let reader = try CSVBarReader(input, options, blockBytes: RecordReader.blockBytes)
        var readings: [ExogenousHistory.Reading] = []
        while let bar = try reader.next() {
            readings.append(
                ExogenousHistory.Reading(
                    timestamp: bar.timestamp, availableAt: bar.availableAt, value: bar.close))
            guard readings.count <= CSVBarReader.rowsHeldLimit else {
                throw CSVError(
                    file: input.name, .tooManyRowsHeld(limit: CSVBarReader.rowsHeldLimit))
            }
        }
        return (readings, reader.report)
    }
}
