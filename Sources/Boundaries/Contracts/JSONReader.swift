package import Ports

/// Why a text is not JSON, and where.
package struct JSONProblem: Error, Equatable, Sendable {
    /// Bytes before the place.
    package let offset: Int
    package let reason: String
}

extension JSONProblem: CustomStringConvertible {
    package var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue {
    /// Objects and arrays within one another, at the most.
    package static let depthLimit = 32

    /// Reads one JSON text (RFC 8259), strictly; of members of one name the last counts.
    ///
    /// Takes time in proportion to the text. Whoever calls bounds its length.
    package init(parsing text: [UInt8]) throws(JSONProblem) {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw JSONProblem(offset: 0, reason: "it is not UTF-8")
        }
        var reader = JSONReader(text: text)
        self = try reader.document()
    }

    /// The value as JSON without white space.
    package var text: String {
        var json = JSONWriter()
        json.value(self)
        return json.text
    }
}

private struct JSONReader {
    /// UTF-8.
    let text: [UInt8]
    var index = 0
    var depth = 0

    init(text: [UInt8]) {
        self.text = text
    }

    mutating func document() throws(JSONProblem) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard index == text.count else { throw problem("something follows the value") }
        return value
    }

    private mutating func value() throws(JSONProblem) -> JSONValue {
        guard let byte = next else { throw problem("the text ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    // MARK: - Objects and arrays

    private mutating func object() throws(JSONProblem) -> JSONObject {
        var object = JSONObject()
        try elements(until: UInt8(ascii: "}")) { reader throws(JSONProblem) in
            guard reader.next == UInt8(ascii: "\"") else {
                throw reader.problem("a member's name is missing")
            }
            let name = try reader.string()
            reader.skipSpace()
            guard reader.take(UInt8(ascii: ":")) else { throw reader.problem("a colon is missing") }
            reader.skipSpace()
            object[name] = try reader.value()
        }
        return object
    }

    private mutating func array() throws(JSONProblem) -> [JSONValue] {
        var elements: [JSONValue] = []
        try self.elements(until: UInt8(ascii: "]")) { reader throws(JSONProblem) in
            elements.append(try reader.value())
        }
        return elements
    }

    /// Reads what stands between two brackets, the first of which is next.
    private mutating func elements(
        until end: UInt8, _ element: (inout JSONReader) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        guard depth < JSONValue.depthLimit else {
            throw problem("more than \(JSONValue.depthLimit) levels")
        }
        depth += 1
        index += 1
        skipSpace()
        if !take(end) {
            repeat {
                skipSpace()
                try element(&self)
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(end) else { throw problem("a comma or a closing bracket is missing") }
        }
        depth -= 1
    }

    // MARK: - Strings

    private mutating func string() throws(JSONProblem) -> String {
        index += 1
        var bytes: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw problem("a control character in a string") }
            if byte == UInt8(ascii: "\\") {
                bytes += Array(String(try escape()).utf8)
            } else {
                bytes.append(byte)
                index += 1
            }
        }
        guard take(UInt8(ascii: "\"")) else { throw problem("a string does not end") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escape() throws(JSONProblem) -> Unicode.Scalar {
        index += 1
        guard let byte = next else { throw problem("a string does not end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try encodedScalar()
        default: throw problem("an unknown escape")
        }
    }

    /// `\u` was read; a scalar beyond the first 65,536 is two of them.
    private mutating func encodedScalar() throws(JSONProblem) -> Unicode.Scalar {
        let unit = try codeUnit()
        guard UTF16.isLeadSurrogate(unit) else {
            guard let scalar = Unicode.Scalar(unit) else { throw problem("half a character") }
            return scalar
        }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw problem("half a character")
        }
        let pair = [unit, try codeUnit()]
        guard let text = String(validating: pair, as: UTF16.self),
            let scalar = text.unicodeScalars.first
        else { throw problem("half a character") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONProblem) -> UInt16 {
        let digits = text[index...].prefix(4).compactMap { byte in
            Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt16($0) }
        }
        guard digits.count == 4 else { throw problem("four hexadecimal digits are missing") }
        index += 4
        return digits.reduce(0) { $0 << 4 | $1 }
    }

    // MARK: - The rest

    private mutating func number() throws(JSONProblem) -> JSONValue {
        let literal = text[index...].prefix { NumberQuoting.isOfNumber($0) }
        guard NumberQuoting.isNumber(literal) else { throw problem("no JSON value") }
        index = literal.endIndex
        return .number(String(decoding: literal, as: UTF8.self))
    }

    private mutating func word(
        _ word: String, _ value: JSONValue
    ) throws(JSONProblem) -> JSONValue {
        guard text[index...].starts(with: word.utf8) else { throw problem("no JSON value") }
        index += word.utf8.count
        return value
    }

    private var next: UInt8? { index < text.count ? text[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
            index += 1
        }
    }

    private func problem(_ reason: String) -> JSONProblem {
        JSONProblem(offset: index, reason: reason)
    }
}
