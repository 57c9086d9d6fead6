/// One-level JSON objects: numbers by name, texts by name. Written and read in their order.
///
/// A number is the shortest decimal that gives the same double back; NaN is `null`, an infinity
/// the text `"Infinity"` or `"-Infinity"` (as in proto3 JSON).
enum FlatJSON {
    static func text(numbers: some Sequence<(String, Double)>) -> String {
        var writer = FlatJSONWriter()
        for (name, number) in numbers {
            writer.append(name: name)
            if number.isNaN {
                writer.append("null")
            } else if number.isInfinite {
                writer.append(number < 0 ? "\"-Infinity\"" : "\"Infinity\"")
            } else {
                writer.append(number.description)
            }
        }
        return writer.finish()
    }

    static func text(strings: some Sequence<(String, String)>) -> String {
        var writer = FlatJSONWriter()
        for (name, string) in strings {
            writer.append(name: name)
            writer.append(quoted: string)
        }
        return writer.finish()
    }

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

/// Members one after the other, as bytes: strings that grow piece by piece cost several times as
/// much, and bulk loads write little else.
private struct FlatJSONWriter {
    /// As long as most objects are.
    private static let capacity = 512

    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(Self.capacity)
        bytes.append(UInt8(ascii: "{"))
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        append(quoted: name)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func append(quoted string: String) {
        bytes.append(UInt8(ascii: "\""))
        let start = bytes.count
        append(string)
        let isPlain = bytes[start...].allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if !isPlain {
            bytes.removeSubrange(start...)
            append(escaped: string)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped string: String) {
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
            }
        }
    }

    consuming func finish() -> String {
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
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
