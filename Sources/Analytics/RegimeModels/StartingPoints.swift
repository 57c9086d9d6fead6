import Kernels

extension GaussianFit {
    static let lloydIterations = 6
    /// Bars before and after that a local mean and variance take in.
    static let localReach = 10
    /// Added to each count of moves between clusters, so that no move is impossible.
    static let moveCount = 1.0

    /// The parameters a start begins with: k-means++ clusters of the observations or, for every
    /// second start, of their local means and variances, since states that differ only in
    /// volatility are not clusters of single observations.
    func startingPoint(_ run: Int) -> BaumWelch.Candidate {
        var generator = SeededGenerator(seed: specification.seed, run: run)
        let isLocal = run % 2 == 1
        let assigned = KMeans.assignments(
            of: isLocal ? localMoments : data.standardised,
            dimensions: isLocal ? 2 * data.featureCount : data.featureCount,
            clusters: specification.states, iterations: GaussianFit.lloydIterations,
            using: &generator)
        return candidate(from: assigned)
    }

    private func candidate(from assigned: [Int]) -> BaumWelch.Candidate {
        let states = specification.states
        let features = data.featureCount
        var start = [Double](repeating: 1, count: states)
        var moves = [Double](repeating: GaussianFit.moveCount, count: states * states)
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

    /// Mean and variance of a cluster, the variance not below a hundredth of the whole; of all
    /// observations when the cluster is empty.
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
        let shares = means.indices.map { max(squares[$0] / count - means[$0] * means[$0], 0.01) }
        return (
            means.indices.map { data.means[$0] + means[$0] * data.variances[$0].squareRoot() },
            shares.indices.map { shares[$0] * data.variances[$0] }
        )
    }
}

extension FitData {
    /// Per complete row and feature, the mean and the logarithm of the mean square of the
    /// standardised values around it.
    var localMoments: [Double] {
        let values = standardised
        let count = values.count / featureCount
        var moments = [Double](repeating: 0, count: 2 * values.count)
        for d in 0..<featureCount {
            var (sums, squares) = ([0.0], [0.0])
            for row in 0..<count {
                let value = values[row * featureCount + d]
                sums.append(sums[row] + value)
                squares.append(squares[row] + value * value)
            }
            for row in 0..<count {
                let from = max(row - GaussianFit.localReach, 0)
                let to = min(row + GaussianFit.localReach + 1, count)
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
