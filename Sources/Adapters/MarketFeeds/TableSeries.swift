package import Market

/// One series of a table, held as it was read.
package struct TableSeries: Sendable {
    /// As the file has it.
    package let market: String
    private let rows: TableRows
    private let content: Content

    private enum Content: Sendable {
        case wide(WideColumn)
        case long(LongRows)
    }

    init(wide column: WideColumn, of rows: TableRows) {
        market = column.market
        self.rows = rows
        content = .wide(column)
    }

    init(long series: LongRows, of rows: TableRows) {
        market = series.market
        self.rows = rows
        content = .long(series)
    }

    /// The bars that a reader of this series alone would hand out, and its report.
    ///
    /// - Throws: the series' first bad row, unless those are skipped.
    package func bars() throws(CSVError) -> (bars: [Bar], report: CSVReport) {
        if let fault { throw fault }
        var report = report
        var assembler = BarAssembler(file: rows.file, options: rows.options)
        var bars: [Bar] = []
        let ordered = inOrder
        bars.reserveCapacity(ordered.count)
        for row in ordered {
            do throws(CSVError) {
                if let bar = try assembler.accept(row, &report) { bars.append(bar) }
            } catch  where rows.options.onBadRow == .skip && error.problem.concernsOneRow {
                report.skippedRows += 1
                report.warn(.skipped, line: error.line ?? 0, "\(error)")
            }
        }
        return (bars, report)
    }

    private var fault: CSVError? {
        switch content {
        case .wide(let column): column.fault
        case .long(let series): series.fault
        }
    }

    private var report: CSVReport {
        switch content {
        case .wide(let column): column.report
        case .long(let series): series.report
        }
    }

    /// Oldest first and of equals the first line first.
    private var inOrder: [Row] {
        let all = all
        guard !isAscending(all) else { return all }
        return all.sorted { ($0.bar.timestamp, $0.line) < ($1.bar.timestamp, $1.line) }
    }

    private func isAscending(_ rows: [Row]) -> Bool {
        zip(rows, rows.dropFirst()).allSatisfy { $0.bar.timestamp <= $1.bar.timestamp }
    }

    private var all: [Row] {
        switch content {
        case .long(let series): return series.rows
        case .wide(let column):
            return zip(rows.stamps, column.closes).enumerated().compactMap { place, row in
                guard column.skipped.isEmpty || !column.skipped.contains(place) else { return nil }
                let (stamp, close) = row
                return Row(
                    bar: Bar(
                        timestamp: stamp.close, close: close, availableAt: stamp.availableAt),
                    line: stamp.line, hasSession: stamp.hasSession)
            }
        }
    }
}
