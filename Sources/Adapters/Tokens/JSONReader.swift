/// Where JSON is broken.
struct JSONFault: Error, Equatable, CustomStringConvertible {
    /// In bytes from the start.
    let offset: Int
    let problem: String

    var description: String { "byte \(offset): \(problem)" }
}

/// Reads JSON (RFC 8259) as a verifier must: what two readers could understand differently is a
/// fault. So are members that occur twice, lone surrogates, bytes that are no UTF-8, and whatever
/// follows the value.
struct JSONReader {
    /// Objects and lists in each other.
    static let depthLimit = 16

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    static func value(of bytes: [UInt8]) throws(JSONFault) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONFault(offset: 0, problem: "this is not UTF-8")
        }
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value()
        guard reader.position == bytes.count else { throw reader.fault("something follows") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: - Values, each with the white space around it

    private mutating func value() throws(JSONFault) -> JSONValue {
        skipSpace()
        defer { skipSpace() }
        switch peek {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object() throws(JSONFault) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try enter()
        skipSpace()
        while peek != UInt8(ascii: "}") {
            if !members.isEmpty {
                try expect(UInt8(ascii: ","))
                skipSpace()
            }
            let start = position
            let name = try text()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            guard members.updateValue(try value(), forKey: name) == nil else {
                throw JSONFault(offset: start, problem: "a member occurs twice")
            }
        }
        leave()
        return members
    }

    private mutating func list() throws(JSONFault) -> [JSONValue] {
        var values: [JSONValue] = []
        try enter()
        skipSpace()
        while peek != UInt8(ascii: "]") {
            if !values.isEmpty { try expect(UInt8(ascii: ",")) }
            values.append(try value())
        }
        leave()
        return values
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONFault) -> JSONValue {
        guard bytes[position...].starts(with: word.description.utf8) else {
            throw fault("this is no value")
        }
        position += word.description.utf8.count
        return value
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = position
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "-")) { skip(UInt8(ascii: "+")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        guard position > start else { throw fault("a value is expected") }
    }

    // MARK: - Texts

    private mutating func text() throws(JSONFault) -> String {
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault("a control character in a text") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                text += Array(String(Character(try escaped())).utf8)
            } else {
                text.append(byte)
            }
        }
        try expect(UInt8(ascii: "\""))
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escaped() throws(JSONFault) -> Unicode.Scalar {
        guard let byte = peek else { throw fault("the text ends here") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try scalar()
        default: throw fault("this escapes nothing")
        }
    }

    /// What one or two `\u` escapes stand for; the first one's `\u` has been read.
    private mutating func scalar() throws(JSONFault) -> Unicode.Scalar {
        let first = try unit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
            throw fault("half of a surrogate pair")
        }
        let second = try unit()
        guard UTF16.isLeadSurrogate(first), UTF16.isTrailSurrogate(second) else {
            throw fault("half of a surrogate pair")
        }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func unit() throws(JSONFault) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        let isHexadecimal = digits.allSatisfy {
            Character(Unicode.Scalar($0)).isHexDigit
        }
        guard digits.count == 4, isHexadecimal,
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits are expected") }
        position += 4
        return unit
    }

    // MARK: - Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(JSONFault) {
        guard skip(byte) else {
            throw fault("\(Character(Unicode.Scalar(byte))) is expected")
        }
    }

    private mutating func enter() throws(JSONFault) {
        depth += 1
        position += 1
        guard depth <= Self.depthLimit else {
            throw fault("more than \(Self.depthLimit) objects and lists in each other")
        }
    }

    private mutating func leave() {
        depth -= 1
        position += 1
    }

    private func fault(_ problem: String) -> JSONFault {
        JSONFault(offset: position, problem: problem)
    }
}
