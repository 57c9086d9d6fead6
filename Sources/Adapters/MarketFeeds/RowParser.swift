import Market

/// One row of the chosen series, as a bar and the line it stands on.
struct Row {
    var bar: Bar
    var line: Int
    /// Whether the bar's day has a session, as far as its stamp has told.
    var hasSession: Bool?
    /// When a plain value became known, where the table says so: what is said again about its time
    /// then is another vintage.
    var vintage: Timestamp?

    /// The error to report when another row is of the same time and says otherwise.
    func conflict(with other: Row, file: String) -> CSVError? {
        guard bar.timestamp == other.bar.timestamp, vintage == other.vintage,
            !bar.saysTheSame(as: other.bar)
        else { return nil }
        return CSVError(
            file: file, line: max(line, other.line),
            .conflictingDuplicate(line: min(line, other.line)))
    }
}

/// Turns the records of a table into rows of the chosen series.
struct RowParser {
    let header: CSVHeader
    let plan: ColumnPlan
    /// How every date must be written.
    let dates: DateConvention
    /// Exact ticker of the chosen rows; `nil` takes every row.
    let ticker: [UInt8]?
    /// Whether a row must be a possible bar; plain values may be any finite number.
    private let takesPrices: Bool
    private var resolver: StampResolver
    /// The instant that the last row's stamp names, before it was moved to a session's end.
    private(set) var written = Timestamp(nanoseconds: 0)
    /// Whether a date so far could not be read with the day first.
    private(set) var hasTellingDate = false
    /// Whether day and month of a date so far differ.
    private(set) var hasTwofoldDate = false

    /// How a file writes its dates, and the first place where it does.
    struct DateConvention {
        var format: StampFormat
        var text: String
        var line: Int
    }

    init(
        header: CSVHeader, plan: ColumnPlan, dates: DateConvention, ticker: [UInt8]?,
        takesPrices: Bool, resolver: StampResolver
    ) {
        self.header = header
        self.plan = plan
        self.dates = dates
        self.ticker = ticker
        self.takesPrices = takesPrices
        self.resolver = resolver
    }

    /// Whether every date could as well be read with day and month exchanged, and one would differ.
    var areDatesAmbiguous: Bool {
        guard case .monthFirst = dates.format.date else { return false }
        return hasTwofoldDate && !hasTellingDate
    }

    /// A parser that takes the rows of every ticker.
    var ofAllTickers: RowParser {
        RowParser(
            header: header, plan: plan, dates: dates, ticker: nil, takesPrices: takesPrices,
            resolver: resolver)
    }

    /// The row of the current record; `nil` when it belongs to another ticker.
    mutating func parse(_ records: RecordReader) throws(CSVError) -> Row? {
        try checkFieldCount(records)
        if let ticker, let column = header.columns[.ticker] {
            guard records.matches(column, ticker) else { return nil }
        }
        let instants = try instants(of: records)
        let availability = try availability(records)
        var bar = Bar(
            timestamp: instants.close, open: try number(records, plan.open),
            high: try number(records, plan.high), low: try number(records, plan.low),
            close: try number(records, plan.close), volume: try number(records, plan.volume),
            availableAt: availability ?? instants.availableAt)
        if takesPrices, let fault = bar.fault { throw error(fault, records) }
        if let adjusted = plan.adjustedClose { try adjust(&bar, by: adjusted, records) }
        return Row(
            bar: bar, line: records.line, hasSession: instants.hasSession,
            vintage: takesPrices || plan.availability == nil ? nil : bar.availableAt)
    }

    /// What the row says about when it could be known: an instant in RFC 3339, or a date, at whose
    /// session's end it was; `nil` where it says nothing.
    private func availability(_ records: RecordReader) throws(CSVError) -> Timestamp? {
        guard let column = plan.availability else { return nil }
        let text = records.text(column)
        if text.isEmpty { return nil }
        if let instant = Timestamp(rfc3339: text) { return instant }
        if let date = CivilDate(iso: text) { return resolver.close(on: date) }
        throw located(.unreadableDate(text: text), column, records)
    }

    /// When the row of the current record closes; for tables that have many series in one row.
    mutating func stamp(of records: RecordReader) throws(CSVError) -> RowStamp {
        try checkFieldCount(records)
        let instants = try instants(of: records)
        return RowStamp(
            close: instants.close, availableAt: instants.availableAt, line: records.line,
            hasSession: instants.hasSession)
    }

    /// A close in any column of the current record.
    func close(of records: RecordReader, column: Int) throws(CSVError) -> Double {
        let close = try number(records, column)
        if let fault = Bar(timestamp: written, close: close).fault {
            throw located(
                .impossibleBar(fault: "\(fault)", text: records.text(column)), column, records)
        }
        return close
    }

    private mutating func instants(
        of records: RecordReader
    ) throws(CSVError) -> StampResolver.Resolved {
        if records.hasTextAfterQuote {
            throw CSVError(file: records.name, line: records.line, .textAfterQuote)
        }
        let instants = try parseStamp(records)
        written = instants.written
        return instants
    }

    /// Lets trailing delimiters pass; anything else is not this table's row.
    private func checkFieldCount(_ records: RecordReader) throws(CSVError) {
        let expected = header.names.count
        let found = records.fields.count
        if found == expected { return }
        if found > expected, records.isBlank(from: expected) { return }
        let isCut = records.endsWithoutNewline && found < expected
        throw CSVError(
            file: records.name, line: records.line,
            isCut
                ? .halfWritten(found: found, expected: expected)
                : .fieldCount(found: found, expected: expected))
    }
}

// MARK: - Stamps

extension RowParser {
    private mutating func parseStamp(
        _ records: RecordReader
    ) throws(CSVError) -> StampResolver.Resolved {
        let written = try RowParser.stamp(records, header, plan)
        if written.format != dates.format {
            throw located(
                .dateFormatChanged(
                    text: records.text(plan.stamp), first: dates.text, firstLine: dates.line),
                plan.stamp, records)
        }
        if written.date.day > 12 { hasTellingDate = true }
        if written.date.day != written.date.month { hasTwofoldDate = true }
        do throws(StampFault) {
            return try resolver.resolve(written)
        } catch {
            throw RowParser.error(error, records, header, plan)
        }
    }

    /// The stamp of the current record, whatever its format.
    static func stamp(
        _ records: RecordReader, _ header: CSVHeader, _ plan: ColumnPlan
    ) throws(CSVError) -> WrittenStamp {
        let range = records.trimmedRange(plan.stamp)
        let clock = plan.clock.map { records.trimmedRange($0) }
        guard !range.isEmpty else {
            throw CSVError(
                file: records.name, line: records.line, column: header.column(plan.stamp),
                .missingDate)
        }
        do throws(StampFault) {
            return try StampParser.parse(records.buffer.span, range, clock: clock)
        } catch {
            throw RowParser.error(error, records, header, plan)
        }
    }

    private static func error(
        _ fault: StampFault, _ records: RecordReader, _ header: CSVHeader, _ plan: ColumnPlan
    ) -> CSVError {
        var text = records.text(plan.stamp)
        if let clock = plan.clock { text += " " + records.text(clock) }
        let problem: CSVProblem =
            switch fault {
            case .unreadable: .unreadableDate(text: text)
            case .noSuchTime: .noSuchTime(text: text)
            case .dayFirst: .dayFirst(text: text)
            case .outOfRange: .dateOutOfRange(text: text)
            case .skippedByClock: .skippedByClock(text: text)
            }
        return CSVError(
            file: records.name, line: records.line, column: header.column(plan.stamp), problem)
    }
}

// MARK: - Prices

extension RowParser {
    /// The value of a column; NaN when it is blank or the table does not have it.
    private func number(
        _ records: RecordReader, _ column: Int?
    ) throws(CSVError) -> Double {
        guard let column else { return .nan }
        let field = records.fields[column]
        let parsed = NumberParser.parse(
            records.buffer.span, field.range,
            commaIsThousands: field.isQuoted && records.delimiter == UInt8(ascii: ","))
        switch parsed {
        case .value(let value): return value
        case .missing: return .nan
        case .notANumber:
            throw located(.notANumber(text: records.text(column)), column, records)
        case .decimalComma:
            throw located(.decimalComma(text: records.text(column)), column, records)
        case .overflow:
            throw located(.overflow(text: records.text(column)), column, records)
        }
    }

    /// Replaces the close by the adjusted one and scales the other prices by their ratio. Without
    /// one of the two all prices are missing.
    private func adjust(
        _ bar: inout Bar, by column: Int, _ records: RecordReader
    ) throws(CSVError) {
        let adjusted = try number(records, column)
        let unadjusted = Bar(timestamp: bar.timestamp, close: adjusted)
        let ratio = adjusted / bar.close
        bar.open *= ratio
        bar.high *= ratio
        bar.low *= ratio
        bar.close = bar.close.isNaN ? .nan : adjusted
        guard let fault = unadjusted.fault ?? bar.fault else { return }
        throw located(
            .impossibleBar(fault: "\(fault)", text: records.text(column)), column, records)
    }

    private func error(_ fault: BarFault, _ records: RecordReader) -> CSVError {
        let columns = [
            "open": plan.open, "high": plan.high, "low": plan.low, "volume": plan.volume,
        ]
        let column = (columns[fault.column] ?? nil) ?? plan.close
        return located(
            .impossibleBar(fault: "\(fault)", text: records.text(column)), column, records)
    }

    private func located(
        _ problem: CSVProblem, _ column: Int, _ records: RecordReader
    ) -> CSVError {
        CSVError(
            file: records.name, line: records.line, column: header.column(column), problem)
    }
}
