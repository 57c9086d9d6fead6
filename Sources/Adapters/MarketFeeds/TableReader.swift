import Market

/// Reads many series of one table, a share of them in each pass over the file.
///
/// A table of thousands of markets has them side by side or mixed, so a reader per market would go
/// through the file once for each. Here as many are taken in one pass as fit `cellBudget`; memory
/// grows neither with the number of markets nor, but for one series, with their length.
package struct TableReader: Sendable {
    /// Cells held after a pass: 8 bytes each in a wide table, a row of a long one counts as 16.
    package static let cellBudget = 8_000_000
    private static let cellsOfLongRow = 16

    private let input: CSVInput
    private let options: CSVReadOptions
    private let markets: [String]
    private let isWide: Bool
    private let parser: RowParser
    private let report: CSVReport
    /// Series read in one pass.
    private let share: Int
    /// Rows of one series, as far as is known before they are read.
    package let rowsExpected: Int
    private var nextMarket = 0

    /// - Parameter inspection: what the file was found to hold: a wide or a long table.
    package init(
        path: String, _ inspection: CSVInspection, options: CSVReadOptions,
        cellBudget: Int = TableReader.cellBudget
    ) throws(CSVError) {
        try self.init(CSVInput(path: path), inspection, options, cellBudget: cellBudget)
    }

    /// - Parameter file: a regular one.
    package init(
        _ file: OpenFile, _ inspection: CSVInspection, options: CSVReadOptions,
        cellBudget: Int = TableReader.cellBudget
    ) throws(CSVError) {
        try self.init(.open(file), inspection, options, cellBudget: cellBudget)
    }

    init(
        _ input: CSVInput, _ inspection: CSVInspection, _ options: CSVReadOptions, cellBudget: Int
    ) throws(CSVError) {
        self.input = input
        self.options = options
        markets = inspection.choices
        if case .wide = inspection { isWide = true } else { isWide = false }
        let survey = try TableReader.survey(input, markets, options)
        parser = survey.parser.ofAllTickers
        rowsExpected = survey.rows
        var report = CSVReport()
        report.newestFirst = survey.isNewestFirst
        self.report = report
        let cells = survey.rows * (isWide ? 1 : TableReader.cellsOfLongRow)
        share = max(1, cellBudget / max(cells, 1))
    }

    /// What the first series that can be read says of the file; its bad rows are found later.
    private static func survey(
        _ input: CSVInput, _ markets: [String], _ options: CSVReadOptions
    ) throws(CSVError) -> CSVSurvey {
        var tolerant = options
        tolerant.onBadRow = .skip
        var firstError: CSVError?
        for market in markets {
            tolerant.market = market
            do throws(CSVError) {
                return try CSVSurvey(input, tolerant, blockBytes: RecordReader.blockBytes)
            } catch  where error.isOfOneSeries {
                firstError = firstError ?? error
            }
        }
        throw firstError ?? CSVError(file: input.name, .noRows)
    }

    /// The next series in the file's order; empty when there are no more.
    ///
    /// - Throws: what is wrong with the file; what is wrong with a series comes with it.
    package mutating func next() throws(CSVError) -> [TableSeries] {
        let chosen = markets[nextMarket..<min(nextMarket + share, markets.count)]
        nextMarket += chosen.count
        guard !chosen.isEmpty else { return [] }
        return isWide ? try readWide(Array(chosen)) : try readLong(Array(chosen))
    }

    /// Goes on with the share that a series is in, by the name that the file has for it; `false`
    /// where it has none.
    mutating func seek(_ market: String) -> Bool {
        guard let place = markets.firstIndex(of: market) else { return false }
        nextMarket = place - place % share
        return true
    }

    private func records() throws(CSVError) -> RecordReader {
        var records = try RecordReader(input.open(), name: input.name)
        _ = try CSVHeader(&records)
        return records
    }

    // MARK: Wide

    private func readWide(_ markets: [String]) throws(CSVError) -> [TableSeries] {
        var records = try records()
        var parser = parser
        var rows = TableRows(file: input.name, options: options)
        var series: [WideColumn] = []
        for market in markets {
            series.append(
                WideColumn(
                    market: market, column: try parser.header.wideColumn(of: market), report))
        }
        while try records.next() {
            do throws(CSVError) {
                rows.stamps.append(try parser.stamp(of: records))
            } catch  where options.onBadRow == .skip && error.problem.concernsOneRow {
                for index in series.indices { series[index].skipRow(error) }
                continue
            }
            for index in series.indices {
                series[index].take(records, parser, skipping: options.onBadRow == .skip)
            }
        }
        return series.map { TableSeries(wide: $0, of: rows) }
    }

    // MARK: Long

    private func readLong(_ markets: [String]) throws(CSVError) -> [TableSeries] {
        var records = try records()
        var parser = parser
        let rows = TableRows(file: input.name, options: options)
        guard let column = parser.header.columns[.ticker] else { return [] }
        var series = markets.map { LongRows(market: $0, report) }
        let places = Dictionary(
            markets.enumerated().map { (Array($0.element.utf8), $0.offset) },
            uniquingKeysWith: { first, _ in first })
        var last = 0
        while try records.next() {
            guard records.fields.count > column else { continue }
            if !records.matches(column, series[last].ticker) {
                guard let place = places[Array(records.text(column).utf8)] else { continue }
                last = place
            }
            series[last].take(records, &parser, skipping: options.onBadRow == .skip)
        }
        return series.map { TableSeries(long: $0, of: rows) }
    }
}

extension CSVError {
    /// Whether another series of the same table may be readable.
    fileprivate var isOfOneSeries: Bool {
        switch problem {
        case .noReadableRow, .noRows, .wrongTimeframe: true
        default: false
        }
    }
}

/// What all series of a table have in common.
struct TableRows: Sendable {
    let file: String
    let options: CSVReadOptions
    /// Of a wide table; empty for a long one, whose rows are each of one series.
    var stamps: [RowStamp] = []
}

/// When a row's bar closes, and where it stands.
struct RowStamp: Sendable {
    var close: Timestamp
    var availableAt: Timestamp
    var line: Int
    var hasSession: Bool?
}

/// One column of a wide table.
struct WideColumn: Sendable {
    let market: String
    let column: Int
    private(set) var report: CSVReport
    /// One per row that has a stamp.
    private(set) var closes: [Double] = []
    /// Places in `closes` that are no bars.
    private(set) var skipped: Set<Int> = []
    /// The first bad row, where bad rows are not to be skipped.
    private(set) var fault: CSVError?

    init(market: String, column: Int, _ report: CSVReport) {
        self.market = market
        self.column = column
        self.report = report
    }

    mutating func take(_ records: RecordReader, _ parser: RowParser, skipping: Bool) {
        report.rows += 1
        do throws(CSVError) {
            closes.append(try parser.close(of: records, column: column))
        } catch {
            closes.append(.nan)
            guard skipping else {
                fault = fault ?? error
                return
            }
            skipped.insert(closes.count - 1)
            skip(error)
        }
    }

    mutating func skipRow(_ error: CSVError) {
        report.rows += 1
        skip(error)
    }

    private mutating func skip(_ error: CSVError) {
        report.skippedRows += 1
        report.warn(.skipped, line: error.line ?? 0, "\(error)")
    }
}

/// The rows of one ticker.
struct LongRows: Sendable {
    let market: String
    let ticker: [UInt8]
    private(set) var report: CSVReport
    private(set) var rows: [Row] = []
    private(set) var fault: CSVError?

    init(market: String, _ report: CSVReport) {
        self.market = market
        ticker = Array(market.utf8)
        self.report = report
    }

    mutating func take(_ records: RecordReader, _ parser: inout RowParser, skipping: Bool) {
        report.rows += 1
        do throws(CSVError) {
            if let row = try parser.parse(records) { rows.append(row) }
        } catch {
            guard skipping, error.problem.concernsOneRow else {
                fault = fault ?? error
                return
            }
            report.skippedRows += 1
            report.warn(.skipped, line: error.line ?? 0, "\(error)")
        }
    }
}
