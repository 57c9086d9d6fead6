import Market
import Regimes
import Strategies
import TestSupport
import Testing
import Trading

@Suite("What a paper portfolio made, by regime")
struct PaperReportTests {
    private static func mark(_ day: Int, _ regime: Regime, _ equity: Int128) -> PaperReport.Mark {
        PaperReport.Mark(
            asOf: Samples.day(day), regime: regime, equity: DecimalNumber(equity))
    }

    private static func seconds(to day: Int) -> Int64 {
        (Samples.day(day).nanoseconds - Samples.day(0).nanoseconds)
            / Timestamp.nanosecondsPerSecond
    }

    @Test("what happens up to a bar belongs to the regime before it; all adds up")
    func lines() throws {
        let marks = [
            Self.mark(0, .normalBull, 1_000), Self.mark(1, .normalBull, 1_100),
            Self.mark(2, .crisis, 990), Self.mark(3, .crisis, 792),
            Self.mark(4, .normalBull, 900), Self.mark(5, .normalBull, 855),
        ]
        let report = try PaperReport(marks, fills: [])
        #expect(report.lines.map(\.regime) == [.crisis, .normalBull, nil])
        let (crisis, bull, all) = (report.lines[0], report.lines[1], report.lines[2])
        // Into the crisis the fall was the bull's: it was held under its label.
        #expect(bull.bars == 3 && bull.profit == DecimalNumber(-55))
        #expect(abs(bull.drawdown - 0.1) < 1e-12)
        #expect(crisis.bars == 2 && crisis.profit == DecimalNumber(-90))
        #expect(abs(crisis.drawdown - 0.2) < 1e-12)
        #expect(all.bars == 5 && all.profit == DecimalNumber(-145))
        #expect(abs(all.drawdown - (1 - 792.0 / 1_100)) < 1e-12)
    }

    @Test("fills count for the regime that they were made under, against what there was then")
    func fills() throws {
        let marks = [
            Self.mark(0, .crisis, 1_000), Self.mark(1, .normalBull, 500),
            Self.mark(2, .normalBull, 500),
        ]
        let first = try Samples.fill(
            "f-1", quantity: DecimalNumber(5), price: DecimalNumber(100),
            commission: DecimalNumber(1), second: Self.seconds(to: 1))
        let second = try Samples.fill(
            "f-2", quantity: DecimalNumber(1), price: DecimalNumber(100),
            commission: DecimalNumber(2), second: Self.seconds(to: 2))
        let report = try PaperReport(marks, fills: [first, second])
        #expect(report.lines.map(\.fills) == [1, 1, 2])
        #expect(report.lines.map(\.commission) == [1, 2, 3].map { DecimalNumber($0) })
        #expect(report.lines.map(\.traded) == [500, 100, 600].map { DecimalNumber($0) })
        #expect(zip(report.lines, [0.5, 0.2, 0.7]).allSatisfy { abs($0.turnover - $1) < 1e-12 })
    }

    @Test("of nothing, nothing")
    func empty() throws {
        #expect(try PaperReport([], fills: []).lines.map(\.bars) == [0])
        #expect(try PaperReport([Self.mark(0, .crisis, 5)], fills: []).lines.count == 1)
    }
}
