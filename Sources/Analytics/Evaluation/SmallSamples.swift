/// Intervals at `BootstrapInterval.level` for what is seen too few times to be resampled.
package enum SmallSamples {
    /// The standard normal's quantile at the upper end of the level.
    private static let quantile = 1.959_963_984_540_054

    /// A share by Wilson (1927); `nil` of nothing.
    package static func share(_ successes: Int, of count: Int) -> ClosedRange<Double>? {
        guard count > 0 else { return nil }
        let total = Double(count)
        let share = Double(successes) / total
        let square = quantile * quantile / total
        let middle = (share + square / 2) / (1 + square)
        let half =
            quantile * (share * (1 - share) / total + square / total / 4).squareRoot()
            / (1 + square)
        return max(middle - half, 0)...min(middle + half, 1)
    }

    /// Order statistics that hold the median at least as often as the level says, whatever the
    /// distribution (Thompson 1936); `nil` of fewer than six values, where none do.
    package static func median(_ values: [Int]) -> ClosedRange<Int>? {
        let sorted = values.sorted()
        let depth = depth(of: sorted.count)
        guard depth > 0 else { return nil }
        return sorted[depth - 1]...sorted[sorted.count - depth]
    }

    /// More values than this are as good as normal, and powers of one half would vanish.
    private static let exactLimit = 1000

    /// The largest d for which a binomial of one half lies below d with the tail's share at most.
    static func depth(of count: Int) -> Int {
        let total = Double(count)
        guard count <= exactLimit else { return Int((total - quantile * total.squareRoot()) / 2) }
        let tail = (1 - BootstrapInterval.level) / 2
        var probability = 1.0
        for _ in 0..<count { probability /= 2 }
        var cumulative = 0.0
        var depth = 0
        while cumulative + probability <= tail {
            cumulative += probability
            probability *= Double(count - depth) / Double(depth + 1)
            depth += 1
        }
        return depth
    }
}
