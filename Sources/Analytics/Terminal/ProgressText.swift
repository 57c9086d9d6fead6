import Reporting

/// One line that tells how work goes on: a bar, what is done, how fast, and how long still.
package struct ProgressText: Sendable {
    private static let barWidth = 24
    /// The share from which on the time left is told.
    private static let knownFrom = 0.01

    package var label: String
    /// What is counted: `bars`, `starts`.
    package var unit: String

    package init(label: String, unit: String) {
        self.label = label
        self.unit = unit
    }

    /// `SPX/1d  [######··········] 41%  2,050 bars  3,120/s  1 s left`, as much as fits.
    ///
    /// - Parameters:
    ///   - count: `nil` where nothing is counted.
    ///   - fraction: of the work done, 0 … 1; `nil` when the total is not known.
    ///   - elapsed: seconds, more than 0.
    package func line(
        count: Int?, fraction: Double?, elapsed: Double, _ style: TerminalStyle
    ) -> String {
        let done = fraction.map { $0.isFinite ? min(max($0, 0), 1) : 0 }
        var parts = [label]
        if let done {
            let filled = Int(done * Double(ProgressText.barWidth))
            parts.append(
                "[" + String(repeating: "#", count: filled)
                    + String(
                        repeating: style.glyph("·", else: "."),
                        count: ProgressText.barWidth - filled)
                    + "] \(Int((done * 100).rounded()))%")
        }
        if let count {
            parts.append(NumberText.grouped("\(count)") + " \(unit)")
            if count > 0 { parts.append(ProgressText.rate(Double(count) / elapsed)) }
        }
        if let done, done > ProgressText.knownFrom, done < 1 {
            parts.append(ProgressText.duration(elapsed / done * (1 - done)) + " left")
        } else if done == nil || done == 0 {
            parts.append(ProgressText.duration(elapsed))
        }
        // One column less: a full line moves some terminals on to the next.
        return parts.joined(separator: "  ").prefix(columns: max(style.size.columns - 1, 1))
    }

    static func rate(_ rate: Double) -> String {
        rate >= 10
            ? NumberText.grouped(NumberText.number(rate, 0)) + "/s"
            : NumberText.number(rate, 1) + "/s"
    }

    /// `9 s`, `2 min 5 s`, `3 h 20 min`.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded(.up))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min" + (whole % 60 > 0 ? " \(whole % 60) s" : "") }
        let minutes = whole / 60
        return "\(minutes / 60) h" + (minutes % 60 > 0 ? " \(minutes % 60) min" : "")
    }
}
