import Kernels

/// The stationary bootstrap of Politis and Romano (1994): blocks of geometric length drawn with
/// replacement from the series bent to a ring, so that dependence over a few bars survives.
///
/// All columns are drawn together, so differences between them keep their dependence too.
package struct StationaryBootstrap: Sendable {
    package let replicates: Int
    /// Mean length of a block, in bars; 1 is the bootstrap of independent observations.
    package let meanBlockBars: Double
    package let seed: UInt64

    package static let replicateLimit = 100_000
    /// Mean blocks that a series should hold: intervals from fewer are too narrow by more than
    /// some points of a hundred (measured, see `Documentation/Evaluation.md`).
    package static let blocksWanted = 40

    /// Whether so many bars are fewer blocks than that.
    package func isShort(_ bars: Int) -> Bool {
        Double(bars) < Double(StationaryBootstrap.blocksWanted) * meanBlockBars
    }

    /// - Precondition: 1 … `replicateLimit` replicates, blocks of 1 bar or more on average.
    package init(replicates: Int = 2000, meanBlockBars: Double = 21, seed: UInt64 = 20_250_101) {
        precondition((1...StationaryBootstrap.replicateLimit).contains(replicates), "1 … 100000")
        precondition(meanBlockBars >= 1 && meanBlockBars.isFinite, "blocks of 1 bar or more")
        self.replicates = replicates
        self.meanBlockBars = meanBlockBars
        self.seed = seed
    }

    /// The rows of one replicate: each follows the one before or, with probability
    /// 1 ÷ `meanBlockBars`, is drawn anew. A replicate does not depend on how many there are.
    package func rows(count: Int, replicate: Int) -> [Int] {
        var generator = SeededGenerator(seed: seed, run: replicate)
        let restart = 1 / meanBlockBars
        var row = 0
        return (0..<count).map { place in
            if place == 0 || generator.unit() < restart {
                row = min(Int(generator.unit() * Double(count)), count - 1)
            } else {
                row = row + 1 == count ? 0 : row + 1
            }
            return row
        }
    }

    /// Mean and sample standard deviation of every column in every replicate.
    ///
    /// - Parameter columns: equally long, at least two rows.
    package func moments(of columns: [[Double]]) -> [[ColumnMoments]] {
        let count = columns.first?.count ?? 0
        guard count > 1 else { return [] }
        // About the mean, so that no digits are lost to it.
        let centers = columns.map { $0.reduce(0, +) / Double(count) }
        return (0..<replicates).map { replicate in
            let rows = rows(count: count, replicate: replicate)
            return zip(columns, centers).map { column, center in
                var (sum, squares) = (0.0, 0.0)
                for row in rows {
                    let value = column[row] - center
                    sum += value
                    squares += value * value
                }
                let mean = sum / Double(count)
                let variance = max(squares - sum * mean, 0) / Double(count - 1)
                return ColumnMoments(mean: center + mean, deviation: variance.squareRoot())
            }
        }
    }
}

package struct ColumnMoments: Sendable, Equatable {
    package let mean: Double
    package let deviation: Double

    package init(mean: Double, deviation: Double) {
        self.mean = mean
        self.deviation = deviation
    }

    /// Mean over deviation; 0 without variance.
    package var ratio: Double { deviation > 0 ? mean / deviation : 0 }
}

/// An estimate with what resampling says of it.
package struct BootstrapInterval: Sendable, Equatable {
    package static let level = 0.95

    package let estimate: Double
    /// Ends of the percentile interval at `level` (Efron 1979).
    package let lower: Double
    package let upper: Double
    /// Two-sided: how often a replicate lies as far from the estimate as the estimate from 0.
    package let pValue: Double

    /// - Parameter replicates: at least one.
    package init(estimate: Double, replicates: [Double]) {
        precondition(!replicates.isEmpty, "an interval needs replicates")
        let sorted = replicates.sorted()
        let tail = (1 - BootstrapInterval.level) / 2
        self.estimate = estimate
        lower = BootstrapInterval.quantile(sorted, tail)
        upper = BootstrapInterval.quantile(sorted, 1 - tail)
        let beyond = replicates.count { abs($0 - estimate) >= abs(estimate) }
        pValue = Double(beyond + 1) / Double(replicates.count + 1)
    }

    private init(estimate: Double, lower: Double, upper: Double, pValue: Double) {
        self.estimate = estimate
        self.lower = lower
        self.upper = upper
        self.pValue = pValue
    }

    /// Whether the interval leaves 0 out.
    package var excludesZero: Bool { lower > 0 || upper < 0 }

    /// In another unit: a factor above 0.
    package func scaled(by factor: Double) -> BootstrapInterval {
        BootstrapInterval(
            estimate: estimate * factor, lower: lower * factor, upper: upper * factor,
            pValue: pValue)
    }

    /// Linear between the order statistics (Hyndman and Fan 1996, definition 7).
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}
