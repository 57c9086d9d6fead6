/// Columns of text for people; numbers to the right.
package struct TextTable: Sendable {
    package enum Alignment: Sendable {
        case left, right
    }

    /// Columns between two cells.
    private static let gap = 2
    /// A last column with less room than this stands beneath its row, or is not broken into lines.
    private static let narrowest = 24
    /// Columns before what stands beneath its row.
    private static let indent = 4

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[StyledText]] = []

    package init(_ columns: [(title: String, alignment: Alignment)]) {
        self.columns = columns
    }

    package mutating func append(_ row: [StyledText]) {
        rows.append(row)
    }

    package mutating func append(_ row: [String]) {
        rows.append(row.map { StyledText($0) })
    }

    /// The whole of it. On a terminal the titles step back, and a last column that is too wide goes
    /// on beneath, or stands there from its beginning where the others leave it too little room.
    package func text(_ style: TerminalStyle) -> String {
        let titles = columns.map { StyledText($0.title, .faint) }
        let widths = columns.indices.map { column in
            ([titles] + rows).map { $0[column].width }.max() ?? 0
        }
        return ([titles] + rows).flatMap { lines(of: $0, widths, style) }
            .map { $0 + "\n" }.joined()
    }

    private func lines(
        of row: [StyledText], _ widths: [Int], _ style: TerminalStyle
    ) -> [String] {
        let before = widths.dropLast().reduce(0) { $0 + $1 + TextTable.gap }
        let room = style.size.columns - before
        guard style.isTerminal, let last = row.last, last.width > room,
            columns.last?.alignment == .left
        else { return [line(row, widths, style)] }
        guard room < TextTable.narrowest else {
            let parts = last.wrapped(to: room)
            let indent = String(repeating: " ", count: before)
            return [line(row.dropLast() + [parts[0]], widths, style)]
                + parts.dropFirst().map { indent + $0.rendered(style) }
        }
        let whole = style.size.columns - TextTable.indent
        guard row.count > 1, whole >= TextTable.narrowest else {
            return [line(row, widths, style)]
        }
        let indent = String(repeating: " ", count: TextTable.indent)
        return [line(row.dropLast(), widths, style)]
            + last.wrapped(to: whole).map { indent + $0.rendered(style) }
    }

    private func line(_ row: [StyledText], _ widths: [Int], _ style: TerminalStyle) -> String {
        var line = ""
        // Spaces are held back, so that none stand at the end.
        var spaces = 0
        for (column, cell) in row.enumerated() {
            let padding = widths[column] - cell.width
            if columns[column].alignment == .right { spaces += padding }
            if cell.width > 0 {
                line += String(repeating: " ", count: spaces) + cell.rendered(style)
                spaces = 0
            }
            if columns[column].alignment == .left { spaces += padding }
            spaces += TextTable.gap
        }
        return line
    }
}
