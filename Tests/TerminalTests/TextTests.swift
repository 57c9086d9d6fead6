import Regimes
import TestSupport
import Testing

@testable import Terminal

@Suite("Text with a meaning, and tables of it")
struct TextTests {
    private static let wide = TerminalStyle(
        isTerminal: true, depth: .indexed, size: .init(columns: 60, rows: 24))

    @Test(
        "columns of text",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｆｕ", 4), ("한", 2),
            ("▁█", 2), ("⠿", 1), ("→", 1), ("👍", 2), ("👨‍👩‍👧", 2), ("a\u{200B}b", 2), ("\u{7}", 0),
        ])
    func width(_ text: String, _ columns: Int) {
        #expect(text.displayWidth == columns)
    }

    @Test("cutting never splits a wide character")
    func fitting() {
        let text = StyledText("日本", .strong) + StyledText("ab")
        #expect(
            (0...7).map { text.fitted(to: $0).plain } == [
                "", "", "日", "日", "日本", "日本a", "日本ab", "日本ab",
            ])
        #expect(text.fitted(to: -1).plain.isEmpty)
    }

    @Test("a meaning is an escape around its text, and nothing without colours")
    func colours() {
        let text = StyledText("SPX ", .strong) + .regime(label: "crisis") + .regime(label: "odd")
        #expect(text.rendered(.plain) == "SPX crisisodd")
        #expect(
            text.rendered(TerminalStyle(isTerminal: true, depth: .indexed))
                == "\u{1B}[1mSPX \u{1B}[0m\u{1B}[38;5;160mcrisis\u{1B}[0modd")
        #expect(
            StyledText("B", .band(.normalBear)).rendered(
                TerminalStyle(isTerminal: true, depth: .full))
                == "\u{1B}[38;2;255;255;255;48;2;94;58;12mB\u{1B}[0m")
        #expect(
            StyledText("B", .band(.normalBear)).rendered(
                TerminalStyle(isTerminal: true, depth: .basic)) == "\u{1B}[33mB\u{1B}[0m")
    }

    @Test("what would speak to the terminal is not passed on to one")
    func controls() {
        let text = StyledText("a\u{1B}[2Jb\u{9B}c")
        let shown = text.rendered(TerminalStyle(isTerminal: true))
        #expect(shown == "a\u{FFFD}[2Jb\u{FFFD}c")
        #expect(text.rendered(.plain) == "a\u{1B}[2Jb\u{9B}c")
    }

    private func table() -> TextTable {
        var table = TextTable([("name", .left), ("count", .right), ("why", .left)])
        table.append(["日本", "7", "because of a long reason that goes on and on and on"])
        table.append([StyledText("spx"), "1,234", ""])
        return table
    }

    @Test("piped: aligned by columns, no spaces at the ends, one line a row")
    func plain() {
        #expect(
            table().text(.plain) == """
                name  count  why
                日本      7  because of a long reason that goes on and on and on
                spx   1,234

                """)
        #expect(TextTable([("a", .left)]).text(.plain) == "a\n")
    }

    @Test("on a terminal: titles step back, and what is too wide goes on beneath")
    func wrapped() {
        let narrow = TerminalStyle(isTerminal: true, size: .init(columns: 40, rows: 24))
        #expect(
            table().text(narrow) == """
                name  count  why
                日本      7  because of a long reason
                             that goes on and on and on
                spx   1,234

                """)
        let lines = table().text(TextTests.wide).split(separator: "\n")
        #expect(
            lines[0] == "\u{1B}[2mname\u{1B}[0m  \u{1B}[2mcount\u{1B}[0m  \u{1B}[2mwhy\u{1B}[0m")
        let narrower = TerminalStyle(isTerminal: true, size: .init(columns: 36, rows: 24))
        #expect(
            table().text(narrower) == """
                name  count  why
                日本      7
                    because of a long reason that
                    goes on and on and on
                spx   1,234

                """)
        // Too narrow to be broken: the terminal does what it can.
        #expect(
            table().text(TerminalStyle(isTerminal: true, size: .init(columns: 20, rows: 24)))
                == table().text(.plain))
    }

    @Test("wrapping loses nothing and keeps to the columns", arguments: Sweep.seeds(20))
    func wrapping(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let words = (0..<30).map { _ in String(repeating: "x", count: 1 + Int(generator.next() % 9))
        }
        let text = StyledText(words.joined(separator: " "))
        for columns in [9, 10, 25, 400] {
            let lines = text.wrapped(to: columns)
            #expect(lines.map(\.plain).joined(separator: " ") == text.plain)
            #expect(lines.allSatisfy { $0.width <= columns })
        }
    }

    @Test("percentages are of numbers alone")
    func percentages() {
        #expect([0, 0.005, 0.994, 1].map(Percent.text) == ["0%", "1%", "99%", "100%"])
        #expect(Percent.text(.nan) == "–" && Percent.text(.infinity) == "–")
    }
}
