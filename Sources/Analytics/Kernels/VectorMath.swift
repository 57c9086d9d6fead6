/// Exponential and logarithm of the project's own: additions, multiplications, one division and
/// bit moves only, so that a result has the same bits on every machine and in every lane.
///
/// A libm picks its code by processor; these cannot. Written once over the lane width; the scalar
/// entry is the two-lane one. Errors are tested in units in the last place.
package enum VectorMath {
    /// eˣ. 0 below −708, where the result would leave the normal range; +∞ above 709.78; NaN of
    /// NaN. Error below 1 ulp.
    package static func exp(_ x: Double) -> Double { exponential(SIMD2(x, 0))[0] }
    package static func exp(_ x: SIMD2<Double>) -> SIMD2<Double> { exponential(x) }
    package static func exp(_ x: SIMD4<Double>) -> SIMD4<Double> { exponential(x) }
    package static func exp(_ x: SIMD8<Double>) -> SIMD8<Double> { exponential(x) }

    /// ln x. −∞ at 0; NaN below 0 and of NaN; +∞ of +∞; subnormals are arguments like any.
    /// Error below 1 ulp.
    package static func log(_ x: Double) -> Double { logarithm(SIMD2(x, 1))[0] }
    package static func log(_ x: SIMD2<Double>) -> SIMD2<Double> { logarithm(x) }
    package static func log(_ x: SIMD4<Double>) -> SIMD4<Double> { logarithm(x) }
    package static func log(_ x: SIMD8<Double>) -> SIMD8<Double> { logarithm(x) }
}

/// Doubles side by side, as wide as a kernel is instantiated for.
protocol Lanes: SIMD where Scalar == Double, MaskStorage.Scalar == Int64 {
    static func exp(_ x: Self) -> Self
    static func log(_ x: Self) -> Self
    /// The larger of two finite values.
    static func larger(_ x: Self, _ y: Self) -> Self
    /// The magnitude of x, or the limit (above 0) where x is larger or not a number.
    static func capped(_ x: Self, at limit: Double) -> Self
}

extension SIMD2<Double>: Lanes {
    static func exp(_ x: Self) -> Self { exponential(x) }
    static func log(_ x: Self) -> Self { logarithm(x) }
    static func larger(_ x: Self, _ y: Self) -> Self { maximum(x, y) }
    static func capped(_ x: Self, at limit: Double) -> Self { magnitude(x, upTo: limit) }
}

extension SIMD4<Double>: Lanes {
    static func exp(_ x: Self) -> Self { exponential(x) }
    static func log(_ x: Self) -> Self { logarithm(x) }
    static func larger(_ x: Self, _ y: Self) -> Self { maximum(x, y) }
    static func capped(_ x: Self, at limit: Double) -> Self { magnitude(x, upTo: limit) }
}

extension SIMD8<Double>: Lanes {
    static func exp(_ x: Self) -> Self { exponential(x) }
    static func log(_ x: Self) -> Self { logarithm(x) }
    static func larger(_ x: Self, _ y: Self) -> Self { maximum(x, y) }
    static func capped(_ x: Self, at limit: Double) -> Self { magnitude(x, upTo: limit) }
}

// Comparisons of SIMD types compile to a loop over the lanes, and so does choosing by their masks;
// subtracting and spreading the sign bit does not.

@inline(__always)
private func maximum<V: SIMD>(_ x: V, _ y: V) -> V
where V.Scalar == Double, V.MaskStorage.Scalar == Int64 {
    choose(y, x, where: unsafeBitCast(x - y, to: V.MaskStorage.self) &>> 63)
}

@inline(__always)
private func magnitude<V: SIMD>(_ x: V, upTo limit: Double) -> V
where V.Scalar == Double, V.MaskStorage.Scalar == Int64 {
    let bits = unsafeBitCast(x, to: V.MaskStorage.self) & Int64.max
    let excess = (V.MaskStorage(repeating: Int64(limit.bitPattern)) &- bits) &>> 63
    return choose(V(repeating: limit), unsafeBitCast(bits, to: V.self), where: excess)
}

/// `first` in the lanes whose mask is all ones, `second` in those whose mask is 0.
@inline(__always)
private func choose<V: SIMD>(_ first: V, _ second: V, where mask: V.MaskStorage) -> V
where V.Scalar == Double, V.MaskStorage.Scalar == Int64 {
    let chosen = unsafeBitCast(first, to: V.MaskStorage.self) & mask
    let other = unsafeBitCast(second, to: V.MaskStorage.self) & ~mask
    return unsafeBitCast(chosen | other, to: V.self)
}

/// eˣ = 2ⁿ·eʳ with n = round(x / ln 2), |r| ≤ ln 2 / 2, eʳ by its Taylor series to the 13th power.
@inline(__always)
private func exponential<V: SIMD>(_ x: V) -> V
where V.Scalar == Double, V.MaskStorage.Scalar == Int64 {
    // Adding 1.5·2⁵² rounds to an integer that then sits in the low bits.
    let magic = V(repeating: 0x1.8p52)
    let shifted = x * 1.442_695_040_888_963_4 + magic
    let n = shifted - magic
    let r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33
    var series = V(repeating: 1 / 6_227_020_800)
    series = series * r + 1 / 479_001_600
    series = series * r + 1 / 39_916_800
    series = series * r + 1 / 3_628_800
    series = series * r + 1 / 362_880
    series = series * r + 1 / 40_320
    series = series * r + 1 / 5_040
    series = series * r + 1 / 720
    series = series * r + 1 / 120
    series = series * r + 1 / 24
    series = series * r + 1 / 6
    series = series * r + 0.5
    let power = (series * (r * r) + r) + 1
    let exponent = unsafeBitCast(shifted, to: V.MaskStorage.self) &<< 52
    var result = unsafeBitCast(
        unsafeBitCast(power, to: V.MaskStorage.self) &+ exponent, to: V.self)
    let below = unsafeBitCast(x + 708, to: V.MaskStorage.self) &>> 63
    result = choose(.zero, result, where: below)
    let above = unsafeBitCast(0x1.62e42fefa39efp9 - x, to: V.MaskStorage.self) &>> 63
    result = choose(V(repeating: .infinity), result, where: above)
    let bits = unsafeBitCast(x, to: V.MaskStorage.self) & Int64.max
    let infinity = V.MaskStorage(repeating: 0x7FF0_0000_0000_0000)
    return choose(x, result, where: (infinity &- bits) &>> 63)
}

/// ln x = k·ln 2 + ln m with m in √½ … √2 and ln m = 2·artanh((m − 1) / (m + 1)), the series to
/// the 21st power; the leading terms are put together as in fdlibm's `log` (Ng, 1993) so that no
/// digit is lost.
@inline(__always)
private func logarithm<V: SIMD>(_ x: V) -> V
where V.Scalar == Double, V.MaskStorage.Scalar == Int64 {
    let isSubnormal = x .< 0x1p-1022
    var normal = x
    normal.replace(with: x * 0x1p54, where: isSubnormal)
    // Moves the break between two exponents from 1 to √½.
    let offset: Int64 = 0x3FF0_0000_0000_0000 - 0x3FE6_A09E_0000_0000
    let bits = unsafeBitCast(normal, to: V.MaskStorage.self) &+ offset
    let biased = (bits & 0x7FFF_FFFF_FFFF_FFFF) &>> 52
    var k = unsafeBitCast(biased | 0x4330_0000_0000_0000, to: V.self) - (0x1p52 + 1023)
    k.replace(with: k - 54, where: isSubnormal)
    let mantissa = (bits & 0x000F_FFFF_FFFF_FFFF) &+ 0x3FE6_A09E_0000_0000
    let f = unsafeBitCast(mantissa, to: V.self) - 1
    let s = f / (f + 2)
    let z = s * s
    var series = V(repeating: 2.0 / 21)
    series = series * z + 2.0 / 19
    series = series * z + 2.0 / 17
    series = series * z + 2.0 / 15
    series = series * z + 2.0 / 13
    series = series * z + 2.0 / 11
    series = series * z + 2.0 / 9
    series = series * z + 2.0 / 7
    series = series * z + 2.0 / 5
    series = series * z + 2.0 / 3
    series = series * z
    let half = f * f * 0.5
    let low = s * (half + series) + k * 0x1.a39ef35793c76p-33
    var result = k * 0x1.62e42feep-1 - ((half - low) - f)
    result.replace(with: -.infinity, where: x .== 0)
    result.replace(with: .infinity, where: x .== .infinity)
    result.replace(with: .nan, where: (x .< 0) .| (x .!= x))
    return result
}
