/// One-level JSON objects: numbers by name, texts by name. Written and read in their order.
///
/// A number is the shortest decimal that gives the same double back; NaN is `null`, an infinity
/// the text `"Infinity"` or `"-Infinity"` (as in proto3 JSON).
enum FlatJSON {
    static func text(numbers: some Sequence<(String, Double)>) -> String {
        text { append(numbers: numbers, to: &$0) }
    }

    static func text(strings: some Sequence<(String, String)>) -> String {
        text { bytes in
            bytes.appendObject(of: strings) { bytes, member in
                bytes.append(quoted: member.0)
                bytes.append(UInt8(ascii: ":"))
                bytes.append(quoted: member.1)
            }
        }
    }

    /// Appends the object's UTF-8.
    static func append(numbers: some Sequence<(String, Double)>, to bytes: inout [UInt8]) {
        bytes.appendObject(of: numbers) { bytes, member in
            bytes.append(quoted: member.0)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(number: member.1)
        }
    }

    /// As bytes first: strings that grow piece by piece cost several times as much.
    static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(usualSize)
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Most objects take no more.
    private static let usualSize = 512

    /// Throws `UnreadableRow` naming the column.
    static func numbers(_ text: String, column: String) throws -> [(String, Double)] {
        var reader = FlatJSONReader(text, column: column)
        return try reader.members { reader in try reader.number() }
    }

    /// Throws `UnreadableRow` naming the column.
    static func strings(_ text: String, column: String) throws -> [(String, String)] {
        var reader = FlatJSONReader(text, column: column)
        return try reader.members { reader in try reader.string() }
    }
}

/// The names of objects that have them in common, quoted once.
struct FlatJSONNames: Sendable {
    private let names: [[UInt8]]

    init(_ names: [String]) {
        self.names = names.map { name in
            var bytes: [UInt8] = []
            bytes.append(quoted: name)
            bytes.append(UInt8(ascii: ":"))
            return bytes
        }
    }

    /// Appends what `FlatJSON` does of the same names and numbers, or some of them.
    func append(
        _ numbers: ArraySlice<Double>, where isIncluded: (Double) -> Bool = { _ in true },
        to bytes: inout [UInt8]
    ) {
        bytes.append(UInt8(ascii: "{"))
        let start = bytes.count
        // By place: pairs of both would be counted references.
        let (names, numbers) = (names.span, numbers.span)
        for place in names.indices where isIncluded(numbers[place]) {
            if bytes.count > start { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: names[place])
            bytes.append(number: numbers[place])
        }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension [UInt8] {
    fileprivate mutating func appendObject<Member>(
        of members: some Sequence<Member>, _ append: (inout [UInt8], Member) -> Void
    ) {
        self.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in members {
            if !isFirst { self.append(UInt8(ascii: ",")) }
            isFirst = false
            append(&self, member)
        }
        self.append(UInt8(ascii: "}"))
    }

    fileprivate mutating func append(number: Double) {
        if number.isNaN {
            append("null")
        } else if number.isInfinite {
            append(number < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        } else {
            append(number.description)
        }
    }

    private mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    fileprivate mutating func append(quoted string: String) {
        append(UInt8(ascii: "\""))
        let start = count
        append(string)
        let isPlain = self[start...].allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if !isPlain {
            removeSubrange(start...)
            append(escaped: string)
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped string: String) {
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: append(contentsOf: UTF8.encode(scalar) ?? .init())
            }
        }
    }
}

/// Reads what `FlatJSON` writes; anything else is a fault of the row.
private struct FlatJSONReader {
    private let bytes: [UInt8]
    private let column: String
    private var position = 0

    init(_ text: String, column: String) {
        bytes = Array(text.utf8)
        self.column = column
    }

    mutating func members<Value>(
        _ value: (inout FlatJSONReader) throws -> Value
    ) throws -> [(String, Value)] {
        var members: [(String, Value)] = []
        members.reserveCapacity(8)
        try expect(UInt8(ascii: "{"))
        if peek() == UInt8(ascii: "}") { return members }
        while true {
            let name = try string()
            try expect(UInt8(ascii: ":"))
            members.append((name, try value(&self)))
            if peek() != UInt8(ascii: ",") { break }
            position += 1
        }
        try expect(UInt8(ascii: "}"))
        return members
    }

    mutating func number() throws -> Double {
        if peek() == UInt8(ascii: "\"") {
            switch try string() {
            case "Infinity": return .infinity
            case "-Infinity": return -.infinity
            default: throw fault
            }
        }
        let start = position
        while let byte = peek(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "}") {
            position += 1
        }
        let digits = String(decoding: bytes[start..<position], as: UTF8.self)
        if digits == "null" { return .nan }
        guard let number = Double(digits) else { throw fault }
        return number
    }

    mutating func string() throws -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            position += 1
        }
        var text = String(decoding: bytes[start..<position], as: UTF8.self)
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") {
                text.unicodeScalars.append(try escaped())
            } else {
                let plain = position
                while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                    position += 1
                }
                text += String(decoding: bytes[plain..<position], as: UTF8.self)
            }
        }
        try expect(UInt8(ascii: "\""))
        return text
    }

    private mutating func escaped() throws -> Unicode.Scalar {
        position += 1
        let byte = peek()
        position += 1
        if byte == UInt8(ascii: "\"") { return "\"" }
        if byte == UInt8(ascii: "\\") { return "\\" }
        guard byte == UInt8(ascii: "u"), position + 4 <= bytes.count else { throw fault }
        let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
        position += 4
        guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw fault
        }
        return scalar
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard peek() == byte else { throw fault }
        position += 1
    }

    private var fault: UnreadableRow {
        UnreadableRow(column: column, value: String(decoding: bytes, as: UTF8.self))
    }
}
