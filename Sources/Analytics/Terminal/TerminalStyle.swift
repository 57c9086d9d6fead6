/// What somebody asks for with `--color`.
package enum ColourChoice: String, Sendable, CaseIterable {
    case auto, always, never
}

/// How many colours there are.
package enum ColourDepth: Int, Sendable, Comparable {
    case none
    /// The eight that every terminal has.
    case basic
    /// The 256 of xterm.
    case indexed
    /// 24 bits.
    case full

    package static func < (lhs: ColourDepth, rhs: ColourDepth) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

/// Columns and rows of a terminal.
package struct TerminalSize: Sendable, Equatable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// How one stream of output is shown, decided once: colours, letters, width.
///
/// What is piped is shown plainly whatever the terminal beside it can do, so that scripts read the
/// same bytes everywhere.
package struct TerminalStyle: Sendable, Equatable {
    /// Of a terminal that does not tell.
    private static let usualSize = TerminalSize(columns: 80, rows: 24)
    /// Columns that a drawing uses at the most.
    package static let columnLimit = 500

    /// Whether a person looks at it.
    package var isTerminal: Bool
    package var depth: ColourDepth
    /// Whether more than ASCII can be shown.
    package var isUnicode: Bool
    package var size: TerminalSize

    package init(
        isTerminal: Bool, depth: ColourDepth = .none, isUnicode: Bool = true,
        columns: Int = 80, rows: Int = 24
    ) {
        self.isTerminal = isTerminal
        self.depth = depth
        self.isUnicode = isUnicode
        size = TerminalSize(columns: columns, rows: rows)
    }

    /// What a file or a pipe gets.
    package static let plain = TerminalStyle(isTerminal: false)

    /// Decides from what is asked for, what the environment says and what the stream is.
    ///
    /// In this order: `--color`; `NO_COLOR` (any value but the empty one); `CLICOLOR_FORCE` and
    /// `FORCE_COLOR` (any but the empty one, `0` and `false`); `TERM=dumb`; whether it is a
    /// terminal.
    ///
    /// - Parameters:
    ///   - measured: what the terminal says about itself; else `COLUMNS` and `LINES` count.
    package init(
        _ choice: ColourChoice, isTerminal: Bool, environment: [String: String],
        measured: TerminalSize?
    ) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }
        let forced = ["CLICOLOR_FORCE", "FORCE_COLOR"].contains { name in
            value(name).map { $0 != "0" && $0 != "false" } ?? false
        }
        let isColoured =
            switch choice {
            case .always: true
            case .never: false
            case .auto:
                value("NO_COLOR") == nil && (forced || (isTerminal && value("TERM") != "dumb"))
            }
        self.isTerminal = isTerminal
        depth = isColoured ? TerminalStyle.depth(value) : .none
        let locale = value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? ""
        isUnicode = ["utf-8", "utf8"].contains { locale.lowercased().contains($0) }
        let known = measured.flatMap { $0.columns > 0 ? $0 : nil }
        size = TerminalSize(
            columns: known?.columns ?? max(number("COLUMNS") ?? 0, 0),
            rows: known?.rows ?? max(number("LINES") ?? 0, 0))
        if size.columns == 0 { size.columns = TerminalStyle.usualSize.columns }
        if size.rows == 0 { size.rows = TerminalStyle.usualSize.rows }
        size.columns = min(size.columns, TerminalStyle.columnLimit)
    }

    private static func depth(_ value: (String) -> String?) -> ColourDepth {
        if let colours = value("COLORTERM"), ["truecolor", "24bit"].contains(colours) {
            return .full
        }
        switch value("FORCE_COLOR") {
        case "1": return .basic
        case "3": return .full
        default: break
        }
        let terminal = value("TERM") ?? ""
        let isOld = ["linux", "vt100", "vt220", "ansi", "xterm", "cygwin"].contains(terminal)
        return isOld ? .basic : .indexed
    }

    /// `one` where it can be shown, else `other`, of ASCII.
    package func glyph(_ one: String, else other: String) -> String { isUnicode ? one : other }
}
