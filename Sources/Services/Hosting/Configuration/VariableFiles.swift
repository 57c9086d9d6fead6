import Foundation

/// A variable as a file gave it.
struct FileVariable: Equatable {
    var name: String
    var text: String
    /// 1 for the first line; `nil` where the format does not tell.
    var line: Int?
}

/// Reads the two kinds of files that hold variables. Stricter than most readers: a line that is no
/// assignment, a name given twice and an unfinished quote are errors, not guesses.
enum VariableFiles {
    static let sizeLimit = 1 << 20

    /// A file's text; `nil` when there is no such file.
    static func contents(of path: String) throws(ConfigurationError) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ConfigurationError(["\(path): cannot be read: \(error.localizedDescription)"])
        }
        guard data.count <= sizeLimit else {
            throw ConfigurationError([
                "\(path): larger than \(sizeLimit) bytes: is it the right file?"
            ])
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError(["\(path): is not UTF-8 text"])
        }
        return text
    }

    /// `NAME=value` lines; blank lines and `#` comments are skipped, `export ` before a name is
    /// allowed. A value may stand in single or double quotes; unquoted, ` #` starts a comment.
    static func dotEnv(_ text: String, path: String) throws(ConfigurationError) -> [FileVariable] {
        var variables: [FileVariable] = []
        var problems: [String] = []
        var lineOfName: [String: Int] = [:]
        let body = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        let lines = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, rawLine) in lines.enumerated() {
            let number = index + 1
            var line = trimmed(rawLine)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = trimmed(line.dropFirst("export ".count)) }
            guard let equals = line.firstIndex(of: "="), isName(trimmed(line[..<equals])) else {
                problems.append("\(path):\(number): expected NAME=value")
                continue
            }
            let name = String(trimmed(line[..<equals]))
            guard let value = dotEnvValue(trimmed(line[line.index(after: equals)...])) else {
                problems.append("\(path):\(number): \(name): the quote is not closed")
                continue
            }
            if let earlier = lineOfName.updateValue(number, forKey: name) {
                problems.append("\(path):\(number): \(name) is already set in line \(earlier)")
                continue
            }
            variables.append(FileVariable(name: name, text: value, line: number))
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return variables
    }

    private static func dotEnvValue(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            if text.hasPrefix("#") { return "" }
            guard let comment = text.firstRange(of: " #") else { return String(text) }
            return String(trimmed(text[..<comment.lowerBound]))
        }
        let inner = text.dropFirst()
        guard let end = inner.firstIndex(of: quote) else { return nil }
        let rest = trimmed(inner[inner.index(after: end)...])
        return rest.isEmpty || rest.hasPrefix("#") ? String(inner[..<end]) : nil
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (48...57).contains($0) || (65...90).contains($0)
                || (97...122).contains($0)
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// One JSON object whose members are texts or numbers, ordered by name.
    static func json(_ text: String, path: String) throws(ConfigurationError) -> [FileVariable] {
        let members: [String: JSONVariable]
        do {
            members = try JSONDecoder().decode([String: JSONVariable].self, from: Data(text.utf8))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            let cause = context.underlyingError.map { ": \($0)" } ?? ""
            throw ConfigurationError(["\(path): is not JSON\(cause)"])
        } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(
            _, let context),
            DecodingError.valueNotFound(_, let context)
        {
            guard let name = context.codingPath.first?.stringValue else {
                throw ConfigurationError(["\(path): must hold one JSON object"])
            }
            throw ConfigurationError(["\(path): \(name): must be a text or a number"])
        } catch {
            throw ConfigurationError(["\(path): is not JSON"])
        }
        return members.sorted { $0.key < $1.key }.map {
            FileVariable(name: $0.key, text: $0.value.text, line: nil)
        }
    }
}

private struct JSONVariable: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let number = try? container.decode(Int.self) {
            text = String(number)
        } else {
            text = String(try container.decode(Double.self))
        }
    }
}
