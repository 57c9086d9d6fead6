/// An exact decimal number: `coefficient` × 10^−`scale`.
///
/// Money and quantities must not drift, so they are neither binary fractions nor rounded unless a
/// caller says to how many places. The representation is canonical, without trailing zeros: equal
/// numbers are equal values, whatever text they came from. Whatever does not fit 128 bits is an
/// error, never a nearer number.
package struct DecimalNumber: Hashable, Sendable {
    /// The number without its point.
    package let coefficient: Int128
    /// Digits after the point, 0 … `scaleLimit`.
    package let scale: Int

    /// Digits after the point in a number that comes from outside.
    package static let inputScaleLimit = 18
    /// Digits after the point: those of a product of two numbers from outside.
    package static let scaleLimit = 2 * inputScaleLimit

    package static let zero = DecimalNumber(canonical: 0, scale: 0)

    /// - Parameter scale: 0 … `scaleLimit`.
    package init(_ coefficient: Int128, scale: Int = 0) {
        precondition((0...DecimalNumber.scaleLimit).contains(scale), "scale \(scale)")
        var (coefficient, scale) = (coefficient, scale)
        while scale > 0, coefficient.isMultiple(of: 10) {
            coefficient /= 10
            scale -= 1
        }
        self.init(canonical: coefficient, scale: scale)
    }

    private init(canonical coefficient: Int128, scale: Int) {
        self.coefficient = coefficient
        self.scale = scale
    }

    package var isZero: Bool { coefficient == 0 }
    package var isNegative: Bool { coefficient < 0 }
}

/// Why a number cannot be had exactly.
package enum DecimalError: Error, Equatable, Sendable {
    /// Not the text of a decimal number.
    case malformed
    /// More digits than 128 bits hold.
    case tooLarge
    /// More digits after the point than are kept.
    case tooFine
    case divisionByZero
}

extension DecimalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "is not a decimal number such as 150.25"
        case .tooLarge: "is too large: 38 digits are kept"
        case .tooFine:
            "is too fine: \(DecimalNumber.inputScaleLimit) digits after the point are kept"
        case .divisionByZero: "is divided by zero"
        }
    }
}

// MARK: - Arithmetic

extension DecimalNumber {
    package func adding(_ other: DecimalNumber) throws(DecimalError) -> DecimalNumber {
        let common = max(scale, other.scale)
        let (sum, overflows) = try coefficient(at: common)
            .addingReportingOverflow(other.coefficient(at: common))
        guard !overflows else { throw .tooLarge }
        return DecimalNumber(sum, scale: common)
    }

    package func subtracting(_ other: DecimalNumber) throws(DecimalError) -> DecimalNumber {
        try adding(other.negated())
    }

    package func multiplied(by other: DecimalNumber) throws(DecimalError) -> DecimalNumber {
        guard scale + other.scale <= DecimalNumber.scaleLimit else { throw .tooFine }
        let (product, overflows) = coefficient.multipliedReportingOverflow(by: other.coefficient)
        guard !overflows else { throw .tooLarge }
        return DecimalNumber(product, scale: scale + other.scale)
    }

    package func negated() throws(DecimalError) -> DecimalNumber {
        guard coefficient != .min else { throw .tooLarge }
        return DecimalNumber(canonical: -coefficient, scale: scale)
    }

    package func magnitude() throws(DecimalError) -> DecimalNumber {
        isNegative ? try negated() : self
    }

    /// The quotient, rounded to a number of places, a half to the even digit.
    ///
    /// - Parameter places: 0 … `scaleLimit`.
    package func divided(
        by other: DecimalNumber, places: Int
    ) throws(DecimalError) -> DecimalNumber {
        guard !other.isZero else { throw .divisionByZero }
        let shift = places + other.scale - scale
        let dividend = coefficient.magnitude.multipliedFullWidth(
            by: DecimalNumber.power(max(shift, 0)))
        let (divisor, overflows) = other.coefficient.magnitude.multipliedReportingOverflow(
            by: DecimalNumber.power(max(-shift, 0)))
        guard !overflows, dividend.high < divisor else { throw .tooLarge }
        let (quotient, rest) = divisor.dividingFullWidth(dividend)
        let roundsUp =
            rest > divisor - rest || (rest == divisor - rest && !quotient.isMultiple(of: 2))
        guard let magnitude = Int128(exactly: quotient), magnitude < .max else { throw .tooLarge }
        let rounded = magnitude + (roundsUp ? 1 : 0)
        return DecimalNumber(
            isNegative != other.isNegative ? -rounded : rounded, scale: places)
    }

    private func coefficient(at finer: Int) throws(DecimalError) -> Int128 {
        let (shifted, overflows) = coefficient.multipliedReportingOverflow(
            by: Int128(DecimalNumber.power(finer - scale)))
        guard !overflows else { throw .tooLarge }
        return shifted
    }

    /// 10^`exponent`, for at most 38: above the sum of what scales and places may be, it saturates,
    /// and what is multiplied by it overflows.
    fileprivate static func power(_ exponent: Int) -> UInt128 {
        (0..<min(exponent, 38)).reduce(1) { partial, _ in partial * 10 }
    }
}

extension DecimalNumber: Comparable {
    package static func < (lhs: DecimalNumber, rhs: DecimalNumber) -> Bool {
        let (left, right) = (lhs.parts, rhs.parts)
        return left.whole != right.whole ? left.whole < right.whole : left.rest < right.rest
    }

    /// The whole part, and what follows it in units of 10^−`scaleLimit`.
    private var parts: (whole: Int128, rest: Int128) {
        let (whole, rest) = coefficient.quotientAndRemainder(
            dividingBy: Int128(DecimalNumber.power(scale)))
        return (whole, rest * Int128(DecimalNumber.power(DecimalNumber.scaleLimit - scale)))
    }
}

// MARK: - Text

extension DecimalNumber: CustomStringConvertible {
    /// Digits with a point where there is a fraction; no exponent, no grouping.
    package var description: String {
        let digits = String(coefficient.magnitude)
        let sign = isNegative ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
    }

    /// Reads a decimal string or a JSON number's text: `150.25`, `-3`, `1e-7`.
    ///
    /// - Throws: `DecimalError`, also for more than `inputScaleLimit` digits after the point.
    package init(parsing text: some StringProtocol) throws(DecimalError) {
        var rest = Array(text.utf8)[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        let exponent = try DecimalNumber.takeExponent(&rest)
        let halves = rest.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = halves.first, !whole.isEmpty, halves.last?.isEmpty == false else {
            throw .malformed
        }
        let fraction = halves.count > 1 ? halves[1] : []
        var coefficient: Int128 = 0
        for byte in [whole, fraction].joined() {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw .malformed }
            let (shifted, overflows) = coefficient.multipliedReportingOverflow(by: 10)
            let (next, overflowsToo) = shifted.addingReportingOverflow(Int128(byte - 48))
            guard !overflows, !overflowsToo else { throw .tooLarge }
            coefficient = next
        }
        var scale = fraction.count - exponent
        while scale > 0, coefficient.isMultiple(of: 10) {
            coefficient /= 10
            scale -= 1
        }
        guard scale <= DecimalNumber.inputScaleLimit else { throw .tooFine }
        guard scale >= -38 else {
            guard coefficient == 0 else { throw .tooLarge }
            self = .zero
            return
        }
        let (value, overflows) = coefficient.multipliedReportingOverflow(
            by: Int128(DecimalNumber.power(max(-scale, 0))))
        guard !overflows else { throw .tooLarge }
        self.init(isNegative ? -value : value, scale: max(scale, 0))
    }

    /// The exponent at the end of a number's text, 0 without one.
    private static func takeExponent(
        _ rest: inout ArraySlice<UInt8>
    ) throws(DecimalError) -> Int {
        guard let mark = rest.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            return 0
        }
        let digits = String(decoding: rest[(mark + 1)...], as: UTF8.self)
        guard let exponent = Int(digits), digits.utf8.count <= 5 else { throw .malformed }
        rest = rest[..<mark]
        return exponent
    }
}
