/// What a page's prose, tables included, says between backticks of programs and their options.
struct DocumentWords {
    /// In the order of the page, with the numbers of their lines.
    let spans: [(line: Int, text: String)]
    /// Commands of the program that are run.
    private let run: [String]

    init(_ page: DocumentPage) {
        run = page.runs.flatMap(\.lines)
        let inside = page.blocks.map { $0.line...$0.end }
        spans = page.lines.indices.flatMap { index -> [(Int, String)] in
            guard !inside.contains(where: { $0.contains(index + 1) }) else { return [] }
            let pieces = page.lines[index].split(separator: "`", omittingEmptySubsequences: false)
            return pieces.indices.filter { $0 % 2 == 1 }.map { (index + 1, String(pieces[$0])) }
        }
    }

    /// `bloasis verify --market M`: the verb, and the options named with it.
    var commands: [(line: Int, verb: String, options: [String])] {
        spans.compactMap { span in
            let words = span.text.split(separator: " ")
            return Self.verb(words).map { (span.line, $0, Self.options(words)) }
        }
    }

    /// Those of commands that are run, too.
    var verbs: [String] {
        commands.map(\.verb) + run.compactMap { Self.verb($0.split(separator: " ")) }
    }

    private static func verb(_ words: [Substring]) -> String? {
        guard let program = words.firstIndex(of: "bloasis"), words.count > program + 1,
            words[..<program].allSatisfy({ $0.contains("=") }),
            words[program + 1].allSatisfy({ $0.isLetter })
        else { return nil }
        return String(words[program + 1])
    }

    /// `--stamp open`: an option without its verb.
    var options: [(line: Int, option: String)] {
        spans.filter { $0.text.hasPrefix("--") }.flatMap { span in
            Self.options(span.text.split(separator: " ")).map { (span.line, $0) }
        }
    }

    /// `make bench RECORD=1`: the word.
    var targets: [(line: Int, word: String)] {
        spans.flatMap { span -> [(Int, String)] in
            let words = span.text.split(separator: " ")
            guard words.first == "make" else { return [] }
            return words.dropFirst().filter { !$0.contains("=") }.map { (span.line, String($0)) }
        }
    }

    private static func options(_ words: [Substring]) -> [String] {
        words.filter { $0.hasPrefix("--") }.map { word in
            String(word.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
        }
    }
}
