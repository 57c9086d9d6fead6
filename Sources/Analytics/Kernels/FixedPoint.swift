import Market

/// Decimal texts with a fixed number of places, the same on every machine.
package enum FixedPoint {
    package static let powers = [1.0, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    /// Bytes at the most: a sign, fifteen digits, a point.
    package static let longest = 17

    /// Rounded half away from zero; «n/a» for what is not a number, or too large to be one of use.
    package static func text(_ value: Double, decimals: Int) -> String {
        let bytes = [UInt8](capacity: longest) { append(value, decimals: decimals, to: &$0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same text as UTF-8, behind what is there.
    ///
    /// - Parameter decimals: 0 … 9.
    package static func append(_ value: Double, decimals: Int, to bytes: inout OutputSpan<UInt8>) {
        let scaled = (value * powers[decimals]).rounded(.toNearestOrAwayFromZero)
        guard scaled.isFinite, scaled.magnitude < 1e15 else { return bytes.append(utf8: "n/a") }
        if scaled < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = UInt64(scaled.magnitude)
        // The last digit is known first, and shifted to where it comes last.
        var text: UInt128 = 0
        var place = 0
        repeat {
            if place == decimals, decimals > 0 { text = text << 8 | UInt128(UInt8(ascii: ".")) }
            text = text << 8 | UInt128(UInt64(UInt8(ascii: "0")) + rest % 10)
            rest /= 10
            place += 1
        } while rest > 0 || place <= decimals
        while text > 0 {
            bytes.append(UInt8(truncatingIfNeeded: text))
            text >>= 8
        }
    }
}
