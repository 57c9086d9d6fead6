import Kernels

/// Guesses of each bar's regime, from which a fit starts.
struct StartingRegimes: Sendable {
    static let lloydIterations = 8
    /// Bars before and after that a local mean and variance take in.
    static let localReach = 10
    /// Mean length of random spells, as a share of the bars.
    static let spellShare = 0.05
    /// Added to each count of moves between guesses.
    static let moveCount = 1.0

    let regimes: Int
    let seed: UInt64
    /// y of the observed bars.
    let values: [Double]
    private let local: [Double]

    init(regimes: Int, seed: UInt64, values: [Double]) {
        self.regimes = regimes
        self.seed = seed
        self.values = values
        local = Self.localMoments(values)
    }

    /// Every third start from k-means++ clusters of the values, of local means and variances
    /// (regimes that differ in volatility are no clusters of values), and of spells at random.
    func guess(_ run: Int) -> [Int] {
        var generator = SeededGenerator(seed: seed, run: run)
        switch run % 3 {
        case 0:
            return KMeans.assignments(
                of: local, dimensions: 2, clusters: regimes, iterations: Self.lloydIterations,
                using: &generator)
        case 1:
            return KMeans.assignments(
                of: values, dimensions: 1, clusters: regimes, iterations: Self.lloydIterations,
                using: &generator)
        default:
            let length = max(Double(values.count) * Self.spellShare, 2)
            var regime = 0
            return values.indices.map { _ in
                if generator.unit() * length < 1 {
                    regime = min(Int(generator.unit() * Double(regimes)), regimes - 1)
                }
                return regime
            }
        }
    }

    /// Moves between the guesses, K·K.
    func moves(_ guess: [Int]) -> [Double] {
        var counts = [Double](repeating: Self.moveCount, count: regimes * regimes)
        for (before, after) in zip(guess, guess.dropFirst()) {
            counts[before * regimes + after] += 1
        }
        return counts
    }

    /// Per value, the mean and half the logarithm of the mean square around it.
    private static func localMoments(_ values: [Double]) -> [Double] {
        var (sums, squares) = ([0.0], [0.0])
        for (index, value) in values.enumerated() {
            sums.append(sums[index] + value)
            squares.append(squares[index] + value * value)
        }
        return values.indices.flatMap { index in
            let from = max(index - localReach, 0)
            let to = min(index + localReach + 1, values.count)
            let length = Double(to - from)
            let mean = (sums[to] - sums[from]) / length
            let square = (squares[to] - squares[from]) / length
            return [mean, VectorMath.log(max(square, 1e-6))]
        }
    }
}
