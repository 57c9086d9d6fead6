/// The choice of feature weights for a given path: Witten and Tibshirani, "A framework for feature
/// selection in clustering" (2010), section 2; Nystrup, Kolm and Lindström (2021), algorithm 2.
enum FeatureSelection {
    /// A feature whose centres differ by less than this in all counts as the same in every state.
    static let negligible = 1e-6

    /// Sum over states of their rows times the squared distance of their centre from the overall
    /// mean, by feature.
    ///
    /// - Parameters:
    ///   - rows: in the units of the features, all there.
    ///   - centres: K·D means of the rows of each state.
    static func betweenStates(_ rows: JumpRows, centres: [Double], counts: [Double]) -> [Double] {
        let features = rows.features
        return (0..<features).map { d in
            var total = 0.0
            for row in 0..<rows.count { total += rows.values[row * features + d] }
            let mean = total / Double(rows.count)
            var sum = 0.0
            for state in counts.indices where counts[state] > 0 {
                let difference = centres[state * features + d] - mean
                sum += counts[state] * (difference * difference)
            }
            return sum < negligible ? 0 : sum
        }
    }

    /// The w that maximises Σ w·a with ‖w‖₂ ≤ 1, ‖w‖₁ ≤ κ and w ≥ 0: what of a exceeds a
    /// threshold Δ, brought to length 1, with the smallest Δ ≥ 0 that keeps to κ.
    ///
    /// With the m largest entries above Δ, mean ā and variance v, the bound is met where
    /// Δ = ā − κ·√(v / (m − κ²)). That holds for one m at most, which is looked for.
    ///
    /// - Parameter a: not negative, one positive at least.
    static func weights(_ a: [Double], kappa: Double) -> [Double] {
        let whole = normalised(a, above: 0)
        if whole.reduce(0, +) <= kappa { return whole }
        let sorted = a.sorted(by: >)
        let square = kappa * kappa
        var (sum, squares) = (0.0, 0.0)
        for m in 1...sorted.count {
            sum += sorted[m - 1]
            squares += sorted[m - 1] * sorted[m - 1]
            let count = Double(m)
            guard count > square else { continue }
            let mean = sum / count
            let variance = max(squares / count - mean * mean, 0)
            let threshold = mean - kappa * (variance / (count - square)).squareRoot()
            let next = m < sorted.count ? sorted[m] : 0
            if threshold < sorted[m - 1], threshold >= next {
                return normalised(a, above: threshold)
            }
        }
        // Too many share the largest value: they share the weight.
        return normalised(a, above: sorted.first { $0 < sorted[0] } ?? 0)
    }

    private static func normalised(_ a: [Double], above threshold: Double) -> [Double] {
        let excess = a.map { max($0 - threshold, 0) }
        let length = excess.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return excess.map { $0 / length }
    }
}
