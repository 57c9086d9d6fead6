/// Lines, functions and files stay short enough to be read at once.
enum SizeRules {
    static let columnLimit = 100
    static let functionLineLimit = 70
    static let sourceLineLimit = 400
    static let testLineLimit = 500

    static func longLines(_ file: SourceFile) -> [Violation] {
        file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > columnLimit, line.count > columnLimit else { return nil }
            return Violation(
                path: file.path, line: index + 1,
                message: "\(line.count) columns, \(columnLimit) at most")
        }
    }

    static func longFile(_ file: SourceFile) -> [Violation] {
        let limit = file.isTest ? testLineLimit : sourceLineLimit
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        guard count > limit else { return [] }
        return [
            Violation(
                path: file.path, line: 0, message: "\(count) lines, \(limit) at most: divide it")
        ]
    }

    static func longFunctions(_ file: SourceFile) -> [Violation] {
        let lines = file.code
        return lines.indices.compactMap { start in
            guard let name = functionName(lines[start]), let end = bodyEnd(lines, from: start),
                end - start + 1 > functionLineLimit
            else { return nil }
            return Violation(
                path: file.path, line: start + 1,
                message: "\(name) has \(end - start + 1) lines, \(functionLineLimit) at most")
        }
    }

    /// The name of the function that a line declares.
    private static func functionName(_ line: String) -> String? {
        let words = line.split { $0 == " " || $0 == "(" || $0 == "<" || $0 == "?" }
        for (index, word) in words.enumerated() {
            if word == "func" { return words.dropFirst(index + 1).first.map(String.init) }
            if word == "deinit" || word == "subscript" { return String(word) }
            if word == "init",
                line.contains("init(") || line.contains("init?(")
                    || line.contains("init<"), !line.contains(".init")
            {
                return "init"
            }
        }
        return nil
    }

    /// The line that closes the body of the function declared in a line; `nil` without a body.
    private static func bodyEnd(_ lines: [String], from start: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in start..<lines.count {
            for character in lines[index] {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{": braces += 1
                case "}":
                    braces -= 1
                    if braces < 0 { return nil }
                    if braces == 0, parentheses == 0 { return index }
                default: break
                }
            }
            let isOpen = braces > 0 || parentheses > 0
            if !isOpen, index + 1 < lines.count, !continuesDeclaration(lines[index + 1]) {
                return nil
            }
        }
        return nil
    }

    private static func continuesDeclaration(_ line: String) -> Bool {
        let start = line.drop { $0 == " " }
        return ["{", "->", "where", "throws", "async", "rethrows", ")"]
            .contains { start.hasPrefix($0) }
    }
}
