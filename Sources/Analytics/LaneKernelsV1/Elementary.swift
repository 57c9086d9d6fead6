// Written once over the lane width: additions, multiplications, fused multiply-adds, one division
// and bit moves. Polynomials are minimax ones, found by Remez's exchange in 50 digits; see
// `Benchmarks/peers/minimax_polynomials.py`.

/// eˣ = 2ⁿ·eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2. 0 below −708, where the result would
/// leave the normal range; +∞ above 709.78; NaN of NaN. Error below 1 ulp.
@inline(__always)
func exp<V: Lanes>(_ x: V) -> V {
    var result = V.select(x < V(-708), V(0), unboundedExp(x))
    result = V.select(V(0x1.62e42fefa39efp9) < x, V(.infinity), result)
    return V.select(x == x, result, x)
}

/// eˣ of x ≤ 0: the same bits as `exp`, for less.
@inline(__always)
func expOfNonPositive<V: Lanes>(_ x: V) -> V {
    V.select(x < V(-708), V(0), unboundedExp(x))
}

/// The formula alone: eˣ for −708 ≤ x ≤ 709.78, and no one knows what beyond.
@inline(__always)
private func unboundedExp<V: Lanes>(_ x: V) -> V {
    // Adding 1.5·2⁵² rounds to an integer that then sits in the low bits.
    let magic = V(0x1.8p52)
    let shifted = magic.addingProduct(x, V(1.442_695_040_888_963_4))
    let n = shifted - magic
    // −ln 2 in two parts, the first with zeros at its end.
    let r = x.addingProduct(n, V(-0x1.62e42feep-1)).addingProduct(n, V(-0x1.a39ef35793c76p-33))
    var series = V(0x1.ad7f660f09164p-26)
    series = V(0x1.28ad686904204p-22).addingProduct(series, r)
    series = V(0x1.71df2546bb178p-19).addingProduct(series, r)
    series = V(0x1.a0199a1729893p-16).addingProduct(series, r)
    series = V(0x1.a01a012a64808p-13).addingProduct(series, r)
    series = V(0x1.6c16c184264e7p-10).addingProduct(series, r)
    series = V(0x1.1111111127ba9p-7).addingProduct(series, r)
    series = V(0x1.555555555088dp-5).addingProduct(series, r)
    series = V(0x1.55555555554fap-3).addingProduct(series, r)
    series = V(0x1.000000000000ap-1).addingProduct(series, r)
    series = V(1).addingProduct(series, r)
    series = V(1).addingProduct(series, r)
    return (series.asBits &+ shifted.asBits.shiftedLeft(by: 52)).asLanes
}

/// ln x = k·ln 2 + ln m with m in √½ … √2 and ln m = 2·artanh((m − 1) / (m + 1)); the leading terms
/// are put together as in fdlibm's `log` (Ng, 1993) so that no digit is lost. −∞ at 0; NaN below 0
/// and of NaN; +∞ of +∞; subnormals are arguments like any. Error below 1 ulp.
@inline(__always)
func log<V: Lanes>(_ x: V) -> V {
    let isSubnormal = x < V(0x1p-1022)
    let normal = V.select(isSubnormal, x * V(0x1p54), x)
    // Moves the break between two exponents from 1 to √½.
    let bits = normal.asBits &+ V.Bits(0x3FF0_0000_0000_0000 - 0x3FE6_A09E_0000_0000)
    let biased = (bits & V.Bits(0x7FFF_FFFF_FFFF_FFFF)).shiftedRight(by: 52)
    let exponent = (biased | V.Bits(0x4330_0000_0000_0000)).asLanes - V(0x1p52 + 1023)
    let k = V.select(isSubnormal, exponent - V(54), exponent)
    let mantissa = (bits & V.Bits(0x000F_FFFF_FFFF_FFFF)) &+ V.Bits(0x3FE6_A09E_0000_0000)
    let f = mantissa.asLanes - V(1)
    let s = f / (f + V(2))
    let z = s * s
    let half = f * f * V(0.5)
    let low = (s * half.addingProduct(artanhSeries(z), z)).addingProduct(
        k, V(0x1.a39ef35793c76p-33))
    // `half` and f cancel against nothing: k·(high part of ln 2) is exact.
    var result = k * V(0x1.62e42feep-1) - ((half - low) - f)
    result = V.select(x == V(0), V(-.infinity), result)
    result = V.select(x == V(.infinity), x, result)
    return V.select(V(0) <= x, result, V(.nan))
}

/// 2·(artanh(s)/s − 1)/z with z = s², for |s| ≤ (√2 − 1)/(√2 + 1).
@inline(__always)
func artanhSeries<V: Lanes>(_ z: V) -> V {
    var series = V(0x1.2f056c18be33bp-3)
    series = V(0x1.39a1b9d9686c2p-3).addingProduct(series, z)
    series = V(0x1.74663ef147dc6p-3).addingProduct(series, z)
    series = V(0x1.c71c52093000cp-3).addingProduct(series, z)
    series = V(0x1.24924941f1606p-2).addingProduct(series, z)
    series = V(0x1.999999997fdb3p-2).addingProduct(series, z)
    series = V(0x1.5555555555592p-1).addingProduct(series, z)
    return series
}

/// 1/√x of a normal number above 0, and no one knows what of others: by the halved and negated
/// exponent (Lomont 2003, 3.4 % off at the most), three steps of Newton's method, and a fourth with
/// its residual. Error below 1.01 ulp.
@inline(__always)
func reciprocalSquareRoot<V: Lanes>(_ x: V) -> V {
    let half = x * V(0.5)
    var y = (V.Bits(0x5FE6_EB50_C7B5_37A9) &- x.asBits.shiftedRight(by: 1)).asLanes
    y = y * V(1.5).subtractingProduct(half * y, y)
    y = y * V(1.5).subtractingProduct(half * y, y)
    y = y * V(1.5).subtractingProduct(half * y, y)
    return y.addingProduct(y * V(0.5), V(1).subtractingProduct(x * y, y))
}
