import Regimes
import Terminal
import Testing

@Suite("What a person is told, as lines")
struct NoticeLinesTests {
    private static let body = """
        Since the bar of 2018-12-31
        Probability 97.0 %
        Why: wildest of 3 states at 97.0 %; drawdown -16.0 %; price -10.4 % from its mean
        """

    private func lines(
        _ style: TerminalStyle, title: String = "SPX: Bull → Crisis",
        naming regimes: [(word: String, regime: Regime)] = [
            ("Bull", .normalBull), ("Crisis", .crisis),
        ], body: String = body, link: String = "http://localhost:8080/?market=SPX&timeframe=1d"
    ) -> [String] {
        NoticeLines(number: "7", title: title, naming: regimes, body: body, link: link)
            .lines(style).map { $0.rendered(style) }
    }

    @Test("a pipe gets the title with its number, and the rest beneath, a line each")
    func piped() {
        #expect(
            lines(TerminalStyle(isTerminal: false, isUnicode: false)) == [
                "#7  SPX: Bull → Crisis",
                "    Since the bar of 2018-12-31",
                "    Probability 97.0 %",
                "    Why: wildest of 3 states at 97.0 %; drawdown -16.0 %; price -10.4 % from its"
                    + " mean",
                "    http://localhost:8080/?market=SPX&timeframe=1d",
            ])
    }

    @Test("a terminal gets lines that fit, but for a link, which would be none in pieces")
    func narrow() {
        let size = TerminalSize(columns: 40, rows: 24)
        let style = TerminalStyle(isTerminal: true, isUnicode: false, size: size)
        let shown = lines(style)
        #expect(shown.first == "#7  SPX: Bull -> Crisis")
        #expect(shown.last == "    http://localhost:8080/?market=SPX&timeframe=1d")
        #expect(shown.dropLast().allSatisfy { $0.count <= 40 && !$0.hasSuffix(" ") })
        #expect(shown.dropFirst().allSatisfy { $0.hasPrefix("    ") })
        let words = shown.dropFirst().dropLast().flatMap { $0.split(separator: " ") }
        #expect(words == Self.body.split { $0 == " " || $0 == "\n" })
    }

    @Test("where there is hardly room nothing is broken", arguments: [27, 28])
    func hardlyRoom(columns: Int) {
        let size = TerminalSize(columns: columns, rows: 24)
        let count = lines(TerminalStyle(isTerminal: true, size: size)).count
        #expect((count == 5) == (columns == 27))
    }

    @Test("regimes have their colours, whatever the market is called")
    func coloured() {
        let style = TerminalStyle(isTerminal: true, depth: .indexed)
        func inked(_ text: String, _ ink: Ink) -> String { StyledText(text, ink).rendered(style) }
        let told = lines(style, title: "Bull: Bull → Crisis", body: "", link: "")
        #expect(
            told == [
                inked("#7", .faint) + "  " + inked("Bull: ", .strong)
                    + inked("Bull", .regime(.normalBull)) + inked(" → ", .strong)
                    + inked("Crisis", .regime(.crisis))
            ])
        let restated = lines(
            style, title: "SPX: the past was restated, it is Crisis now", body: "", link: "")
        #expect(restated.first?.contains(inked("Crisis", .regime(.crisis))) == true)
        let fill = lines(style, title: "Filled: buy 1 SPX", naming: [], body: "", link: "")
        #expect(fill == [inked("#7", .faint) + "  " + inked("Filled: buy 1 SPX", .strong)])
    }

    @Test("what would move the cursor is not shown on a terminal")
    func controls() {
        let told = lines(
            TerminalStyle(isTerminal: true), title: "SPX\u{1B}[2J: Bull → Crisis",
            body: "Why: \u{7}x")
        #expect(!told.joined().contains("\u{1B}") && !told.joined().contains("\u{7}"))
    }
}
