import Market

/// Turns rows in the order of time into bars: drops what says nothing new, keeps the rest.
struct BarAssembler {
    private let file: String
    private let timeframe: Timeframe
    private let calendar: SessionCalendar
    private var previous: Row?
    private var lastKept: Bar?
    /// Of the time of the row before, where the table has any.
    private var vintages: [Timestamp: Row] = [:]
    private var sessionCache: (date: CivilDate, hasSession: Bool)?

    init(file: String, options: CSVReadOptions) {
        self.file = file
        timeframe = options.timeframe
        calendar = options.calendar
    }

    /// The bar of a row that is not earlier than the one before it, or `nil` when the row is
    /// dropped; throws when two rows of the same time disagree.
    mutating func accept(_ row: Row, _ report: inout CSVReport) throws(CSVError) -> Bar? {
        if let twin = twin(of: row) {
            if let conflict = row.conflict(with: twin, file: file) { throw conflict }
            report.identicalDuplicates += 1
            return nil
        }
        if previous?.bar.timestamp != row.bar.timestamp { vintages = [:] }
        if let vintage = row.vintage { vintages[vintage] = row }
        previous = row
        if let date = dateWithoutSession(row) {
            if timeframe == .daily, let lastKept, repeats(row.bar, lastKept) {
                report.paddedRows += 1
                return nil
            }
            report.offSessionRows += 1
            report.warn(
                .offSession, line: row.line, "\(date) has no session on this calendar; kept")
        }
        lastKept = row.bar
        report.bars += 1
        if row.bar.close.isNaN { report.missingCloses += 1 }
        report.firstBar = report.firstBar ?? row.bar.timestamp
        report.lastBar = row.bar.timestamp
        return row.bar
    }

    /// An earlier row about the same time, and of the same vintage where the table has any.
    private func twin(of row: Row) -> Row? {
        guard let previous, previous.bar.timestamp == row.bar.timestamp else { return nil }
        return row.vintage == nil ? previous : row.vintage.flatMap { vintages[$0] }
    }

    /// The bar's day if the market was shut on it. Bars of several days have no such day.
    private mutating func dateWithoutSession(_ row: Row) -> CivilDate? {
        guard timeframe.isIntraday || timeframe == .daily, row.hasSession != true else {
            return nil
        }
        let date = calendar.date(ofClose: row.bar.timestamp)
        if row.hasSession == false { return date }
        if sessionCache?.date != date {
            sessionCache = (date, calendar.session(on: date) != nil)
        }
        return sessionCache?.hasSession == true ? nil : date
    }

    /// Whether a row's prices are the last bar's, and its volume too or nothing.
    private func repeats(_ bar: Bar, _ last: Bar) -> Bool {
        same(bar.open, last.open) && same(bar.high, last.high) && same(bar.low, last.low)
            && same(bar.close, last.close)
            && (same(bar.volume, last.volume) || bar.volume.isNaN || bar.volume == 0)
    }

    private func same(_ lhs: Double, _ rhs: Double) -> Bool {
        lhs == rhs || (lhs.isNaN && rhs.isNaN)
    }
}
