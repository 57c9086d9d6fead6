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

    /// Of a terminal that does not tell.
    package static let usual = TerminalSize(columns: 80, rows: 24)

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// How one stream of output is shown, decided once: colours, letters, width.
///
/// What is piped is shown plainly whatever the terminal beside it can do, so that scripts read the
/// same bytes everywhere; colours alone, and nothing else, are added to a pipe by whoever forces
/// them.
package struct TerminalStyle: Sendable, Equatable {
    /// Columns that a drawing uses at the most.
    package static let columnLimit = 500

    /// Whether a person looks at it.
    package var isTerminal: Bool
    /// Whether what stands there can be drawn over.
    package var movesCursor: Bool
    package var depth: ColourDepth
    /// Whether more than ASCII can be shown.
    package var isUnicode: Bool
    package var size: TerminalSize {
        didSet { size = TerminalStyle.bounded(size) }
    }

    /// - Parameters:
    ///   - size: of a terminal that does not tell it the usual one.
    package init(
        isTerminal: Bool, depth: ColourDepth = .none, isUnicode: Bool = true,
        size: TerminalSize = .usual
    ) {
        self.isTerminal = isTerminal
        movesCursor = isTerminal
        self.depth = depth
        self.isUnicode = isUnicode
        self.size = TerminalStyle.bounded(size)
    }

    private static func bounded(_ size: TerminalSize) -> TerminalSize {
        TerminalSize(columns: min(size.columns, columnLimit), rows: size.rows)
    }

    /// Decides from what is asked for, what the environment says and what the stream is.
    ///
    /// The first of these that says anything: `--color always` or `never`; `NO_COLOR` (any value
    /// but the empty one), against colours; `CLICOLOR_FORCE` or `FORCE_COLOR` (any but the empty
    /// one, `0` and `false`), for them in pipes and on dumb terminals too; `TERM=dumb`, against
    /// them; whether it is a terminal.
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
        func number(_ name: String) -> Int? {
            value(name).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
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
        let locale = value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? ""
        let known = measured.flatMap { $0.columns > 0 && $0.rows > 0 ? $0 : nil }
        self.init(
            isTerminal: isTerminal,
            depth: isColoured ? TerminalStyle.depth(value) : .none,
            isUnicode: ["utf-8", "utf8"].contains { locale.lowercased().contains($0) },
            size: known
                ?? TerminalSize(
                    columns: number("COLUMNS") ?? TerminalSize.usual.columns,
                    rows: number("LINES") ?? TerminalSize.usual.rows))
        movesCursor = isTerminal && value("TERM") != "dumb"
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
