/// Blanks out comments and the contents of string literals, so that a search finds code only. Code
/// inside `\(…)` stays, and so does the number of lines.
struct SwiftScanner {
    private enum Mode {
        case code
        /// Code inside an interpolation: ends where its parentheses close.
        case interpolation(depth: Int)
        case string(pounds: Int, isMultiline: Bool)
        case lineComment
        case blockComment(depth: Int)
    }

    private let source: [UInt8]
    private var result: [UInt8]
    private var modes: [Mode] = [.code]
    private var index = 0

    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")
    private static let quote = UInt8(ascii: "\"")
    private static let pound = UInt8(ascii: "#")
    private static let backslash = UInt8(ascii: "\\")
    private static let open = UInt8(ascii: "(")
    private static let close = UInt8(ascii: ")")

    static func codeLines(_ text: String) -> [String] {
        var scanner = SwiftScanner(source: Array(text.utf8))
        scanner.run()
        return scanner.result.split(separator: newline, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private init(source: [UInt8]) {
        self.source = source
        result = source
    }

    private mutating func run() {
        while index < source.count, let mode = modes.last {
            switch mode {
            case .code: stepThroughCode(depth: nil)
            case .interpolation(let depth): stepThroughCode(depth: depth)
            case .string(let pounds, let isMultiline):
                stepThroughString(pounds: pounds, isMultiline: isMultiline)
            case .lineComment:
                if byte() == SwiftScanner.newline {
                    modes.removeLast()
                } else {
                    skip(1, blanking: true)
                }
            case .blockComment(let depth): stepThroughBlockComment(depth: depth)
            }
        }
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        index + offset < source.count ? source[index + offset] : nil
    }

    private mutating func skip(_ count: Int, blanking: Bool) {
        for _ in 0..<count where index < source.count {
            if blanking, source[index] != SwiftScanner.newline {
                result[index] = SwiftScanner.space
            }
            index += 1
        }
    }

    private mutating func stepThroughCode(depth: Int?) {
        let isSlash = byte() == SwiftScanner.slash
        if isSlash, byte(1) == SwiftScanner.slash {
            modes.append(.lineComment)
        } else if isSlash, byte(1) == SwiftScanner.star {
            modes.append(.blockComment(depth: 0))
        } else if byte() == SwiftScanner.quote || byte() == SwiftScanner.pound {
            if !beginString() { skip(1, blanking: false) }
        } else {
            if let depth {
                let change =
                    byte() == SwiftScanner.open ? 1 : byte() == SwiftScanner.close ? -1 : 0
                modes.removeLast()
                if depth + change > 0 { modes.append(.interpolation(depth: depth + change)) }
            }
            skip(1, blanking: false)
        }
    }

    private mutating func beginString() -> Bool {
        var pounds = 0
        while byte(pounds) == SwiftScanner.pound { pounds += 1 }
        guard byte(pounds) == SwiftScanner.quote else { return false }
        let isMultiline =
            byte(pounds + 1) == SwiftScanner.quote && byte(pounds + 2) == SwiftScanner.quote
        skip(pounds + (isMultiline ? 3 : 1), blanking: false)
        modes.append(.string(pounds: pounds, isMultiline: isMultiline))
        return true
    }

    private mutating func stepThroughString(pounds: Int, isMultiline: Bool) {
        func arePounds(from offset: Int) -> Bool {
            (0..<pounds).allSatisfy { byte(offset + $0) == SwiftScanner.pound }
        }
        if byte() == SwiftScanner.backslash, arePounds(from: 1) {
            let isInterpolation = byte(pounds + 1) == SwiftScanner.open
            skip(pounds + 2, blanking: true)
            if isInterpolation { modes.append(.interpolation(depth: 1)) }
            return
        }
        let quotes = isMultiline ? 3 : 1
        if (0..<quotes).allSatisfy({ byte($0) == SwiftScanner.quote }), arePounds(from: quotes) {
            skip(quotes + pounds, blanking: false)
            modes.removeLast()
        } else {
            skip(1, blanking: true)
        }
    }

    private mutating func stepThroughBlockComment(depth: Int) {
        modes.removeLast()
        if byte() == SwiftScanner.slash, byte(1) == SwiftScanner.star {
            modes.append(.blockComment(depth: depth + 1))
            skip(2, blanking: true)
        } else if byte() == SwiftScanner.star, byte(1) == SwiftScanner.slash {
            if depth > 1 { modes.append(.blockComment(depth: depth - 1)) }
            skip(2, blanking: true)
        } else {
            modes.append(.blockComment(depth: depth))
            skip(1, blanking: true)
        }
    }
}

/// Searches in lines of code.
enum CodeSearch {
    /// Whether a line holds a piece of code that does not continue a longer name to its left.
    static func holds(_ piece: String, in line: String) -> Bool {
        let line = Array(line.utf8)
        let piece = Array(piece.utf8)
        guard let first = piece.first, line.count >= piece.count else { return false }
        for start in 0...(line.count - piece.count) where line[start] == first {
            guard line[start..<(start + piece.count)].elementsEqual(piece) else { continue }
            if start == 0 || !isNameByte(line[start - 1]) || first == UInt8(ascii: ".") {
                return true
            }
        }
        return false
    }

    /// The words of code: names and keywords.
    static func words(_ lines: [String]) -> Set<Substring> {
        var words: Set<Substring> = []
        for line in lines {
            words.formUnion(line.split { !($0.isLetter || $0.isNumber || $0 == "_") })
        }
        return words
    }

    static func holdsWord(_ word: String, in line: String) -> Bool {
        line.contains(word) && words([line]).contains(word[...])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80 || (48...57).contains(byte)
            || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
