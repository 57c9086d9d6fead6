import Market

/// What a first reading of a file finds out, so that the second can hand out bars at once: where
/// the chosen series stands, how dates are written, in which order the rows come, and, unless bad
/// rows are to be skipped, that there are none.
struct CSVSurvey {
    let parser: RowParser
    /// Rows of the chosen series that can be bars.
    private(set) var rows = 0
    private var steps = Steps()

    /// How each row follows the one before it.
    private struct Steps {
        var forward = 0
        var backward = 0
        var closerThanTimeframe = 0
        /// The first lines that were reached by a step of each kind.
        var forwardLines: [Int] = []
        var backwardLines: [Int] = []
    }

    /// Whether rows can be handed out as they come.
    var isOldestFirst: Bool { steps.backward == 0 }
    var isNewestFirst: Bool { steps.backward > steps.forward }
    /// Rows that stand against the file's order.
    var outOfPlaceRows: Int { isNewestFirst ? steps.forward : steps.backward }
    /// The first lines of such rows.
    var outOfPlaceLines: [Int] { isNewestFirst ? steps.forwardLines : steps.backwardLines }

    init(_ input: CSVInput, _ options: CSVReadOptions, blockBytes: Int) throws(CSVError) {
        guard let resolver = StampResolver(options) else {
            throw CSVError(file: input.name, .unknownTimeZone(name: options.timeZoneName))
        }
        var records = try RecordReader(input.open(), name: input.name, blockBytes: blockBytes)
        let header = try CSVHeader(&records)
        let plan = try header.plan(for: options)
        let ticker = try CSVSurvey.ticker(input, header, options)
        let dates = try CSVSurvey.dates(input, header, plan, options)
        parser = RowParser(
            header: header, plan: plan, dates: dates, ticker: ticker,
            takesPrices: options.content.isBars, resolver: resolver)
        try read(&records, options)
    }

    private mutating func read(
        _ records: inout RecordReader, _ options: CSVReadOptions
    ) throws(CSVError) {
        var parser = parser
        var previous: (row: Row, written: Timestamp)?
        var firstBad: CSVError?
        var firstConflict: CSVError?
        while try records.next() {
            do throws(CSVError) {
                guard let row = try parser.parse(records) else { continue }
                rows += 1
                if let previous {
                    note(row, parser.written, after: previous, options.timeframe)
                    firstConflict =
                        firstConflict ?? row.conflict(with: previous.row, file: records.name)
                }
                previous = (row, parser.written)
            } catch  where options.onBadRow == .skip && error.problem.concernsOneRow {
                firstBad = firstBad ?? error
            }
        }
        guard rows > 0 else {
            throw CSVError(
                file: records.name,
                firstBad.map { .noReadableRow(first: "\($0)") } ?? .noRows)
        }
        // Values are joined to bars of any length, and may come oftener than those.
        let isTooClose = options.content.isBars && steps.closerThanTimeframe * 2 > rows - 1
        guard !isTooClose || rows == 1 else {
            throw CSVError(
                file: records.name, .wrongTimeframe(timeframe: "\(options.timeframe)"))
        }
        // After the timeframe: a wrong one makes conflicts of rows that are none.
        if let firstConflict, options.onBadRow == .fail { throw firstConflict }
    }

    private mutating func note(
        _ row: Row, _ written: Timestamp, after previous: (row: Row, written: Timestamp),
        _ timeframe: Timeframe
    ) {
        let close = previous.row.bar.timestamp
        if row.bar.timestamp > close {
            steps.forward += 1
            if steps.forwardLines.count < CSVReport.warningsKept {
                steps.forwardLines.append(row.line)
            }
        } else if row.bar.timestamp < close {
            steps.backward += 1
            if steps.backwardLines.count < CSVReport.warningsKept {
                steps.backwardLines.append(row.line)
            }
        }
        let gap = abs(written.nanoseconds - previous.written.nanoseconds)
        if gap > 0, gap < timeframe.nanoseconds / 2 { steps.closerThanTimeframe += 1 }
    }
}

// MARK: - Dates

extension CSVSurvey {
    /// Rows whose dates are looked at to find out how they are written.
    private static let rowsSampled = 32
    private static let sampleBlockBytes = 16 * 1024

    /// The commonest way in which the first dates are written, of equals the first.
    private static func dates(
        _ input: CSVInput, _ header: CSVHeader, _ plan: ColumnPlan, _ options: CSVReadOptions
    ) throws(CSVError) -> RowParser.DateConvention {
        var records = try RecordReader(
            input.open(), name: input.name, blockBytes: sampleBlockBytes)
        _ = try CSVHeader(&records)
        var found: [(convention: RowParser.DateConvention, count: Int)] = []
        var sampled = 0
        var firstBad: CSVError?
        while sampled < rowsSampled, try records.next() {
            sampled += 1
            guard records.fields.count > max(plan.stamp, plan.clock ?? 0) else { continue }
            do throws(CSVError) {
                let format = try RowParser.stamp(records, header, plan).format
                if let known = found.firstIndex(where: { $0.convention.format == format }) {
                    found[known].count += 1
                } else {
                    let convention = RowParser.DateConvention(
                        format: format, text: records.text(plan.stamp), line: records.line)
                    found.append((convention, 1))
                }
            } catch  where error.problem.concernsOneRow {
                firstBad = firstBad ?? error
            }
        }
        guard var best = found.first else { throw firstBad ?? CSVError(file: input.name, .noRows) }
        for candidate in found where candidate.count > best.count { best = candidate }
        guard best.convention.format.hasTime || !options.timeframe.isIntraday else {
            throw CSVError(
                file: input.name, line: best.convention.line, column: header.column(plan.stamp),
                .datesWithoutTime(timeframe: "\(options.timeframe)"))
        }
        return best.convention
    }
}

// MARK: - Tickers

extension CSVSurvey {
    /// Most tickers that a long table may hold.
    static let tickersLimit = 100_000

    /// The ticker whose rows are asked for; `nil` when the table holds only one series.
    private static func ticker(
        _ input: CSVInput, _ header: CSVHeader, _ options: CSVReadOptions
    ) throws(CSVError) -> [UInt8]? {
        let tickers = try tickers(in: input, header)
        guard tickers.count > 1 else { return nil }
        guard let market = options.market else {
            throw CSVError(file: input.name, .marketNotChosen(choices: tickers))
        }
        let chosen =
            tickers.first { $0 == market }
            ?? tickers.first { $0.lowercased() == market.lowercased() }
        guard let chosen else {
            throw CSVError(
                file: input.name, .marketNotFound(market: market, choices: tickers))
        }
        return Array(chosen.utf8)
    }

    /// The different tickers of a table in order of appearance; empty without a ticker column.
    static func tickers(in input: CSVInput, _ header: CSVHeader) throws(CSVError) -> [String] {
        guard let column = header.columns[.ticker] else { return [] }
        var records = try RecordReader(input.open(), name: input.name)
        _ = try CSVHeader(&records)
        var tickers: [String] = []
        var known: Set<String> = []
        var last: [UInt8] = []
        while try records.next() {
            guard records.fields.count > column, !records.matches(column, last) else { continue }
            let ticker = records.text(column)
            last = Array(ticker.utf8)
            guard !ticker.isEmpty, known.insert(ticker).inserted else { continue }
            tickers.append(ticker)
            guard tickers.count <= tickersLimit else {
                throw CSVError(
                    file: input.name, line: records.line, column: header.column(column),
                    .tooManyTickers(limit: tickersLimit))
            }
        }
        return tickers
    }
}
