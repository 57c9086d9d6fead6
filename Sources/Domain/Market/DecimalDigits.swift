/// Unsigned ASCII decimal fields of dates and times; the Domain has no Foundation to ask.
package enum DecimalDigits {
    /// The value of an all-digit field of at most 18 digits; `nil` when empty or otherwise.
    package static func value(of digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Appends a non-negative number of at most `width` digits, with leading zeros.
    package static func append(_ value: Int, width: Int, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
        var rest = value
        for place in stride(from: start + width - 1, through: start, by: -1) {
            bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    /// A non-negative number with leading zeros up to a width.
    package static func padded(_ value: Int, to width: Int) -> String {
        let text = String(value)
        return text.utf8.count >= width
            ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }
}
