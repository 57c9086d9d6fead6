/// The standard normal distribution.
package enum NormalDistribution {
    private static let tail = 8.0
    private static let termLimit = 300
    private static let bisections = 80

    /// ½ + φ(x)·Σ x²ᵏ⁺¹ ÷ (1·3·…·(2k + 1)) (Marsaglia 2004); 0 or 1 beyond ±8, where the rest is
    /// below 1e-15.
    package static func cumulative(_ x: Double) -> Double {
        guard abs(x) < tail else { return x < 0 ? 0 : 1 }
        var term = x
        var sum = x
        for k in 1...termLimit {
            term *= x * x / Double(2 * k + 1)
            sum += term
            if abs(term) < 1e-18 * abs(sum) { break }
        }
        let density = VectorMath.exp(-0.5 * x * x) * 0.398_942_280_401_432_7
        return min(max(0.5 + density * sum, 0), 1)
    }

    /// The x whose `cumulative` is a probability, by bisection.
    package static func quantile(_ probability: Double) -> Double {
        var (lower, upper) = (-tail, tail)
        for _ in 0..<bisections {
            let middle = (lower + upper) / 2
            if cumulative(middle) < probability { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
