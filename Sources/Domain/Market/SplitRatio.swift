/// How many new shares were given for how many old ones.
package struct SplitRatio: Hashable, Sendable {
    package let new: Int
    package let old: Int

    /// By what prices are divided: above 1 where shares were split, below 1 where they were joined.
    package var factor: Double { Double(new) / Double(old) }

    /// What boards decide on. Shares are split into halves more often than they are joined.
    static let forward = [
        SplitRatio(new: 3, old: 2), SplitRatio(new: 2, old: 1), SplitRatio(new: 5, old: 2),
        SplitRatio(new: 3, old: 1), SplitRatio(new: 4, old: 1), SplitRatio(new: 5, old: 1),
        SplitRatio(new: 6, old: 1), SplitRatio(new: 7, old: 1), SplitRatio(new: 8, old: 1),
        SplitRatio(new: 10, old: 1), SplitRatio(new: 15, old: 1), SplitRatio(new: 20, old: 1),
        SplitRatio(new: 25, old: 1), SplitRatio(new: 30, old: 1), SplitRatio(new: 50, old: 1),
        SplitRatio(new: 100, old: 1),
    ]
    static let reverse = [2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100].map {
        SplitRatio(new: 1, old: $0)
    }
}

extension SplitRatio: CustomStringConvertible {
    package var description: String { "\(new)-for-\(old)" }
}

/// A step between two bars that looks like a split which the prices are not adjusted for.
package struct SuspectedSplit: Hashable, Sendable {
    /// The bar that is not to be taken.
    package let timestamp: Timestamp
    /// The common ratio that is nearest to the step.
    package let ratio: SplitRatio
    package let previousClose: Double
    /// Of the bar taken last.
    package let previous: Timestamp
    package let close: Double
    /// Bars are missing between the two, and the split may be at one of them.
    package let isAfterMissingBars: Bool
}

extension SuspectedSplit: CustomStringConvertible {
    /// The bar, the step and the ratio; whoever refuses the bar adds what to do.
    package var description: String {
        let step = "the step of the close from \(previousClose) to \(close) at \(timestamp) "
        return isAfterMissingBars
            ? step + "may be a \(ratio) split that the prices are not adjusted for: the bars after "
                + "\(previous) are missing, or were refused"
            : step + "looks like a \(ratio) split that the prices are not adjusted for"
    }
}
