package import Regimes

/// Something that a person is told, as lines.
package struct NoticeLines: Sendable {
    /// What is narrower is not broken into lines.
    private static let narrowest = 24

    private let number: String
    private let title: String
    private let regimes: [(word: String, regime: Regime)]
    private let body: [String]
    private let link: String

    /// - Parameters:
    ///   - number: names it.
    ///   - regimes: those that the title names, in its words and its order.
    ///   - body: lines.
    ///   - link: empty where there is none.
    package init(
        number: String, title: String, naming regimes: [(word: String, regime: Regime)],
        body: String, link: String
    ) {
        self.number = number
        self.title = title
        self.regimes = regimes
        self.body = body.split(separator: "\n").map { String($0) }
        self.link = link
    }

    /// A title, and what belongs to it beneath; each in one line where it is piped.
    package func lines(_ style: TerminalStyle) -> [StyledText] {
        let label = StyledText("#\(number)", .faint) + StyledText("  ")
        let indent = StyledText(String(repeating: " ", count: label.width))
        let room = style.size.columns - label.width
        let isBroken = style.isTerminal && room >= NoticeLines.narrowest
        func broken(_ text: StyledText) -> [StyledText] {
            isBroken ? text.wrapped(to: room) : [text]
        }
        var lines = broken(colouredTitle(style))
        for line in body { lines += broken(StyledText(line)) }
        // A link that is broken is none.
        if !link.isEmpty { lines.append(StyledText(link, .faint)) }
        return lines.enumerated().map { ($0.offset == 0 ? label : indent) + $0.element }
    }

    /// The regimes stand at its end, whatever the market is called.
    private func colouredTitle(_ style: TerminalStyle) -> StyledText {
        var rest = title[...]
        var coloured = StyledText()
        for (word, regime) in regimes.reversed() {
            guard let place = rest.ranges(of: word).last else { continue }
            let behind = rest[place.upperBound...]
            coloured = StyledText(word, .regime(regime)) + plain(behind, style) + coloured
            rest = rest[..<place.lowerBound]
        }
        return plain(rest, style) + coloured
    }

    private func plain(_ text: Substring, _ style: TerminalStyle) -> StyledText {
        // Pipes get the same bytes everywhere.
        let arrow = style.isTerminal ? style.glyph("→", else: "->") : "→"
        return StyledText(String(text).replacing("→", with: arrow), .strong)
    }
}
