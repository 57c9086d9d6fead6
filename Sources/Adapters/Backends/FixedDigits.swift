/// Numbers as digits of one width, so that the order of texts is that of numbers.
enum FixedDigits {
    /// - Parameter radix: 10 or 16; digits above 9 are lower case.
    static func text(_ number: UInt64, radix: Int, width: Int) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The number; `nil` for what `text` does not write.
    static func read(_ digits: some Sequence<UInt8>, radix: UInt64) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            let value: UInt64
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
            let (shifted, isTooLarge) = number.multipliedReportingOverflow(by: radix)
            let (sum, isBeyond) = shifted.addingReportingOverflow(value)
            guard value < radix, !isTooLarge, !isBeyond else { return nil }
            number = sum
        }
        return number
    }
}
