package import Regimes
import Reporting

/// What a piece of text means, to be coloured.
package enum Ink: Hashable, Sendable {
    case plain
    /// Stands out: titles.
    case strong
    /// Steps back: captions, axes.
    case faint
    case good
    case caution
    case bad
    case regime(Regime)
    /// Light on the regime's dark band.
    case band(Regime)
}

/// Text in pieces that each have a meaning; the same text without colours.
package struct StyledText: Sendable, Equatable {
    private struct Span: Sendable, Equatable {
        var text: String
        let ink: Ink
    }

    private var spans: [Span] = []

    package init(_ text: String = "", _ ink: Ink = .plain) {
        append(text, ink)
    }

    /// A regime's label in its colour; any other label as it is.
    package static func regime(label: String) -> StyledText {
        StyledText(label, (try? Regime(label: label)).map { .regime($0) } ?? .plain)
    }

    package mutating func append(_ text: String, _ ink: Ink = .plain) {
        guard !text.isEmpty else { return }
        if let last = spans.last, last.ink == ink {
            spans[spans.count - 1].text += text
        } else {
            spans.append(Span(text: text, ink: ink))
        }
    }

    package static func + (lhs: StyledText, rhs: StyledText) -> StyledText {
        var sum = lhs
        for span in rhs.spans { sum.append(span.text, span.ink) }
        return sum
    }

    package var plain: String { spans.map(\.text).joined() }

    /// Columns that it takes.
    package var width: Int { spans.reduce(0) { $0 + $1.text.displayWidth } }

    /// As much as fits into so many columns.
    package func fitted(to columns: Int) -> StyledText {
        guard width > columns else { return self }
        var fitted = StyledText()
        var room = max(columns, 0)
        for span in spans {
            let part = span.text.prefix(columns: room)
            fitted.append(part, span.ink)
            room -= part.displayWidth
            if part.count < span.text.count { break }
        }
        return fitted
    }

    package func rendered(_ style: TerminalStyle) -> String {
        spans.map { span in
            let text = style.isTerminal ? span.text.withoutControls : span.text
            guard let code = span.ink.code(style.depth) else { return text }
            return "\u{1B}[\(code)m\(text)\u{1B}[0m"
        }
        .joined()
    }

    fileprivate var pieces: [(text: String, ink: Ink)] { spans.map { ($0.text, $0.ink) } }

    /// Words on lines of so many columns at the most; a longer word has a line of its own.
    package func wrapped(to columns: Int) -> [StyledText] {
        var lines: [StyledText] = [StyledText()]
        for (text, ink) in pieces {
            for (place, word) in text.split(separator: " ", omittingEmptySubsequences: false)
                .enumerated()
            {
                let line = lines[lines.count - 1]
                let gap = place > 0 ? " " : ""
                if line.width > 0, line.width + gap.count + String(word).displayWidth > columns,
                    !gap.isEmpty
                {
                    lines.append(StyledText(String(word), ink))
                } else {
                    lines[lines.count - 1].append(gap + word, ink)
                }
            }
        }
        return lines
    }
}

extension StyledText: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Ink {
    /// What follows the escape, of ECMA-48; `nil` where nothing is to be said.
    fileprivate func code(_ depth: ColourDepth) -> String? {
        guard depth > .none else { return nil }
        return switch self {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .good: "32"
        case .caution: "33"
        case .bad: "31"
        case .regime(let regime): Ink.word(RegimePalette.colours(of: regime), depth)
        case .band(let regime): Ink.band(RegimePalette.colours(of: regime), depth)
        }
    }

    private static func word(_ colours: RegimeColours, _ depth: ColourDepth) -> String? {
        switch depth {
        case .none: nil
        case .basic: "\(30 + Int(colours.basicIndex))"
        case .indexed: "38;5;\(colours.wordIndex)"
        case .full: "38;2;\(parts(colours.word))"
        }
    }

    private static func band(_ colours: RegimeColours, _ depth: ColourDepth) -> String? {
        switch depth {
        case .none: nil
        // Eight colours have no dark ones to write on.
        case .basic: "\(30 + Int(colours.basicIndex))"
        case .indexed: "38;5;231;48;5;\(colours.shadeIndex)"
        case .full: "38;2;255;255;255;48;2;\(parts(colours.shade))"
        }
    }

    private static func parts(_ colour: RGBColour) -> String {
        "\(colour.red);\(colour.green);\(colour.blue)"
    }
}
