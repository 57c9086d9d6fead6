/// FNV-1a of 64 bits (Fowler, Noll & Vo): against accidents, not against malice.
enum Checksum {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Digits of `text`.
    static let digits = 16

    /// As hexadecimal digits, always as many.
    static func text(_ checksum: UInt64) -> String {
        let text = String(checksum, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The checksum in such digits; `nil` for what `text` does not write.
    static func read(_ digits: some Collection<UInt8>) -> UInt64? {
        guard digits.count == Checksum.digits else { return nil }
        var checksum: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                checksum = checksum << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                checksum = checksum << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return checksum
    }
}
