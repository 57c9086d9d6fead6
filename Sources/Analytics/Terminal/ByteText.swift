/// Bytes as somebody reads them: as text where they are text, else in hexadecimal.
package enum ByteText {
    private static let rowBytes = 16
    private static let offsetDigits = 8

    /// The text that bytes are: UTF-8 without control characters but line breaks and tabs. `nil`
    /// for anything else.
    package static func text(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let isPlain = text.split(whereSeparator: { "\n\r\t\r\n".contains($0) })
            .allSatisfy { $0 == Substring(String($0).withoutControls) }
        return isPlain ? text : nil
    }

    /// `deadbeef`.
    package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { digits(Int($0), 2) }.joined()
    }

    /// Sixteen bytes a line, behind the offset of the first, each also as the character that it is
    /// in ASCII.
    package static func dump(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: rowBytes).map { start in
            let row = bytes[start..<min(start + rowBytes, bytes.count)]
            let pairs = row.map { digits(Int($0), 2) }.joined(separator: " ")
            let gap = String(repeating: " ", count: rowBytes * 3 - 1 - pairs.count)
            let letters = String(
                decoding: row.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") },
                as: UTF8.self)
            return "\(digits(start, offsetDigits))  \(pairs)\(gap)  \(letters)"
        }
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
}
