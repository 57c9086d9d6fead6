package import Market
import Regimes
package import Reporting

/// A series' history in a terminal: the price as a line over bands of its regimes, and a row with
/// the regimes' letters beneath, so that it can be read without colours too.
///
/// Bars stand side by side. A column under which several lie has the regime of most of them, the
/// latest of equals.
package struct RegimeChart: Sendable {
    /// Rows of the price, whatever the terminal's height.
    private static let heights = 4...24
    /// Rows of a terminal that are left to the rest.
    private static let reservedRows = 9
    /// A narrower drawing has no prices beside it.
    private static let narrowest = 24
    private static let labelEvery = 4

    private let title: String
    private let points: [HistoryPoint]
    private let scale: PriceScale?

    /// - Parameter points: oldest first.
    package init(_ series: Series, _ points: [HistoryPoint]) {
        title = "\(series)"
        self.points = points
        scale = PriceScale(points.map(\.close))
    }

    /// What one drawing is laid out by.
    private struct Layout {
        let height: Int
        let margin: Int
        let width: Int
        let style: TerminalStyle
        /// Of each column.
        let regimes: [Regime]
    }

    package func lines(_ style: TerminalStyle) -> [StyledText] {
        guard !points.isEmpty else { return [StyledText("\(title): no bars", .faint)] }
        let layout = layout(style)
        return [header(layout)] + drawing(layout) + axis(layout) + [strip(layout)]
            + legend(layout)
    }

    private func layout(_ style: TerminalStyle) -> Layout {
        let height = min(
            max(style.size.rows - RegimeChart.reservedRows, RegimeChart.heights.lowerBound),
            RegimeChart.heights.upperBound)
        let labels = (0..<height).compactMap { label($0, height) }
        let widest = labels.map(\.count).max() ?? 0
        let hasLabels = widest > 0 && style.size.columns - widest >= RegimeChart.narrowest
        let margin = hasLabels ? widest + 1 : 0
        let width = max(style.size.columns - margin, 1)
        return Layout(
            height: height, margin: margin, width: width, style: style, regimes: regimes(width))
    }

    // MARK: - Words

    private func header(_ layout: Layout) -> StyledText {
        var header = StyledText(title, .strong)
        guard let first = points.first, let last = points.last else { return header }
        header.append(
            "  \(first.timestamp.utcDate) "
                + layout.style.glyph("…", else: "...")
                + " \(last.timestamp.utcDate)  \(NumberText.grouped("\(points.count)")) "
                + (points.count == 1 ? "bar" : "bars")
                + (scale == nil ? ", no prices" : scale?.isLogarithmic ?? false ? ", log" : ""),
            .faint)
        return header.fitted(to: layout.style.size.columns)
    }

    /// The price in the middle of a row, where it is to be told.
    private func label(_ row: Int, _ height: Int) -> String? {
        guard let scale else { return nil }
        let isLast = row == height - 1
        let isNearLast = height - 1 - row < RegimeChart.labelEvery / 2
        guard isLast || (row.isMultiple(of: RegimeChart.labelEvery) && !isNearLast) else {
            return nil
        }
        let (low, high) = (scale.domain.lowerBound, scale.domain.upperBound)
        guard high > low else {
            return row == height / 2 || isLast ? scale.text(scale.price(low)) : nil
        }
        let share = 1 - (Double(row) + 0.5) / Double(height)
        return scale.text(scale.price(low + (high - low) * share))
    }

    private func legend(_ layout: Layout) -> [StyledText] {
        var counts: [Regime: Int] = [:]
        for point in points { counts[point.regime, default: 0] += 1 }
        var lines = [StyledText()]
        for regime in Regime.allCases {
            guard let count = counts[regime] else { continue }
            let share = Int((Double(count) * 100 / Double(points.count)).rounded())
            var entry = StyledText("\(RegimePalette.colours(of: regime).letter)", .band(regime))
            entry.append(" \(regime.label) ", .regime(regime))
            entry.append("\(share)%", .faint)
            if lines[lines.count - 1].width > 0 {
                if lines[lines.count - 1].width + 3 + entry.width > layout.style.size.columns {
                    lines.append(StyledText())
                } else {
                    lines[lines.count - 1].append("   ")
                }
            }
            lines[lines.count - 1] = lines[lines.count - 1] + entry
        }
        return lines.map { $0.fitted(to: layout.style.size.columns) }
    }

    // MARK: - The line and what lies behind it

    /// The regime of each column.
    private func regimes(_ width: Int) -> [Regime] {
        (0..<width).map { column in
            let start = column * points.count / width
            let end = max((column + 1) * points.count / width, start + 1)
            var best = points[start].regime
            var most = 0
            var counts: [Regime: Int] = [:]
            for point in points[start..<min(end, points.count)] {
                let count = counts[point.regime, default: 0] + 1
                counts[point.regime] = count
                if count >= most { (best, most) = (point.regime, count) }
            }
            return best
        }
    }

    private func canvas(_ layout: Layout) -> DotCanvas {
        var canvas = DotCanvas(
            columns: layout.width, rows: layout.height, isBraille: layout.style.isUnicode)
        guard let scale else { return canvas }
        let (low, high) = (scale.domain.lowerBound, scale.domain.upperBound)
        let (width, height) = (Double(canvas.width), Double(canvas.height))
        var before: DotCanvas.Place?
        for (bar, point) in points.enumerated() {
            let value = scale.scaled(point.close)
            guard value.isFinite else {
                before = nil
                continue
            }
            let share = high > low ? (value - low) / (high - low) : 0.5
            let place = DotCanvas.Place(
                x: (Double(bar) + 0.5) * width / Double(points.count),
                y: min((1 - share) * height, height - 1))
            canvas.line(before ?? place, place)
            before = place
        }
        return canvas
    }

    private func drawing(_ layout: Layout) -> [StyledText] {
        let canvas = canvas(layout)
        let (wall, mark) = layout.style.isUnicode ? ("│", "┤") : ("|", "+")
        return (0..<layout.height).map { row in
            var line = StyledText()
            if layout.margin > 0 {
                let label = label(row, layout.height)
                let padding = layout.margin - 1 - (label?.count ?? 0)
                line.append(String(repeating: " ", count: padding) + (label ?? ""), .faint)
                line.append(label == nil ? wall : mark, .faint)
            }
            for column in 0..<layout.width {
                line.append("\(canvas.character(row, column))", .band(layout.regimes[column]))
            }
            return line
        }
    }

    /// The row that tells regimes by letters.
    private func strip(_ layout: Layout) -> StyledText {
        var strip = StyledText(String(repeating: " ", count: layout.margin))
        for regime in layout.regimes {
            strip.append("\(RegimePalette.colours(of: regime).letter)", .regime(regime))
        }
        return strip
    }

    /// The line under the drawing, and times under it.
    private func axis(_ layout: Layout) -> [StyledText] {
        let ticks = TimeTicks(
            points.map(\.timestamp), limit: layout.width / (TimeTicks.labelWidth + 2)
        ).ticks
        let (flat, corner, cross) = layout.style.isUnicode ? ("─", "└", "┬") : ("-", "+", "+")
        var marks = Array(repeating: flat, count: layout.width)
        var words = Array(repeating: Character(" "), count: layout.width)
        var free = 0
        for tick in ticks {
            let column = tick.bar * layout.width / points.count
            marks[column] = cross
            let start = max(0, min(column, layout.width - tick.label.count))
            guard start >= free, start + tick.label.count <= layout.width else { continue }
            words.replaceSubrange(start..<(start + tick.label.count), with: tick.label)
            free = start + tick.label.count + 1
        }
        let indent = String(repeating: " ", count: max(layout.margin - 1, 0))
        let line = StyledText(
            indent + (layout.margin > 0 ? corner : "") + marks.joined(), .faint)
        guard free > 0 else { return [line] }
        var text = String(words)
        while text.last == " " { text.removeLast() }
        return [line, StyledText(String(repeating: " ", count: layout.margin) + text, .faint)]
    }
}
