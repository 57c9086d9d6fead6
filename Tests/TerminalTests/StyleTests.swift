import Terminal
import Testing

@Suite("How a stream is shown")
struct StyleTests {
    /// What is asked for, the stream, the environment, and what comes of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var choice = ColourChoice.auto
        var isTerminal = true
        var environment: [String: String] = ["TERM": "xterm-256color"]
        let depth: ColourDepth

        var testDescription: String { "\(choice) \(isTerminal) \(environment) -> \(depth)" }
    }

    static let cases = [
        Case(depth: .indexed),
        Case(isTerminal: false, depth: .none),
        Case(environment: [:], depth: .indexed),
        Case(environment: ["TERM": "dumb"], depth: .none),
        Case(environment: ["TERM": "linux"], depth: .basic),
        Case(environment: ["TERM": "xterm", "COLORTERM": "truecolor"], depth: .full),
        Case(environment: ["TERM": "xterm", "COLORTERM": "24bit"], depth: .full),
        Case(environment: ["NO_COLOR": "1"], depth: .none),
        Case(environment: ["NO_COLOR": "0"], depth: .none),
        Case(environment: ["NO_COLOR": ""], depth: .indexed),
        Case(environment: ["NO_COLOR": "1", "FORCE_COLOR": "1"], depth: .none),
        Case(isTerminal: false, environment: ["CLICOLOR_FORCE": "1"], depth: .indexed),
        Case(isTerminal: false, environment: ["CLICOLOR_FORCE": "0"], depth: .none),
        Case(isTerminal: false, environment: ["FORCE_COLOR": "false"], depth: .none),
        Case(isTerminal: false, environment: ["FORCE_COLOR": "1"], depth: .basic),
        Case(isTerminal: false, environment: ["FORCE_COLOR": "3"], depth: .full),
        Case(isTerminal: false, environment: ["FORCE_COLOR": "yes"], depth: .indexed),
        Case(isTerminal: false, environment: ["FORCE_COLOR": ""], depth: .none),
        Case(isTerminal: false, environment: ["FORCE_COLOR": "0"], depth: .none),
        Case(
            isTerminal: false, environment: ["FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"],
            depth: .indexed),
        Case(environment: ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"], depth: .none),
        Case(
            isTerminal: false, environment: ["NO_COLOR": "", "FORCE_COLOR": "1"], depth: .basic),
        Case(environment: ["FORCE_COLOR": "2", "TERM": "dumb"], depth: .indexed),
        Case(choice: .never, environment: ["FORCE_COLOR": "3"], depth: .none),
        Case(choice: .always, isTerminal: false, environment: ["NO_COLOR": "1"], depth: .indexed),
        Case(
            choice: .never, isTerminal: false, environment: ["CLICOLOR_FORCE": "1"], depth: .none),
        Case(
            choice: .always, isTerminal: false, environment: ["FORCE_COLOR": "0"], depth: .indexed),
        Case(choice: .always, environment: ["TERM": "dumb"], depth: .indexed),
    ]

    @Test(
        "colours: the flag, NO_COLOR, the forcing variables, a dumb terminal, a terminal",
        arguments: cases)
    func colours(_ example: Case) {
        let style = TerminalStyle(
            example.choice, isTerminal: example.isTerminal, environment: example.environment,
            measured: nil)
        #expect(style.depth == example.depth)
        #expect(style.isTerminal == example.isTerminal)
        let isDumb = example.environment["TERM"] == "dumb"
        #expect(style.movesCursor == (example.isTerminal && !isDumb))
    }

    @Test(
        "letters: the first of the locale's variables that is set",
        arguments: [
            (["LANG": "en_US.UTF-8"], true), (["LANG": "C.utf8"], true), (["LANG": "C"], false),
            ([:], false), (["LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"], false),
            (["LANG": "C", "LC_CTYPE": "de_DE.UTF-8"], true),
            (["LANG": "C.UTF-8", "LC_ALL": ""], true),
        ])
    func letters(_ environment: [String: String], _ isUnicode: Bool) {
        let style = TerminalStyle(
            .auto, isTerminal: true, environment: environment, measured: nil)
        #expect(style.isUnicode == isUnicode)
        #expect(style.glyph("→", else: "->") == (isUnicode ? "→" : "->"))
    }

    @Test("size: what the terminal says, else COLUMNS and LINES, else 80 by 24, bounded")
    func size() {
        func size(_ environment: [String: String], _ measured: TerminalSize?) -> TerminalSize {
            TerminalStyle(.auto, isTerminal: true, environment: environment, measured: measured)
                .size
        }
        let said = ["COLUMNS": "100", "LINES": "30"]
        #expect(size(said, TerminalSize(columns: 20, rows: 5)) == .init(columns: 20, rows: 5))
        #expect(size(said, TerminalSize(columns: 0, rows: 0)) == .init(columns: 100, rows: 30))
        #expect(size(said, nil) == .init(columns: 100, rows: 30))
        #expect(size([:], nil) == .init(columns: 80, rows: 24))
        #expect(size(["COLUMNS": "-3", "LINES": "x"], nil) == .init(columns: 80, rows: 24))
        let most = TerminalStyle.columnLimit
        #expect(size(["COLUMNS": "\(most)"], nil).columns == most)
        #expect(size(["COLUMNS": "\(most + 1)"], nil).columns == most)
    }
}
