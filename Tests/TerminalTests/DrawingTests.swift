import Market
import Regimes
import Reporting
import TestSupport
import Testing

@testable import Terminal

@Suite("Drawings in a terminal")
struct DrawingTests {
    private static let unicode = TerminalStyle(isTerminal: true, size: .init(columns: 60, rows: 15))
    private static let ascii = TerminalStyle(
        isTerminal: true, isUnicode: false, size: .init(columns: 60, rows: 15))

    // MARK: - Sparklines

    @Test("a sparkline goes from its lowest to its highest value")
    func sparkline() {
        let style = DrawingTests.unicode
        #expect(Sparkline([1, 2, 3, 4, 5, 6, 7, 8]).text(columns: 8, style) == "▁▂▃▄▅▆▇█")
        #expect(
            Sparkline([1, 2, 3, 4, 5, 6, 7, 8]).text(columns: 8, DrawingTests.ascii) == "_.,-~+*#")
        #expect(Sparkline([0, 1, 0, 1]).text(columns: 2, style) == "▅▅")
        #expect(Sparkline([0.5, 1], over: 0...1).text(columns: 9, style) == "▅█")
        #expect(Sparkline([-1, 2], over: 0...1).text(columns: 9, style) == "▁█")
    }

    @Test("a sparkline of nothing, of one, of what does not move, with gaps")
    func sparklineEdges() {
        let style = DrawingTests.unicode
        #expect(Sparkline([]).text(columns: 5, style).isEmpty)
        #expect(Sparkline([.nan, .nan]).text(columns: 5, style).isEmpty)
        #expect(Sparkline([3]).text(columns: 5, style) == "▅")
        #expect(Sparkline([3, 3, 3]).text(columns: 5, style) == "▅▅▅")
        #expect(Sparkline([1, .nan, 2]).text(columns: 5, style) == "▁ █")
        #expect(Sparkline([1, 2]).text(columns: 0, style).isEmpty)
    }

    // MARK: - Charts

    private static let spx = Series(market: Names.market("SPX"))

    /// Days of a price that rises and falls, with a regime for each third.
    private static func points(_ count: Int) -> [HistoryPoint] {
        let regimes: [Regime] = [.normalBull, .crisis, .normalBear]
        return (0..<count).map { bar in
            let share = Double(bar) / Double(max(count - 1, 1))
            return HistoryPoint(
                timestamp: Names.day(bar), close: 100 + 50 * share * (1.4 - share),
                regime: regimes[bar * 3 / count], confidence: 0.9,
                probabilities: RegimeProbabilities(concentratedOn: regimes[bar * 3 / count]))
        }
    }

    private static func plain(_ points: [HistoryPoint], _ style: TerminalStyle) -> String {
        RegimeChart(spx, points).lines(style).map {
            $0.rendered(style).withoutTrailingSpaces + "\n"
        }
        .joined()
    }

    @Test("a chart, with Braille")
    func chart() {
        #expect(
            DrawingTests.plain(DrawingTests.points(90), DrawingTests.unicode) == """
                SPX/1d  2018-01-01 … 2018-03-31  90 bars
                122┤                       ⣀⣀⡠⠤⠤⠒⠒⠒⠋⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠒⠒⠒⠦⠤⢤⣀⣀
                   │                ⢀⣀⡤⠴⠒⠋⠉⠁                               ⠉
                   │           ⢀⣀⠤⠖⠊⠁
                   │       ⣀⡠⠔⠊⠉
                   │   ⢀⡠⠔⠊⠁
                102┤⣀⠤⠒⠁
                   └───────────────────┬────────────────┬───────────────────
                                       2018-02          2018-03
                    UUUUUUUUUUUUUUUUUUUCCCCCCCCCCCCCCCCCCBBBBBBBBBBBBBBBBBBB
                C crisis 33%   B normal_bear 33%   U normal_bull 33%

                """)
    }

    @Test("a chart of ASCII alone")
    func asciiChart() {
        let text = DrawingTests.plain(DrawingTests.points(90), DrawingTests.ascii)
        #expect(text.utf8.count == text.count)
        #expect(
            text == """
                SPX/1d  2018-01-01 ... 2018-03-31  90 bars
                122+                       ********************************
                   |                 ******                                *
                   |            *****
                   |       *****
                   |    ****
                102+****
                   +-------------------+----------------+-------------------
                                       2018-02          2018-03
                    UUUUUUUUUUUUUUUUUUUCCCCCCCCCCCCCCCCCCBBBBBBBBBBBBBBBBBBB
                C crisis 33%   B normal_bear 33%   U normal_bull 33%

                """)
    }

    @Test("with colours the text is the same, and bands lie behind the line")
    func colouredChart() {
        var style = DrawingTests.unicode
        let points = DrawingTests.points(90)
        let without = RegimeChart(DrawingTests.spx, points).lines(style)
        style.depth = .indexed
        let with = RegimeChart(DrawingTests.spx, points).lines(style)
        #expect(with.map(\.plain) == without.map(\.plain))
        let text = with.map { $0.rendered(style) }.joined(separator: "\n")
        for band in ["48;5;23m", "48;5;88m", "48;5;94m"] { #expect(text.contains(band)) }
    }

    @Test(
        "whatever comes, no line is wider than the terminal and none is missing",
        arguments: [20, 24, 25, 40, 80, 500])
    func bounds(_ columns: Int) {
        var histories: [[HistoryPoint]] = [1, 2, 3, 19, 20, 300].map(DrawingTests.points)
        let minutes: [HistoryPoint] = (0..<400).map { minute in
            let close: Double? = minute % 50 == 7 ? nil : Double(1700 + minute % 11)
            return HistoryPoint(
                timestamp: Names.day(0).advanced(bySeconds: Int64(minute) * 60), close: close,
                regime: .lowVolatility, confidence: 1, probabilities: .unknown)
        }
        histories.append(minutes)
        histories.append(DrawingTests.points(30).map { Names.without($0) })
        histories.append(DrawingTests.points(30).map { Names.with($0, close: 7) })
        histories.append(DrawingTests.points(30).map { Names.with($0, close: -3) })
        let series = Series(market: Names.market(String(repeating: "M", count: 32)))
        for points in histories {
            for isUnicode in [true, false] {
                let style = TerminalStyle(
                    isTerminal: true, isUnicode: isUnicode, size: .init(columns: columns, rows: 12))
                let lines = RegimeChart(series, points).lines(style)
                #expect(lines.count >= 8)
                #expect(lines.allSatisfy { $0.width <= columns }, "\(points.count) bars")
            }
        }
    }

    @Test("no bars, and one")
    func few() {
        #expect(DrawingTests.plain([], DrawingTests.unicode) == "SPX/1d: no bars\n")
        let one = DrawingTests.plain(DrawingTests.points(1), DrawingTests.unicode)
        #expect(one.hasPrefix("SPX/1d  2018-01-01 … 2018-01-01  1 bar\n"))
        #expect(one.contains("U normal_bull 100%"))
    }

    @Test("a column has the regime of most of its bars")
    func columns() {
        let points = DrawingTests.points(3000)
        let strip =
            RegimeChart(DrawingTests.spx, points).lines(DrawingTests.unicode)
            .map(\.plain).first { $0.contains("UUU") && !$0.contains("n") } ?? ""
        let letters = strip.filter { $0 != " " }
        #expect(Set(letters) == ["U", "C", "B"])
        #expect(RegimeRun.runs(of: letters.map { $0 == "U" ? .normalBull : .crisis }).count == 2)
    }

    // MARK: - Progress

    @Test("progress: how much, how fast, how long still")
    func progress() {
        let text = ProgressText(label: "SPX/1d", unit: "bars")
        let style = TerminalStyle(isTerminal: true, size: .init(columns: 100, rows: 24))
        #expect(
            text.line(count: 2050, fraction: 0.41, elapsed: 2, style)
                == "SPX/1d  [#########···············] 41%  2,050 bars  1,025/s  3 s left")
        #expect(
            text.line(count: 5, fraction: nil, elapsed: 10, style)
                == "SPX/1d  5 bars  0.5/s  10 s")
        #expect(text.line(count: nil, fraction: nil, elapsed: 61, style) == "SPX/1d  1 min 1 s")
        #expect(
            text.line(count: 0, fraction: .nan, elapsed: 3, DrawingTests.ascii)
                == "SPX/1d  [........................] 0%  0 bars  3 s")
        #expect(
            text.line(count: 9, fraction: 7, elapsed: 3, style)
                == "SPX/1d  [########################] 100%  9 bars  3.0/s")
        let narrow = TerminalStyle(isTerminal: true, size: .init(columns: 20, rows: 24))
        #expect(text.line(count: 1, fraction: 0.5, elapsed: 1, narrow).displayWidth == 19)
    }

    @Test(
        "durations, rounded up",
        arguments: [
            (0.0, "0 s"), (0.2, "1 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"),
            (3599, "59 min 59 s"), (3600, "1 h"), (3661, "1 h 1 min"),
            (.infinity, "277777 h 46 min"),
            (-5, "0 s"),
        ])
    func durations(_ seconds: Double, _ text: String) {
        #expect(ProgressText.duration(seconds) == text)
    }
}

/// Values that the tests are made of.
enum Names {
    static func market(_ text: String) -> MarketName {
        guard let name = MarketName(text) else { preconditionFailure("\(text) is no market") }
        return name
    }

    /// So many days after the first of 2018.
    static func day(_ number: Int) -> Timestamp {
        Timestamp(clamping: CivilDate(daysSinceEpoch: 17_532 + number), secondsOfDay: 75_600)
    }

    static func without(_ point: HistoryPoint) -> HistoryPoint { with(point, close: nil) }

    static func with(_ point: HistoryPoint, close: Double?) -> HistoryPoint {
        HistoryPoint(
            timestamp: point.timestamp, close: close, regime: point.regime,
            confidence: point.confidence, probabilities: point.probabilities)
    }
}

extension String {
    /// Golden texts have no spaces at the ends of their lines.
    var withoutTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension TerminalStyle {
    /// What a pipe gets.
    static let plain = TerminalStyle(isTerminal: false)
}
