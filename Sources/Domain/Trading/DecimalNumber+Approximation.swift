extension DecimalNumber {
    /// The nearest binary fraction, about: for estimates, never for money.
    package var approximation: Double {
        (0..<scale).reduce(Double(coefficient)) { value, _ in value / 10 }
    }

    /// The number that a binary fraction prints as; `nil` for what is no number above zero, or has
    /// more digits than are kept.
    package init?(approximating value: Double) {
        guard value > 0, value.isFinite,
            let number = try? DecimalNumber(parsing: "\(value)")
        else { return nil }
        self = number
    }

    /// The nearest number with so many places; `nil` for one that is too large to have them.
    ///
    /// - Parameter places: 0 … 9.
    package init?(
        rounding value: Double, places: Int,
        _ rule: FloatingPointRoundingRule = .toNearestOrEven
    ) {
        let scaled = ((0..<places).reduce(value) { value, _ in value * 10 }).rounded(rule)
        guard scaled.magnitude < 0x1p53 else { return nil }
        self.init(Int128(scaled), scale: places)
    }
}
