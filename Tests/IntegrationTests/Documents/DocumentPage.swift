import Foundation

/// A document as one reads it who follows it: what is to be run, and what that is said to show.
///
/// | in the document | means |
/// |---|---|
/// | a block of `sh` or `python` | is run, in the order of the page, in one shell |
/// | a block of `text` or `json` behind one | is what that one shows; `…` stands for anything |
/// | «Ctrl-C ends it» behind a command, or `&` | it goes on until the page has been followed |
/// | `# exits with 3` behind a command | so it does; with 0 where nothing is said |
/// | `<!-- not run: why -->` before a block | it is not run |
/// | `<!-- said by: words -->` before a text | what the block with these words shows by then |
struct DocumentPage: Sendable {
    struct Block: Sendable {
        /// The number of the line of its opening fence.
        let line: Int
        let language: String
        let lines: [String]
        let use: Use

        /// The number of the line of its closing fence.
        var end: Int { line + lines.count + 1 }
    }

    enum Use: Equatable, Sendable {
        case run
        case skipped(reason: String)
        /// What the block whose fence opens at a line shows.
        case shown(by: Int)
        case data
    }

    /// Something at a line that keeps a page from being followed.
    struct Problem: Error, Equatable, CustomStringConvertible {
        let line: Int
        let message: String

        var description: String { "line \(line): \(message)" }
    }

    /// From the root of the repository.
    let path: String
    let lines: [String]
    let blocks: [Block]
    let problems: [Problem]

    init(path: String, text: String) {
        var reading = Reading()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() { reading.take(line, number: index + 1) }
        reading.finish(lines.count)
        (self.path, self.lines) = (path, lines)
        (blocks, problems) = (reading.blocks, reading.problems)
    }

    var runs: [Block] { blocks.filter { $0.use == .run } }

    func shown(by block: Block) -> [Block] {
        blocks.filter { $0.use == .shown(by: block.line) }
    }
}

extension DocumentPage.Block {
    private static let endless = "Ctrl-C ends it"

    /// Goes on beside what follows on the page.
    var isEndless: Bool {
        lines.contains { line in
            let end = Self.code(line).reversed().drop { $0 == " " }.prefix(2)
            return Self.needsEnding(line) || (end.first == "&" && end.last != "&")
        }
    }

    /// A line without its comment.
    static func code(_ line: String) -> Substring {
        line.firstRange(of: " #").map { line[..<$0.lowerBound] } ?? line[...]
    }

    /// Its comment says that it is ended by hand.
    static func needsEnding(_ line: String) -> Bool {
        line.dropFirst(code(line).count).contains(endless)
    }

    /// What its commands say that they exit with, by the line on which they end; a command that
    /// goes over several lines is all of them.
    var promisedStatuses: [(lines: ClosedRange<Int>, status: Int)] {
        lines.indices.compactMap { index in
            let comment = lines[index].dropFirst(Self.code(lines[index]).count)
            guard let words = comment.firstRange(of: "exits with "),
                let status = Int(comment[words.upperBound...].prefix { $0.isNumber })
            else { return nil }
            var first = index
            while first > 0, lines[first - 1].hasSuffix("\\") { first -= 1 }
            return (line + 1 + first...line + 1 + index, status)
        }
    }
}

/// A page that has been read up to a line.
private struct Reading {
    var blocks: [DocumentPage.Block] = []
    var problems: [DocumentPage.Problem] = []
    private var open: (line: Int, language: String, lines: [String])?
    private var mark: (line: Int, name: String, words: String)?
    /// The block right above, if nothing but blank lines has come since.
    private var above: DocumentPage.Block?

    /// What a reader cannot run: data, and code that tests of its own compile.
    private static let data: Set<String> = [
        "csv", "drawing", "math", "proto", "sql", "swift", "yaml",
    ]
    private static let marks: Set<String> = ["not run", "said by"]

    mutating func take(_ line: String, number: Int) {
        let trimmed = line.drop { $0 == " " }
        if let begun = open {
            if trimmed.hasPrefix("```") {
                open = nil
                close(begun.line, begun.language, begun.lines)
            } else {
                open?.lines.append(line)
            }
        } else if trimmed.hasPrefix("```") {
            open = (number, String(trimmed.drop { $0 == "`" }), [])
        } else if let found = Self.mark(trimmed) {
            mark = (number, found.name, found.words)
        } else if !trimmed.isEmpty {
            above = nil
            refuseMark()
        }
    }

    mutating func finish(_ count: Int) {
        refuseMark()
        if let open { problem(open.line, "the fence is never closed") }
    }

    private static func mark(_ line: Substring) -> (name: String, words: String)? {
        guard line.hasPrefix("<!-- "), line.hasSuffix(" -->") else { return nil }
        let pieces = line.dropFirst(5).dropLast(4).split(separator: ": ", maxSplits: 1)
        guard pieces.count == 2, marks.contains(String(pieces[0])) else { return nil }
        return (String(pieces[0]), String(pieces[1]))
    }

    private mutating func problem(_ line: Int, _ message: String) {
        problems.append(DocumentPage.Problem(line: line, message: message))
    }

    private mutating func refuseMark() {
        if let mark { problem(mark.line, "no block follows «\(mark.name)»") }
        mark = nil
    }

    private mutating func close(_ line: Int, _ language: String, _ lines: [String]) {
        let block = DocumentPage.Block(
            line: line, language: language, lines: lines, use: use(line, language))
        blocks.append(block)
        above = block
        mark = nil
    }

    private mutating func use(_ line: Int, _ language: String) -> DocumentPage.Use {
        if let mark, mark.name == "not run" { return .skipped(reason: mark.words) }
        switch language {
        case "sh", "python":
            if mark != nil { problem(line, "what is run is said by nobody") }
            return .run
        case "text", "json":
            if let mark { return saying(mark.words, line) }
            switch above?.use {
            case .run: return .shown(by: above?.line ?? 0)
            case .skipped(let reason): return .skipped(reason: reason)
            case .shown, .data, nil: break
            }
            if language == "text" { problem(line, "a text that no command above it shows") }
            return .data
        case let other where Self.data.contains(other):
            return .data
        default:
            problem(line, "«\(language)» is neither run nor known as data")
            return .data
        }
    }

    private mutating func saying(_ words: String, _ line: Int) -> DocumentPage.Use {
        let speaker = blocks.last { block in
            block.use == .run && block.lines.contains { $0.contains(words) }
        }
        guard let speaker else {
            problem(line, "no command above it has the words «\(words)»")
            return .data
        }
        return .shown(by: speaker.line)
    }
}
