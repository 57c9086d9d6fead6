/// What a field of a number column says.
enum ParsedNumber {
    case value(Double)
    /// Blank, or one of the usual words for it.
    case missing
    case notANumber
    /// A comma that may separate decimals or thousands.
    case decimalComma
    /// A number too large for a double, or one spelled as infinite.
    case overflow
}

/// Decimal numbers, correctly rounded.
enum NumberParser {
    /// Reads the field `range` of `bytes`.
    ///
    /// Up to 15 digits or so and a small exponent take the exact path of Clinger («How to read
    /// floating point numbers accurately», 1990): both operands of the one operation are exact, so
    /// its result is correctly rounded. The rest goes to the standard library's parser.
    ///
    /// - Parameter commaIsThousands: whether well-formed groups of thousands are accepted even
    ///   when no decimal point proves what the comma means.
    static func parse(
        _ bytes: Span<UInt8>, _ range: Range<Int>, commaIsThousands: Bool
    ) -> ParsedNumber {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, RecordReader.isBlank(bytes[start]) { start += 1 }
        while start < end, RecordReader.isBlank(bytes[end - 1]) { end -= 1 }
        guard start < end else { return .missing }
        guard let decimal = Decimal(bytes, start..<end) else {
            return parseWords(bytes, start..<end, commaIsThousands: commaIsThousands)
        }
        if let value = decimal.exact { return .value(value) }
        return slow(text(bytes, start..<end))
    }

    private static func slow(_ text: String) -> ParsedNumber {
        guard let value = Double(text), !value.isNaN else { return .notANumber }
        return value.isInfinite ? .overflow : .value(value)
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(bytes[index]) }
        return String(decoding: copy, as: UTF8.self)
    }
}

// MARK: - Words and thousands

extension NumberParser {
    private static let missingWords: Set<String> = [
        "-", "--", ".", "na", "n/a", "#n/a", "nan", "nil", "none", "null",
    ]
    private static let infiniteWords: Set<String> = ["inf", "infinity"]
    private static let longestWord = 64

    private static func parseWords(
        _ bytes: Span<UInt8>, _ range: Range<Int>, commaIsThousands: Bool
    ) -> ParsedNumber {
        guard range.count <= longestWord else { return .notANumber }
        let word = text(bytes, range).lowercased()
        if missingWords.contains(word) { return .missing }
        let unsigned = word.hasPrefix("-") || word.hasPrefix("+") ? word.dropFirst() : word[...]
        if infiniteWords.contains(String(unsigned)) { return .overflow }
        guard unsigned.contains(","), unsigned.allSatisfy({ $0.isNumber || ",.".contains($0) })
        else { return .notANumber }
        let parts = unsigned.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        let isGrouped =
            (1...3).contains(groups[0].count) && groups.dropFirst().allSatisfy { $0.count == 3 }
        guard isGrouped, parts.count == 2 || commaIsThousands,
            !parts.dropFirst().joined().contains(",")
        else { return .decimalComma }
        return slow(word.filter { $0 != "," })
    }
}

// MARK: - Digits

extension NumberParser {
    /// `[sign] digits [. digits] [e [sign] digits]` with a digit somewhere before the exponent.
    private struct Decimal {
        /// All digits as one number; meaningless when there were more than 19.
        private var significand: UInt64 = 0
        private var digits = 0
        private var exponent = 0
        private var isNegative = false

        init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
            var position = range.lowerBound
            let end = range.upperBound
            if bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
                isNegative = bytes[position] == UInt8(ascii: "-")
                position += 1
            }
            var sawDigit = takeDigits(bytes, &position, end) > 0
            if position < end, bytes[position] == UInt8(ascii: ".") {
                position += 1
                let fraction = takeDigits(bytes, &position, end)
                sawDigit = sawDigit || fraction > 0
                exponent = -fraction
            }
            guard sawDigit else { return nil }
            if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
                position += 1
                guard takeExponent(bytes, &position, end) else { return nil }
            }
            guard position == end else { return nil }
        }

        /// The value where one exact operation gives it.
        var exact: Double? {
            guard digits <= 19, significand <= 1 << 53, abs(exponent) <= 22 else { return nil }
            let magnitude = Double(significand)
            let power = NumberParser.powersOfTen[abs(exponent)]
            let value = exponent < 0 ? magnitude / power : magnitude * power
            return isNegative ? -value : value
        }

        /// Number of digits taken.
        private mutating func takeDigits(
            _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
        ) -> Int {
            let start = position
            while position < end {
                let digit = bytes[position] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                significand = significand &* 10 &+ UInt64(digit)
                // Leading zeros carry no weight.
                if significand > 0 || digits > 0 { digits += 1 }
                position += 1
            }
            return position - start
        }

        private mutating func takeExponent(
            _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
        ) -> Bool {
            var sign = 1
            if position < end,
                bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
            {
                sign = bytes[position] == UInt8(ascii: "-") ? -1 : 1
                position += 1
            }
            let start = position
            var value = 0
            while position < end {
                let digit = bytes[position] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                value = min(value * 10 + Int(digit), 99_999)
                position += 1
            }
            exponent += sign * value
            return position > start
        }
    }

    /// 10⁰ … 10²², the powers of ten that a double holds exactly.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
