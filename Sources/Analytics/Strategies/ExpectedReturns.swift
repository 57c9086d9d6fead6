/// What returns of one bar are to be expected, and how sure that is: means of samples that are
/// short beside their noise, shrunk twice (Efron and Morris, «Stein's estimation rule and its
/// competitors», 1973).
///
/// The mean over all symbols is shrunk towards nothing, by a prior of Sharpe ratios of the pool;
/// what sets a symbol apart from it, towards it, by as much as the symbols differ.
struct ExpectedReturns: Sendable {
    /// Standard deviation of the prior of the pool's Sharpe ratio, of a year. Markets of a century
    /// have had 0.3 to 0.5.
    static let poolSharpe = 0.5

    /// Of one bar, by symbol.
    let means: [Double]
    /// The share of the pool's mean that was kept.
    let poolShare: Double
    private let poolVariance: Double
    private let ownVariances: [Double]

    init(_ moments: ReturnMoments, _ covariance: ShrunkCovariance, barsPerYear: Double) {
        let count = moments.means.count
        let equal = [Double](repeating: 1 / Double(count), count: count)
        let pool = moments.means.reduce(0, +) / Double(count)
        let poolSpread = covariance.variance(of: equal)
        let poolError = poolSpread / moments.weight
        let prior =
            ExpectedReturns.poolSharpe * ExpectedReturns.poolSharpe / barsPerYear * poolSpread
        poolShare = prior / (prior + poolError)
        poolVariance = poolShare * poolError

        let idiosyncratic = 1 - max(covariance.correlation, 0)
        let errors = (0..<count).map { symbol in
            let deviation = moments.volatilities[symbol]
            return deviation * deviation * idiosyncratic
                / (moments.weight * moments.coverage[symbol])
        }
        let distances = moments.means.map { $0 - pool }
        let spread = distances.reduce(0) { $0 + $1 * $1 } / Double(count)
        let difference = max(0, spread - errors.reduce(0, +) / Double(count))
        let kept = errors.map { difference == 0 ? 0 : difference / (difference + $0) }
        let poolMean = poolShare * pool
        means = zip(distances, kept).map { poolMean + $0 * $1 }
        ownVariances = zip(errors, kept).map { $0 * $1 }
    }

    /// What a portfolio earns in one bar, and the deviation of what is believed of that.
    func portfolio(_ shares: [Double]) -> (mean: Double, deviation: Double) {
        let mean = zip(means, shares).reduce(0) { $0 + $1.0 * $1.1 }
        let sum = shares.reduce(0, +)
        let own = zip(ownVariances, shares).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
        return (mean, (sum * sum * poolVariance + own).squareRoot())
    }
}
