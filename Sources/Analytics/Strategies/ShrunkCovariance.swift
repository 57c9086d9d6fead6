import Kernels

/// The covariance of returns, shrunk towards one in which all symbols correlate alike: Ledoit and
/// Wolf, «Honey, I Shrunk the Sample Covariance Matrix» (2004), on returns in units of their
/// deviations.
///
/// N symbols over T bars take the smaller of N × N and N × T values, and a product with it as many
/// steps: of more symbols than bars it is never written out. It is positive definite however few
/// bars there are and whatever repeats what.
struct ShrunkCovariance: Sendable {
    /// The share of each symbol's variance that is its own at least: keeps a covariance solvable
    /// that is singular, as of a symbol given twice, and the solution the only one.
    static let leastOwnShare = 0.02

    /// 0 … 1: the target's share.
    let intensity: Double
    /// The mean of the correlations of two symbols; 0 of one.
    let correlation: Double
    let volatilities: [Double]
    /// T × N; see `ReturnMoments`.
    let standardised: ColumnMatrix
    /// N × N, the products of the columns of `standardised`; `nil` of more symbols than bars.
    private let products: ColumnMatrix?
    private let coverage: [Double]

    init(_ moments: ReturnMoments) {
        standardised = moments.standardised
        volatilities = moments.volatilities
        coverage = moments.coverage
        products = ShrunkCovariance.products(standardised)
        let sums = CorrelationSums(moments, products)
        correlation = sums.correlation
        intensity = min(max(sums.intensity, 0), 1)
    }

    private static func products(_ matrix: ColumnMatrix) -> ColumnMatrix? {
        let count = matrix.columns
        guard count <= matrix.rows else { return nil }
        var products = [Double](repeating: 0, count: count * count)
        for symbol in 0..<count {
            let own = Array(matrix.column(symbol))
            for other in 0...symbol {
                let product = matrix.dot(other, own)
                products[symbol * count + other] = product
                products[other * count + symbol] = product
            }
        }
        return ColumnMatrix(rows: count, columns: count, values: products)
    }

    private var sampleShare: Double { (1 - ShrunkCovariance.leastOwnShare) * (1 - intensity) }
    private var targetShare: Double { (1 - ShrunkCovariance.leastOwnShare) * intensity }

    /// The variance of a portfolio in one bar.
    func variance(of shares: [Double]) -> Double {
        var exposure = Exposure(self)
        for (symbol, share) in shares.enumerated() where share != 0 {
            exposure.add(share, of: symbol, self)
        }
        return exposure.variance(self, shares)
    }

    /// The part of a symbol's own variance that comes besides `Exposure.common` and the target.
    fileprivate func ownPart(_ symbol: Int) -> Double {
        sampleShare * (1 - coverage[symbol]) + targetShare * (1 - correlation)
            + ShrunkCovariance.leastOwnShare
    }

    /// What a portfolio's shares come to, kept while they change one by one.
    struct Exposure: Sendable {
        /// The portfolio's product with each symbol where products are at hand, and else its
        /// standardised return of each bar.
        private var common: [Double]
        /// The sum of shares in units of deviations.
        private var sum = 0.0

        init(_ covariance: ShrunkCovariance) {
            let matrix = covariance.products ?? covariance.standardised
            common = Array(repeating: 0, count: matrix.rows)
        }

        mutating func add(_ share: Double, of symbol: Int, _ covariance: ShrunkCovariance) {
            let scaled = share * covariance.volatilities[symbol]
            let matrix = covariance.products ?? covariance.standardised
            matrix.add(symbol, times: scaled, to: &common)
            sum += scaled
        }

        /// The covariance of a symbol with the portfolio.
        ///
        /// - Parameter share: the symbol's in it.
        func covariance(
            with symbol: Int, holding share: Double, _ covariance: ShrunkCovariance
        ) -> Double {
            let deviation = covariance.volatilities[symbol]
            let product =
                covariance.products == nil
                ? covariance.standardised.dot(symbol, common) : common[symbol]
            let sampled = covariance.sampleShare * product
            let target = covariance.targetShare * covariance.correlation * sum
            return deviation
                * (sampled + target + covariance.ownPart(symbol) * share * deviation)
        }

        func variance(_ covariance: ShrunkCovariance, _ shares: [Double]) -> Double {
            let own = shares.indices.reduce(0.0) { sum, symbol in
                let scaled = shares[symbol] * covariance.volatilities[symbol]
                return sum + covariance.ownPart(symbol) * scaled * scaled
            }
            let sampled =
                covariance.products == nil
                ? common.reduce(0) { $0 + $1 * $1 }
                : shares.indices.reduce(0.0) {
                    $0 + shares[$1] * covariance.volatilities[$1] * common[$1]
                }
            return covariance.sampleShare * sampled
                + covariance.targetShare * covariance.correlation * sum * sum + own
        }
    }
}

/// Ledoit and Wolf's π, ρ and γ (appendix B), without the pairs: each is a sum over bars.
private struct CorrelationSums {
    let correlation: Double
    /// (π − ρ) ÷ γ ÷ T; what is on the diagonal is the same in both.
    let intensity: Double

    /// - Parameter products: of the columns, where they are at hand.
    init(_ moments: ReturnMoments, _ products: ColumnMatrix?) {
        let matrix = moments.standardised
        let coverage = moments.coverage
        let count = Double(matrix.columns)
        guard matrix.columns > 1 else {
            (correlation, intensity) = (0, 0)
            return
        }
        let shares = moments.shares
        let inverseRoots = shares.map { 1 / $0.squareRoot() }

        // Y, Σz² and Σz⁴ of each bar, in units of deviations.
        var totals = [Double](repeating: 0, count: matrix.rows)
        var squares = totals
        var fourths = totals
        for symbol in 0..<matrix.columns {
            for (row, value) in matrix.column(symbol).enumerated() {
                let z = value * inverseRoots[row]
                totals[row] += z
                squares[row] += z * z
                fourths[row] += z * z * z * z
            }
        }
        var both = 0.0
        var squaredPairs = 0.0
        for row in 0..<matrix.rows {
            both += shares[row] * totals[row] * totals[row]
            squaredPairs += shares[row] * (squares[row] * squares[row] - fourths[row])
        }
        let mean = (both - coverage.reduce(0, +)) / (count * (count - 1))
        correlation = min(max(mean, -1 / (count - 1)), 1)

        var skewed = 0.0
        for symbol in 0..<matrix.columns {
            for (row, value) in matrix.column(symbol).enumerated() {
                let z = value * inverseRoots[row]
                skewed += shares[row] * (z * z - coverage[symbol]) * z * (totals[row] - z)
            }
        }
        let norm =
            products.map { $0.values.reduce(0) { $0 + $1 * $1 } } ?? matrix.squaredGramNorm
        let sampled = norm - coverage.reduce(0) { $0 + $1 * $1 }
        let pi = squaredPairs - sampled
        let rho = mean * skewed
        let gamma = sampled - mean * mean * count * (count - 1)
        // Two symbols have one correlation: there is nothing to shrink.
        guard gamma > 1e-12 * max(sampled, 1e-300) else {
            intensity = 0
            return
        }
        intensity = (pi - rho) / gamma / moments.effectiveBars
    }
}
