package import Market

/// Reads the bars of one series from a CSV file, oldest first.
///
/// The file is read twice: making the reader surveys it, then `next()` streams it in memory that
/// does not grow with its length. Rows in any other order than oldest first are held and sorted by
/// time, 80 bytes a row, at most `rowsHeldLimit` of them. Under `BadRowPolicy.fail` every bad row
/// is found before the first bar is handed out, so a bad file changes nothing.
package final class CSVBarReader {
    /// What the reading came to so far; complete when `next()` has returned `nil`.
    package private(set) var report = CSVReport()
    /// Rows of the series that can be bars, duplicates included; for progress.
    package let rowsExpected: Int

    package static let rowsHeldLimit = 10_000_000

    private let name: String
    private let input: CSVInput
    private let survey: CSVSurvey
    private let blockBytes: Int
    private let options: CSVReadOptions
    private let isOldestFirst: Bool
    private var records: RecordReader
    private var parser: RowParser
    private var assembler: BarAssembler
    private var lastTimestamp: Timestamp?
    private var hasEnded = false
    /// Rows of a file that is not oldest first, the next one last; `nil` until they are read.
    private var held: [Row]?

    /// - Throws: `CSVError` when the file cannot be read as a table of the series asked for.
    package convenience init(
        path: String, options: CSVReadOptions = CSVReadOptions()
    ) throws(CSVError) {
        try self.init(CSVInput(path: path), options, blockBytes: RecordReader.blockBytes)
    }

    /// Reads a regular file that is open, each time from its start.
    package convenience init(
        _ file: OpenFile, options: CSVReadOptions = CSVReadOptions()
    ) throws(CSVError) {
        try self.init(.open(file), options, blockBytes: RecordReader.blockBytes)
    }

    /// Reads a table that is in memory, plain or gzip; `name` stands for the path in errors.
    package convenience init(
        bytes: [UInt8], name: String, options: CSVReadOptions = CSVReadOptions()
    ) throws(CSVError) {
        try self.init(
            .memory(bytes: bytes, name: name), options, blockBytes: RecordReader.blockBytes)
    }

    /// `blockBytes` is how much is read at a time; what is read does not depend on it.
    convenience init(
        _ input: CSVInput, _ options: CSVReadOptions, blockBytes: Int
    ) throws(CSVError) {
        let survey = try CSVSurvey(input, options, blockBytes: blockBytes)
        try self.init(input, survey, options, blockBytes: blockBytes)
    }

    private init(
        _ input: CSVInput, _ survey: CSVSurvey, _ options: CSVReadOptions, blockBytes: Int
    ) throws(CSVError) {
        self.input = input
        self.survey = survey
        self.blockBytes = blockBytes
        records = try RecordReader(input.open(), name: input.name, blockBytes: blockBytes)
        parser = survey.parser
        assembler = BarAssembler(file: input.name, options: options)
        isOldestFirst = survey.isOldestFirst
        rowsExpected = survey.rows
        name = input.name
        self.options = options
        report.newestFirst = survey.isNewestFirst
        _ = try CSVHeader(&records)
        noteOutOfPlace(survey)
    }

    /// Another reader of the same table, at its beginning; it need not survey it again.
    package func again() throws(CSVError) -> CSVBarReader {
        try CSVBarReader(input, survey, options, blockBytes: blockBytes)
    }

    /// The next bar; `nil` at the end.
    package func next() throws(CSVError) -> Bar? {
        while let row = try nextRow() {
            do throws(CSVError) {
                if let bar = try assembler.accept(row, &report) { return bar }
            } catch {
                try skip(error)
            }
        }
        return nil
    }

    /// The next bars, at most `limit`; empty only at the end.
    package func nextChunk(limit: Int) throws(CSVError) -> [Bar] {
        var bars: [Bar] = []
        while bars.count < limit, let bar = try next() { bars.append(bar) }
        return bars
    }

    /// All remaining bars as columns.
    package func readAll() throws(CSVError) -> BarColumns {
        var columns = BarColumns()
        while let bar = try next() { columns.append(bar) }
        return columns
    }

    private func noteOutOfPlace(_ survey: CSVSurvey) {
        report.outOfPlaceRows = survey.outOfPlaceRows
        let order = survey.isNewestFirst ? "newest-first" : "oldest-first"
        for line in survey.outOfPlaceLines {
            report.warn(.outOfPlace, line: line, "out of place in a \(order) file; sorted in")
        }
        report.warningCount += survey.outOfPlaceRows - survey.outOfPlaceLines.count
    }
}

// MARK: - Rows in the order of time

extension CSVBarReader {
    private func nextRow() throws(CSVError) -> Row? {
        guard !isOldestFirst else {
            guard let row = try readRow() else { return nil }
            if let lastTimestamp, row.bar.timestamp < lastTimestamp {
                throw CSVError(file: name, line: row.line, .changedWhileReading)
            }
            lastTimestamp = row.bar.timestamp
            return row
        }
        if held == nil { held = try readHeld() }
        return held?.popLast()
    }

    /// Every row, latest first and of equals the last line first, to be taken from the end.
    private func readHeld() throws(CSVError) -> [Row] {
        var rows: [Row] = []
        while let row = try readRow() {
            rows.append(row)
            guard rows.count <= CSVBarReader.rowsHeldLimit else {
                throw CSVError(
                    file: name, .tooManyRowsHeld(limit: CSVBarReader.rowsHeldLimit))
            }
        }
        rows.sort { lhs, rhs in
            lhs.bar.timestamp == rhs.bar.timestamp
                ? lhs.line > rhs.line : lhs.bar.timestamp > rhs.bar.timestamp
        }
        if options.onBadRow == .fail {
            for (row, earlier) in zip(rows, rows.dropFirst()) {
                if let conflict = row.conflict(with: earlier, file: name) { throw conflict }
            }
        }
        return rows
    }

    /// The next row of the series in the order of the file.
    private func readRow() throws(CSVError) -> Row? {
        while try records.next() {
            do throws(CSVError) {
                guard let row = try parser.parse(records) else { continue }
                report.rows += 1
                return row
            } catch {
                report.rows += 1
                try skip(error)
            }
        }
        guard !hasEnded else { return nil }
        hasEnded = true
        if records.endsWithoutNewline {
            report.warn(
                .noFinalNewline, line: records.line,
                "no newline at the end; if the file was cut, the last value may be too short")
        }
        if parser.areDatesAmbiguous {
            report.warn(
                .ambiguousDates, line: parser.dates.line,
                "'\(parser.dates.text)' is read as month, day, year, and no date of the file tells "
                    + "whether that is right; if it is not, write dates as 2018-12-31")
        }
        return nil
    }

    /// Counts a bad row that may be passed over, or throws its error.
    private func skip(_ error: CSVError) throws(CSVError) {
        guard options.onBadRow == .skip, error.problem.concernsOneRow else { throw error }
        report.skippedRows += 1
        report.warn(.skipped, line: error.line ?? 0, "\(error)")
    }
}
