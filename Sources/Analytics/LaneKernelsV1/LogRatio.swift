/// ln(later / earlier), with one division and no ratio that could overflow: with the mantissas m₁,
/// m₂ scaled to within √2 of each other, ln m₁/m₂ = 2·artanh((m₁ − m₂) / (m₁ + m₂)), the
/// difference being exact (Sterbenz, 1974). NaN unless both are finite and above 0. Error below
/// 2 ulp.
@inline(__always)
func logRatio<V: Lanes>(_ later: V, _ earlier: V) -> V {
    let a = Scientific(later)
    let b = Scientific(earlier)
    let isAbove = b.mantissa * V(0x1.6a09e667f3bcdp0) < a.mantissa
    let isBelow = a.mantissa * V(0x1.6a09e667f3bcdp0) < b.mantissa
    let m1 = V.select(isBelow, a.mantissa + a.mantissa, a.mantissa)
    let m2 = V.select(isAbove, b.mantissa + b.mantissa, b.mantissa)
    let shift = V.select(isAbove, V(1), V(0)) - V.select(isBelow, V(1), V(0))
    let k = (a.exponent - b.exponent) + shift
    let s = (m1 - m2) / (m1 + m2)
    let z = s * s
    var series = V(0x1.2f056c18be33bp-3)
    series = V(0x1.39a1b9d9686c2p-3).addingProduct(series, z)
    series = V(0x1.74663ef147dc6p-3).addingProduct(series, z)
    series = V(0x1.c71c52093000cp-3).addingProduct(series, z)
    series = V(0x1.24924941f1606p-2).addingProduct(series, z)
    series = V(0x1.999999997fdb3p-2).addingProduct(series, z)
    series = V(0x1.5555555555592p-1).addingProduct(series, z)
    let low = (s * (z * series)).addingProduct(k, V(0x1.a39ef35793c76p-33))
    // k times the high part of ln 2 is exact: it ends in zeros.
    let result = k * V(0x1.62e42feep-1) + ((s + s) + low)
    return V.select(a.isUsable & b.isUsable, result, V(.nan))
}

/// A positive finite number as mantissa · 2^exponent with the mantissa in 1 ..< 2.
private struct Scientific<V: Lanes> {
    let mantissa: V
    /// Up to a constant that all numbers share.
    let exponent: V
    let isUsable: V.Bits

    @inline(__always)
    init(_ x: V) {
        isUsable = (V(0) < x) & (x < V(.infinity))
        let isSubnormal = x < V(0x1p-1022)
        let bits = V.select(isSubnormal, x * V(0x1p54), x).asBits
        let one = V.Bits(0x3FF0_0000_0000_0000)
        mantissa = ((bits & V.Bits(0x000F_FFFF_FFFF_FFFF)) | one).asLanes
        let biased = bits.shiftedRight(by: 52) | V.Bits(0x4330_0000_0000_0000)
        exponent = biased.asLanes - V.select(isSubnormal, V(0x1p52 + 54), V(0x1p52))
    }
}
