import Contracts
import Ports
import Strategies

/// What a model says of a strategy, taken out of its words.
///
/// Read leniently: around the one object that is meant there may be prose, fences, reasoning; a
/// weight may be a number, a number in quotes or per cent. What it means is checked strictly, by
/// whoever takes it.
struct Advice: Equatable {
    /// One line; empty when there is none.
    var comment = ""
    /// Shares by name, in the order they came; empty: all are agreed with.
    var weights: [(symbol: String, share: Double)] = []

    static func == (one: Advice, other: Advice) -> Bool {
        one.comment == other.comment
            && one.weights.elementsEqual(other.weights, by: ==)
    }

    /// Beginnings of objects that are tried.
    static let attemptLimit = 64
    /// Bytes of an answer that are looked at.
    static let textLimitBytes = 64 << 10

    /// - Throws: `Problem` for an answer without such an object.
    init(_ text: String) throws(Problem) {
        guard let found = Advice.object(in: text) else {
            throw Problem("it holds no object with a comment or weights")
        }
        comment = try Advice.comment(found["comment"])
        weights = try Advice.weights(found["weights"])
    }

    struct Problem: Error, Equatable, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// The last of the objects that may be meant: what comes before it are drafts, or the question.
    private static func object(in text: String) -> JSONObject? {
        let answer = text.ranges(of: "</think>").last.map { text[$0.upperBound...] } ?? text[...]
        let bytes = Array(answer.utf8.prefix(textLimitBytes))
        var found: JSONObject?
        var (index, attempts) = (0, 0)
        while let start = bytes[index...].firstIndex(of: UInt8(ascii: "{")),
            attempts < attemptLimit
        {
            attempts += 1
            index = start + 1
            guard let end = end(of: bytes, from: start),
                case .object(let object)? = value(Array(bytes[start..<end])),
                object["comment"] != nil || object["weights"] != nil
            else { continue }
            found = object
            index = end
        }
        return found
    }

    /// On one line: what a model says cannot look like something else in a log or a terminal.
    static func line(_ text: String) -> String {
        let words = text.unicodeScalars.split { scalar in
            let properties = scalar.properties
            return properties.isWhitespace
                || [.control, .format].contains(properties.generalCategory)
        }
        return words.map { String($0) }.joined(separator: " ")
    }

    /// Behind the brace that closes the one at an index; `nil` when none does.
    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        var (depth, isQuoted, isEscaped) = (0, false, false)
        for index in start..<bytes.count {
            switch bytes[index] {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "{") where !isQuoted: depth += 1
            case UInt8(ascii: "}") where !isQuoted:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
        }
        return nil
    }

    /// JSON, also with commas before closing brackets.
    private static func value(_ text: [UInt8]) -> JSONValue? {
        if let value = try? JSONValue(parsing: text) { return value }
        var mended: [UInt8] = []
        var (isQuoted, isEscaped) = (false, false)
        for byte in text {
            if !isQuoted, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                let last = mended.lastIndex { !" \t\r\n".utf8.contains($0) }
                if let last, mended[last] == UInt8(ascii: ",") { mended.remove(at: last) }
            }
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
            mended.append(byte)
        }
        return try? JSONValue(parsing: mended)
    }

    private static func comment(_ value: JSONValue?) throws(Problem) -> String {
        switch value {
        case nil, .null?: return ""
        case .string(let text)?:
            let line = Advice.line(text)
            guard line.unicodeScalars.count <= AdviceBounds.commentLength else {
                throw Problem(
                    "its comment has more than \(AdviceBounds.commentLength) characters")
            }
            return line
        default: throw Problem("its comment is no text")
        }
    }

    private static func weights(
        _ value: JSONValue?
    ) throws(Problem) -> [(symbol: String, share: Double)] {
        var weights: [(symbol: String, share: Double)] = []
        switch value {
        case nil, .null?: break
        case .object(let object)?:
            for member in object.members {
                weights.append((member.name, try share(member.value, of: member.name)))
            }
        case .array(let elements)?:
            for element in elements {
                let name = element.object?["symbol"]?.string
                guard let object = element.object, let name else {
                    throw Problem("one of its weights has no symbol")
                }
                weights.append(
                    (name, try share(object["weight"] ?? object["share"] ?? .null, of: name)))
            }
        default: throw Problem("its weights are no object")
        }
        guard Set(weights.map(\.symbol)).count == weights.count else {
            throw Problem("it gives a symbol two weights")
        }
        return weights
    }

    static func name(_ symbol: String) -> String { RequestReading.excerpt(line(symbol)) }

    private static func share(
        _ value: JSONValue, of symbol: String
    ) throws(Problem) -> Double {
        let problem = Problem("its weight of \(Advice.name(symbol)) is no number")
        switch value {
        case .number(let literal):
            guard let share = Double(literal) else { throw problem }
            return share
        case .string(let text):
            var digits = text.filter { $0 != " " }
            let isPercent = digits.last == "%"
            if isPercent { digits.removeLast() }
            guard let number = Double(digits) else { throw problem }
            return isPercent ? number / 100 : number
        default: throw problem
        }
    }
}
