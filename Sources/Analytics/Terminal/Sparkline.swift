/// A few values as a row of little columns: `▁▂▄█`.
package struct Sparkline: Sendable {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// From low to high, where there is only ASCII.
    private static let signs: [Character] = ["_", ".", ",", "-", "~", "+", "*", "#"]

    private let values: [Double]
    private let domain: ClosedRange<Double>?

    /// - Parameters:
    ///   - values: one that is not finite leaves a gap.
    ///   - domain: from the lowest to the highest column; that of the values when left out.
    package init(_ values: [Double], over domain: ClosedRange<Double>? = nil) {
        self.values = values
        self.domain = domain
    }

    /// At most so many columns, each the mean of the values under it; empty without values.
    package func text(columns: Int, _ style: TerminalStyle) -> String {
        let finite = values.filter(\.isFinite)
        guard columns > 0, let low = domain?.lowerBound ?? finite.min(),
            let high = domain?.upperBound ?? finite.max(), !finite.isEmpty
        else { return "" }
        let glyphs = style.isUnicode ? Sparkline.blocks : Sparkline.signs
        let count = min(columns, values.count)
        return String(
            (0..<count).map { column -> Character in
                let part = values[
                    (column * values.count / count)..<((column + 1) * values.count / count)
                ].filter(\.isFinite)
                guard !part.isEmpty else { return " " }
                let mean = part.reduce(0) { $0 + $1 / Double(part.count) }
                // What does not move lies in the middle.
                let share = high > low ? (mean - low) / (high - low) : 0.5
                let level = Int(share * Double(glyphs.count))
                return glyphs[min(max(level, 0), glyphs.count - 1)]
            })
    }
}
