import Foundation
import Market
import TestSupport

@testable import Evaluation

/// Markets to evaluate on: real ones from `Fixtures`, and made ones.
enum Histories {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let standardAndPoors = csv("spx_daily_1999_2018.csv")

    /// A plain daily file: `date,open,high,low,close,…`.
    static func csv(_ name: String) -> MarketHistory {
        let text =
            (try? String(contentsOf: root.appending(path: "Fixtures/\(name)"), encoding: .utf8))
        var bars = BarColumns()
        for line in (text ?? "").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard let date = CivilDate(iso: fields[0]), fields.count > 4 else { continue }
            bars.append(
                Bar(
                    timestamp: SessionCalendar.nyse.close(on: date),
                    close: Double(fields[4]) ?? .nan))
        }
        return MarketHistory(name: name, bars: bars, calendar: .nyse, barsPerYear: 252)
    }

    /// Daily closes from 2000-01-03 on, every day one.
    static func closes(_ closes: [Double], name: String = "made") -> MarketHistory {
        let first = CivilDate(daysSinceEpoch: 10_959)
        let bars = closes.enumerated().map { index, close in
            Bar(
                timestamp: SessionCalendar.none.close(on: first.advanced(byDays: index)),
                close: close)
        }
        return MarketHistory(
            name: name, bars: BarColumns(bars), calendar: .none, barsPerYear: 252)
    }

    /// A random walk whose volatility switches.
    static func randomWalk(_ count: Int, seed: UInt64, missingShare: Double = 0) -> MarketHistory {
        var generator = SplitMix64(seed: seed)
        var close = 100.0
        var isWild = false
        return closes(
            (0..<count).map { _ in
                if generator.unit() < 0.02 { isWild.toggle() }
                close *= 1 + (isWild ? 0.025 : 0.007) * generator.normal()
                return generator.unit() < missingShare ? .nan : close
            })
    }
}

/// Whether two numbers agree but for rounding.
func agree(_ one: Double, _ other: Double, within tolerance: Double = 1e-12) -> Bool {
    abs(one - other) <= tolerance * max(1, abs(one), abs(other))
}
