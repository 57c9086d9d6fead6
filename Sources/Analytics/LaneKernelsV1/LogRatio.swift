/// ln(later / earlier), with one division and no ratio that could overflow: with the mantissas m₁,
/// m₂ scaled to within √2 of each other, ln m₁/m₂ = 2·artanh((m₁ − m₂) / (m₁ + m₂)), the
/// difference being exact (Sterbenz, 1974). NaN unless both are normal numbers above 0. Error below
/// 2 ulp.
@inline(__always)
func logRatio<V: Lanes>(_ later: Scientific<V>, _ earlier: Scientific<V>) -> V {
    let (a, b) = (later, earlier)
    let isAbove = b.mantissa * V(0x1.6a09e667f3bcdp0) < a.mantissa
    let isBelow = a.mantissa * V(0x1.6a09e667f3bcdp0) < b.mantissa
    let m1 = V.select(isBelow, a.mantissa + a.mantissa, a.mantissa)
    let m2 = V.select(isAbove, b.mantissa + b.mantissa, b.mantissa)
    let shift = V.select(isAbove, V(1), V(0)) - V.select(isBelow, V(1), V(0))
    let k = (a.exponent - b.exponent) + shift
    let s = (m1 - m2) / (m1 + m2)
    let z = s * s
    let low = (s * (z * artanhSeries(z))).addingProduct(k, V(0x1.a39ef35793c76p-33))
    // k times the high part of ln 2 is exact: it ends in zeros.
    let result = k * V(0x1.62e42feep-1) + ((s + s) + low)
    // One NaN for all.
    return V.select(result == result, result, V(.nan))
}

/// A normal number above 0 as mantissa · 2^exponent with the mantissa in 1 ..< 2; of anything else
/// the mantissa is NaN.
struct Scientific<V: Lanes> {
    let mantissa: V
    /// Up to a constant that all numbers share.
    let exponent: V

    @inline(__always)
    init(_ x: V) {
        let isNormal = (V(0x1p-1022) <= x) & (x < V(.infinity))
        let bits = x.asBits
        let one = V.Bits(0x3FF0_0000_0000_0000)
        let scaled = ((bits & V.Bits(0x000F_FFFF_FFFF_FFFF)) | one).asLanes
        mantissa = V.select(isNormal, scaled, V(.nan))
        let biased = bits.shiftedRight(by: 52) | V.Bits(0x4330_0000_0000_0000)
        exponent = biased.asLanes - V(0x1p52)
    }

    /// `a` in the lanes of the mask, `b` in the others.
    @inline(__always)
    init(_ mask: V.Bits, _ a: Self, _ b: Self) {
        mantissa = V.select(mask, a.mantissa, b.mantissa)
        exponent = V.select(mask, a.exponent, b.exponent)
    }
}
