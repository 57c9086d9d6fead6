/// The longer text of a verb's help: paragraphs, then parts under headings in capitals.
struct Discussion {
    private(set) var paragraphs: [String] = []
    private(set) var parts: [Part] = []

    struct Part {
        let heading: String
        /// Without the two spaces that stand before each.
        var lines: [String]
    }

    static let examples = "EXAMPLES"

    init(_ text: String) {
        var paragraph: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if Discussion.isHeading(line) {
                parts.append(Part(heading: String(line), lines: []))
            } else if let last = parts.indices.last {
                parts[last].lines.append(String(line.hasPrefix("  ") ? line.dropFirst(2) : line))
            } else if line.isEmpty {
                close(&paragraph)
            } else {
                paragraph.append(line)
            }
        }
        close(&paragraph)
        for index in parts.indices {
            while parts[index].lines.last?.isEmpty == true { parts[index].lines.removeLast() }
        }
    }

    private mutating func close(_ paragraph: inout [Substring]) {
        if !paragraph.isEmpty { paragraphs.append(paragraph.joined(separator: " ")) }
        paragraph = []
    }

    private static func isHeading(_ line: Substring) -> Bool {
        guard let first = line.first, first.isLetter else { return false }
        return line.allSatisfy { $0.isUppercase || $0 == " " }
    }

    /// The lines under EXAMPLES as they stand.
    var exampleLines: [String] { parts.first { $0.heading == Discussion.examples }?.lines ?? [] }

    /// The commands under EXAMPLES, each as its words; without what is done with their output.
    var examples: [[String]] {
        exampleLines.joined(separator: "\n").replacing("\\\n", with: " ")
            .split(separator: "\n")
            .map { Array(Discussion.words(of: $0).prefix { $0 != ">" && $0 != "|" }) }
    }

    /// The words of a line as a shell takes them: quotes of both kinds, nothing else.
    static func words(of line: some StringProtocol) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch character {
            case quote: quote = nil
            case "'" where quote == nil, "\"" where quote == nil:
                quote = character
                word = word ?? ""
            case " " where quote == nil:
                if let whole = word { words.append(whole) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }
}
