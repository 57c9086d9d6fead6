import Kernels

/// ln of a product of likelihoods, logged only when it is asked for.
///
/// A bar's likelihood is exp(`log`)·`scale`; the logarithms add up, and the scales multiply up into
/// a significand and an exponent of 2.
struct LogLikelihoodSum: Codable, Sendable, Equatable {
    private(set) var logs = 0.0
    private(set) var significand = 1.0
    private(set) var exponent = 0.0

    /// - Parameter scale: above 0, finite.
    mutating func add(log: Double, scale: Double) {
        logs += log
        let product = significand * scale
        let power = product.bitPattern >> 52
        exponent += Double(power) - 1023
        significand = Double(
            bitPattern: product.bitPattern & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
    }

    var value: Double {
        logs + (VectorMath.log(significand) + exponent * 0.693_147_180_559_945_3)
    }

    var isValid: Bool {
        logs.isFinite && (1..<2).contains(significand) && exponent.isFinite
    }
}
