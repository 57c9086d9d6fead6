import Contracts
import Market
import Regimes
import Reporting
import Terminal

/// The current answer as it is printed; with the last bars, for a person, as they went.
struct CurrentText {
    /// Bars that are looked back to, as much time as they would take without a pause.
    static let recentBars: Int64 = 180
    private static let sparklineColumns = 60
    private static let indent = 12
    /// What is longer is not broken into lines of fewer columns.
    private static let narrowest = 24

    private let answer: Bloasis_MarketRegime_RegimeResponse
    private let recent: [HistoryPoint]

    init(_ answer: Bloasis_MarketRegime_RegimeResponse, recent: [HistoryPoint]) {
        self.answer = answer
        self.recent = recent
    }

    func lines(_ style: TerminalStyle) -> [StyledText] {
        let kind =
            answer.confidenceKind == ConfidenceKind.calibrated.rawValue ? " calibrated" : ""
        var lines = [
            StyledText("\(answer.market)/\(answer.timeframe)", .strong) + "  "
                + .regime(label: answer.regime)
                + "  \(Format.percent(answer.confidence))\(kind)  risk \(answer.riskLevel)",
            StyledText("  as of     \(answer.asOf)")
                + StyledText(answer.stale ? ", stale" : "", .caution),
            "  since     \(answer.since), before that " + .regime(label: answer.previousRegime),
            "  raw       " + .regime(label: answer.rawRegime),
            "  model     \(answer.modelVersion)",
        ]
        if !answer.reasoning.isEmpty {
            lines += reasoning(style)
        }
        lines += history(style)
        let labels = answer.probabilities.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (label, probability) in labels where probability >= 0.005 {
            lines.append(
                "    " + .regime(label: label)
                    + StyledText(
                        "".padded(to: max(17 - label.count, 1)) + Format.percent(probability)))
        }
        return lines
    }

    /// In one line where it is piped.
    private func reasoning(_ style: TerminalStyle) -> [StyledText] {
        let label = StyledText("  because   ")
        let room = style.size.columns - CurrentText.indent
        guard style.isTerminal, room >= CurrentText.narrowest else {
            return [label + StyledText(answer.reasoning)]
        }
        let indent = StyledText(String(repeating: " ", count: CurrentText.indent))
        return StyledText(answer.reasoning).wrapped(to: room).enumerated().map { place, line in
            (place == 0 ? label : indent) + line
        }
    }

    private func history(_ style: TerminalStyle) -> [StyledText] {
        guard recent.count > 1 else { return [] }
        let columns = min(style.size.columns - CurrentText.indent, CurrentText.sparklineColumns)
        let price = Sparkline(recent.map(\.close)).text(columns: columns, style)
        let confidence = Sparkline(recent.map(\.confidence), over: 0...1)
            .text(columns: columns, style)
        var lines: [StyledText] = []
        if !price.isEmpty { lines.append(StyledText("  price     " + price)) }
        if !confidence.isEmpty { lines.append(StyledText("  conf.     " + confidence)) }
        let from = recent.first.map { "\($0.timestamp.utcDate)" } ?? ""
        lines.append(StyledText("            the last \(recent.count) bars, from \(from)", .faint))
        return lines
    }
}
