package import Market
package import Regimes
import Reporting

/// The screen of a live view: what is known of each followed series, and its last changes beneath.
///
/// A value that takes events and gives lines: whoever runs it reads the store and writes the
/// terminal.
package struct WatchScreen: Sendable {
    /// Of one series, as it is now.
    package struct State: Sendable, Equatable {
        package var series: Series
        package var regime: Regime
        package var confidence: Double
        package var since: Timestamp
        /// The last prices, oldest first; NaN where one is not known.
        package var closes: [Double]

        package init(
            series: Series, regime: Regime, confidence: Double, since: Timestamp,
            closes: [Double]
        ) {
            self.series = series
            self.regime = regime
            self.confidence = confidence
            self.since = since
            self.closes = closes
        }
    }

    package struct Change: Sendable, Equatable {
        package var series: Series
        package var asOf: Timestamp
        package var previous: Regime
        package var regime: Regime
        package var confidence: Double
        package var sequence: Int64

        package init(
            series: Series, asOf: Timestamp, previous: Regime, regime: Regime, confidence: Double,
            sequence: Int64
        ) {
            self.series = series
            self.asOf = asOf
            self.previous = previous
            self.regime = regime
            self.confidence = confidence
            self.sequence = sequence
        }
    }

    package enum Event: Sendable {
        case series(State)
        case change(Change)
        /// What came before the screen was there, in any order.
        case past([Change])
        /// The series that are shown from now on, and how many more are followed. Others are
        /// forgotten: they are gone, or stand behind those that came.
        case followed(Set<Series>, others: Int)
        /// What is said while nothing is stored about what is followed.
        case awaited(String)
        /// The last thing that went wrong.
        case trouble(String)
        case resized(TerminalSize)
        /// What was drawn stands there no more.
        case wiped
    }

    /// Changes that are remembered.
    package static let changeLimit = 500
    /// Prices of a series that are shown.
    package static let priceLimit = 120
    /// A sparkline with less room is left out, and takes no more than the latter.
    private static let sparkline = 8...40

    private var style: TerminalStyle
    private var states: [Series: State] = [:]
    private var others = 0
    private var awaited = "nothing is stored about what is followed yet"
    private var trouble: String?
    /// Newest first.
    private var changes: [Change] = []
    /// Whether anything has come that the lines do not show yet.
    package private(set) var isDirty = true

    package init(_ style: TerminalStyle) {
        self.style = style
    }

    package mutating func take(_ event: Event) {
        switch event {
        case .series(let state):
            isDirty = isDirty || states[state.series] != state
            states[state.series] = state
        case .change(let change): add([change])
        case .past(let past): add(past)
        case .followed(let series, let count):
            let kept = states.filter { series.contains($0.key) }
            isDirty = isDirty || others != count || kept.count != states.count
            (states, others) = (kept, count)
        case .awaited(let text):
            isDirty = isDirty || awaited != text
            awaited = text
        case .trouble(let text):
            isDirty = isDirty || trouble != text
            trouble = text
        case .resized(let size):
            let before = style.size
            style.size = size
            isDirty = isDirty || style.size != before
        case .wiped: isDirty = true
        }
    }

    /// One that is there already came by two ways.
    private mutating func add(_ told: [Change]) {
        let new = told.filter { change in
            !changes.contains { $0.series == change.series && $0.sequence == change.sequence }
        }
        guard !new.isEmpty else { return }
        isDirty = true
        changes += new
        changes.sort { ($0.asOf, $0.sequence) > ($1.asOf, $1.sequence) }
        changes.removeLast(max(changes.count - WatchScreen.changeLimit, 0))
    }

    /// No more lines than the terminal has rows, none wider than it has columns.
    package mutating func draw() -> [StyledText] {
        isDirty = false
        let title =
            StyledText("bloasis watch", .strong)
            + StyledText("  \(states.count + others) series, Ctrl-C ends", .faint)
        let rows = max(style.size.rows, 1)
        var lines = [title]
        if let trouble { lines.append(StyledText(trouble, .caution)) }
        if states.isEmpty {
            lines += StyledText(awaited, .faint).wrapped(to: style.size.columns)
        } else {
            lines += table(rows: max((rows - 2 - lines.count) / 2, 1))
        }
        lines += [StyledText(), StyledText("changes, the latest first", .faint)]
        lines +=
            changes.isEmpty ? [StyledText("none so far", .faint)] : changes.prefix(rows).map(line)
        return lines.prefix(rows).map { $0.fitted(to: style.size.columns) }
    }

    /// What the terminal is sent to show the lines in place of those before.
    package mutating func frame() -> String {
        let lines = draw().map { $0.rendered(style) + TerminalControl.clearRestOfLine }
        return TerminalControl.home + lines.joined(separator: "\r\n")
            + TerminalControl.clearRestOfScreen
    }

    // MARK: - Series

    /// As many series as there is room for, by name.
    private func table(rows: Int) -> [StyledText] {
        let all = states.values.sorted { "\($0.series)" < "\($1.series)" }
        let isCut = all.count + others > rows || others > 0
        let shown = isCut ? all.prefix(max(rows - 1, 1)) : all[...]
        let cells = shown.map { state in
            [
                StyledText("\(state.series)", .strong),
                StyledText(state.regime.label, .regime(state.regime)),
                StyledText("since \(since(state))"),
                StyledText(Percent.text(state.confidence)), StyledText(price(of: state)),
            ]
        }
        let widths = (0..<5).map { column in cells.map { $0[column].width }.max() ?? 0 }
        let room = style.size.columns - widths.reduce(0) { $0 + $1 + 2 }
        let columns = min(room, WatchScreen.sparkline.upperBound)
        var lines = zip(shown, cells).map { state, cells in
            var line = StyledText()
            for (column, cell) in cells.enumerated() {
                let padding = StyledText(
                    String(repeating: " ", count: widths[column] - cell.width))
                line = line + (column < 3 ? cell + padding : padding + cell) + "  "
            }
            if columns >= WatchScreen.sparkline.lowerBound {
                line.append(
                    Sparkline(state.closes).text(columns: columns, style), .regime(state.regime))
            }
            return line
        }
        let hidden = all.count + others - shown.count
        if hidden > 0 {
            let more = style.glyph("…", else: "...")
            lines.append(StyledText("\(more) and \(hidden) more: name --market", .faint))
        }
        return lines
    }

    /// To the minute where there are several bars a day.
    private func since(_ state: State) -> String {
        let text = state.since.rfc3339
        guard state.series.timeframe.isIntraday else { return String(text.prefix(10)) }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }

    private func price(of state: State) -> String {
        guard let last = state.closes.last, last.isFinite else { return "" }
        return PriceScale(state.closes)?.text(last) ?? ""
    }

    // MARK: - Changes

    private func line(_ change: Change) -> StyledText {
        var line = StyledText("\(change.asOf)  ", .faint)
        line.append("\(change.series)  ", .strong)
        line.append(change.previous.label, .regime(change.previous))
        line.append(" " + style.glyph("→", else: "->") + " ")
        line.append(change.regime.label, .regime(change.regime))
        line.append("  \(Percent.text(change.confidence))  #\(change.sequence)")
        return line
    }
}

/// Probabilities for people.
package enum Percent {
    /// Without decimals; a dash for what is no number.
    package static func text(_ value: Double) -> String {
        value.isFinite ? "\(Int((min(max(value, -1e6), 1e6) * 100).rounded()))%" : "–"
    }
}
