import Kernels

/// The parameters that the starts of a fit begin with, of several families in turn, since no one
/// of them leads to the best optimum of every series.
struct StartingPoints {
    static let lloydIterations = 6
    /// Bars before and after that local moments take in at the least and at the most.
    static let reaches = 5.0...60.0
    static let usualReach = 10
    /// Added to each count of moves between clusters, so that no move is impossible.
    static let moveCount = 1.0
    /// Bars that a drawn segment lasts on average, at the least and at the most.
    static let segmentBars = 10.0...250.0
    /// Standard deviations of a drawn state, over those of the whole.
    static let spreads = 0.25...3.0
    /// Least variance of a cluster, as a share of the whole.
    static let leastShare = 0.01

    enum Family: CaseIterable {
        /// k-means++ clusters of single observations.
        case clusters
        /// k-means++ clusters of local means and variances, since states that differ only in
        /// volatility are no clusters of single observations.
        case localMoments
        /// Bands between quantiles of local volatility, the quantiles drawn.
        case bands
        /// As `localMoments`, over a drawn number of bars.
        case drawnReach
        /// Means of k-means++ clusters, states as wide as the whole, rows of transitions drawn.
        case centers
        /// Variances, means and persistence drawn, whatever the data.
        case drawnStates
        /// Segments of drawn lengths, each given to a drawn state.
        case segments
    }

    let states: Int
    let seed: UInt64
    let data: FitData
    private let localMoments: [Double]

    init(_ specification: RegimeSpecification, _ data: FitData) {
        states = specification.states
        seed = specification.seed
        self.data = data
        localMoments = data.localMoments(reach: StartingPoints.usualReach)
    }

    /// What a start begins with; it depends on the seed and on the start's number alone.
    func candidate(_ run: Int) -> BaumWelch.Candidate {
        let family = Family.allCases[run % Family.allCases.count]
        var generator = SeededGenerator(seed: seed, run: run)
        let candidate =
            switch family {
            case .clusters: candidate(clusters(data.standardised, &generator))
            case .localMoments: candidate(clusters(localMoments, &generator))
            case .bands: candidate(bands(&generator))
            case .drawnReach:
                candidate(
                    clusters(
                        data.localMoments(
                            reach: Int(generator.scaled(StartingPoints.reaches))), &generator))
            case .centers: centers(&generator)
            case .drawnStates: drawn(&generator)
            case .segments: candidate(segments(&generator))
            }
        return candidate.inCanonicalOrder
    }

    private func clusters(
        _ points: [Double], _ generator: inout SeededGenerator
    ) -> [Int] {
        KMeans.assignments(
            of: points, dimensions: points.count / data.completeCount, clusters: states,
            iterations: StartingPoints.lloydIterations, using: &generator)
    }

    /// By rank of the mean over the features of the logarithm of local mean squares.
    private func bands(_ generator: inout SeededGenerator) -> [Int] {
        let features = data.featureCount
        let levels = (0..<data.completeCount).map { row in
            (0..<features).reduce(0) { $0 + localMoments[2 * (row * features + $1) + 1] }
        }
        let sorted = levels.sorted()
        // Shares between a half and three halves of equal ones, so that no band is empty.
        let shares = (0..<states).map { _ in 0.5 + generator.unit() }
        let total = shares.reduce(0, +)
        var cut = 0.0
        let limits = shares.dropLast().map { share in
            cut += share / total
            return sorted[min(Int(cut * Double(sorted.count)), sorted.count - 1)]
        }
        return levels.map { level in limits.count { level >= $0 } }
    }

    private func segments(_ generator: inout SeededGenerator) -> [Int] {
        let bars = generator.scaled(StartingPoints.segmentBars)
        var state = 0
        return (0..<data.completeCount).map { row in
            if row == 0 || generator.unit() * bars < 1 {
                state = min(Int(generator.unit() * Double(states)), states - 1)
            }
            return state
        }
    }

    private func drawn(_ generator: inout SeededGenerator) -> BaumWelch.Candidate {
        let features = data.featureCount
        let leave = 1 / generator.scaled(StartingPoints.segmentBars)
        var means: [Double] = []
        var covariances: [Double] = []
        for _ in 0..<states {
            let spread = generator.scaled(StartingPoints.spreads)
            for row in 0..<features {
                let deviation = data.variances[row].squareRoot()
                means.append(data.means[row] + (generator.unit() - 0.5) * deviation)
                covariances += (0..<features).map {
                    row == $0 ? data.variances[row] * spread * spread : 0
                }
            }
        }
        let others = Double(max(states - 1, 1))
        let transition = (0..<(states * states)).map { k in
            let isStay = k / states == k % states
            return states == 1 ? 1 : isStay ? 1 - leave : leave / others
        }
        return BaumWelch.Candidate(
            start: [Double](repeating: 1 / Double(states), count: states),
            transition: transition, means: means, covariances: covariances)
    }

    private func centers(_ generator: inout SeededGenerator) -> BaumWelch.Candidate {
        let clustered = candidate(clusters(data.standardised, &generator))
        func row() -> [Double] {
            let values = (0..<states).map { _ in -VectorMath.log(1 - generator.unit()) }
            let sum = values.reduce(0, +)
            return sum > 0 ? values.map { $0 / sum } : values.map { _ in 1 / Double(states) }
        }
        return BaumWelch.Candidate(
            start: row(), transition: (0..<states).flatMap { _ in row() }, means: clustered.means,
            covariances: (0..<states).flatMap { _ in data.diagonalCovariance })
    }

    // MARK: - From assignments to parameters

    private func candidate(_ assigned: [Int]) -> BaumWelch.Candidate {
        let features = data.featureCount
        var start = [Double](repeating: 1, count: states)
        var moves = [Double](repeating: StartingPoints.moveCount, count: states * states)
        for (before, after) in zip(assigned, assigned.dropFirst()) {
            moves[before * states + after] += 1
        }
        if let first = assigned.first { start[first] += 1 }
        let total = start.reduce(0, +)
        var means: [Double] = []
        var covariances: [Double] = []
        for state in 0..<states {
            let (mean, variance) = clusterMoments(state, assigned)
            means += mean
            for row in 0..<features {
                covariances += (0..<features).map { row == $0 ? variance[row] : 0 }
            }
            let range = (state * states)..<((state + 1) * states)
            let sum = moves[range].reduce(0, +)
            for k in range { moves[k] /= sum }
        }
        return BaumWelch.Candidate(
            start: start.map { $0 / total }, transition: moves, means: means,
            covariances: covariances)
    }

    /// Mean and variance of a cluster, the variance not below its least; of all observations when
    /// the cluster is empty.
    private func clusterMoments(_ state: Int, _ assigned: [Int]) -> ([Double], [Double]) {
        let features = data.featureCount
        var count = 0.0
        var sums = [Double](repeating: 0, count: features)
        var squares = sums
        for (row, cluster) in assigned.enumerated() where cluster == state {
            count += 1
            for d in 0..<features {
                let value = data.standardised[row * features + d]
                sums[d] += value
                squares[d] += value * value
            }
        }
        guard count > 0 else { return (data.means, data.variances) }
        let means = sums.map { $0 / count }
        let shares = means.indices.map {
            max(squares[$0] / count - means[$0] * means[$0], StartingPoints.leastShare)
        }
        return (
            means.indices.map { data.means[$0] + means[$0] * data.variances[$0].squareRoot() },
            shares.indices.map { shares[$0] * data.variances[$0] }
        )
    }
}

extension SeededGenerator {
    /// Uniform in the logarithm, between bounds above 0.
    fileprivate mutating func scaled(_ range: ClosedRange<Double>) -> Double {
        let ratio = VectorMath.log(range.upperBound / range.lowerBound)
        return range.lowerBound * VectorMath.exp(unit() * ratio)
    }
}

extension FitData {
    /// Per complete row and feature, the mean and the logarithm of the mean square of the
    /// standardised values up to `reach` rows away.
    func localMoments(reach: Int) -> [Double] {
        let values = standardised
        let count = completeCount
        var moments = [Double](repeating: 0, count: 2 * values.count)
        var sums = [Double](repeating: 0, count: count + 1)
        var squares = sums
        for d in 0..<featureCount {
            for row in 0..<count {
                let value = values[row * featureCount + d]
                sums[row + 1] = sums[row] + value
                squares[row + 1] = squares[row] + value * value
            }
            for row in 0..<count {
                let from = max(row - reach, 0)
                let to = min(row + reach + 1, count)
                let length = Double(to - from)
                let slot = 2 * (row * featureCount + d)
                moments[slot] = (sums[to] - sums[from]) / length
                let square = max((squares[to] - squares[from]) / length, 1e-6)
                moments[slot + 1] = VectorMath.log(square)
            }
        }
        return moments
    }
}
