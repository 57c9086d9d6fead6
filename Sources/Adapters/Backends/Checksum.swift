/// FNV-1a of 64 bits (Fowler, Noll & Vo): against accidents, not against malice.
enum Checksum {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Digits of `text`.
    static let digits = 16

    /// As hexadecimal digits, always as many.
    static func text(_ checksum: UInt64) -> String {
        FixedDigits.text(checksum, radix: 16, width: digits)
    }
}
