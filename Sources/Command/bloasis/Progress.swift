import Foundation

/// A progress bar on standard error: bars, rate and, with a known total, the time left.
///
/// Silent unless standard error is a terminal; redrawn ten times a second at the most.
struct ProgressBar {
    private static let width = 24
    private static let redrawInterval: Duration = .milliseconds(100)

    var label: String
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastDrawn: ContinuousClock.Instant?
    private let isEnabled: Bool

    init(_ label: String, isEnabled: Bool = StandardError.isTerminal) {
        self.label = label
        self.isEnabled = isEnabled
        start = clock.now
    }

    /// - Parameters:
    ///   - fraction: of the work done, 0 … 1; `nil` when the total is not known.
    mutating func update(bars: Int, fraction: Double?) {
        guard isEnabled else { return }
        let now = clock.now
        if let lastDrawn, now - lastDrawn < ProgressBar.redrawInterval { return }
        lastDrawn = now
        let elapsed = max((now - start) / .seconds(1), 1e-3)
        StandardError.write(
            "\r\u{1B}[K"
                + ProgressBar.text(label: label, bars: bars, fraction: fraction, elapsed: elapsed))
    }

    /// A line that stays, above the bar.
    mutating func interrupt(_ line: String) {
        finish()
        StandardError.line(line)
        lastDrawn = nil
    }

    func finish() {
        if isEnabled, lastDrawn != nil { StandardError.write("\r\u{1B}[K") }
    }

    /// One line: `SPX/1d [######··········] 41%  2,050 bars  3,120/s  1s left`.
    static func text(label: String, bars: Int, fraction: Double?, elapsed: Double) -> String {
        let rate = Double(bars) / elapsed
        var parts = [label]
        if let fraction {
            let done = min(max(fraction, 0), 1)
            let filled = Int(done * Double(width))
            parts.append(
                "[" + String(repeating: "#", count: filled)
                    + String(repeating: "·", count: width - filled) + "] "
                    + Format.percent(done))
        }
        parts.append("\(Format.count(bars)) bars")
        parts.append("\(Format.count(Int(rate)))/s")
        if let fraction, fraction > 0.01 {
            parts.append("\(Int((elapsed / fraction * (1 - fraction)).rounded(.up)))s left")
        }
        return parts.joined(separator: "  ")
    }
}
