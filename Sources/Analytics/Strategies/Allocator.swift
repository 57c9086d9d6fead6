import Kernels
package import Regimes
package import Trading

/// How much of each symbol to hold in a regime: the deterministic engine behind strategies.
///
/// Moments of what followed the regime's labels (`ReturnMoments`), shrunk (`ShrunkCovariance`,
/// `ExpectedReturns`); the shares that a mean-variance investor of the profile would hold, who pays
/// for every change (`PortfolioSolver`). Cash earns nothing here.
package struct Allocator: Sendable {
    /// Who answered, in answers: another number when the same inputs give other shares.
    package static let model = "moments-1"
    /// A symbol with fewer returns is not judged.
    package static let leastReturns = 63
    /// A portfolio of this Sharpe ratio, of a year, is held at the profile's risk target.
    static let referenceSharpe = 0.5
    /// Of what is bought or sold: commission, and half a spread.
    package static let defaultTurnoverCost = 0.001
    /// How long a regime lasts, in bars, for spreading that cost over it.
    static let stretchBounds = 5.0...63
    static let defaultStretch = 21.0

    package let regime: Regime
    package let profile: RiskProfile
    /// As a share of what is bought or sold.
    package let turnoverCost: Double

    package init(
        _ regime: Regime, _ profile: RiskProfile,
        turnoverCost: Double = Allocator.defaultTurnoverCost
    ) {
        self.regime = regime
        self.profile = profile
        self.turnoverCost = turnoverCost
    }

    /// - Parameter held: what is held of each symbol now, as a share of the capital.
    package func allocation(_ history: LabelledReturns, holding held: [Double]) -> Allocation {
        let judged = (0..<history.symbolCount).map { symbol in
            Judgement(history.column(symbol))
        }
        let usable = judged.indices.filter { judged[$0] == .usable }
        guard regime != .unknown, !usable.isEmpty else {
            return Allocation(keeping: held, judged: judged)
        }
        let moments = ReturnMoments(history, in: regime, of: usable)
        let covariance = ShrunkCovariance(moments)
        let expected = ExpectedReturns(moments, covariance, barsPerYear: history.barsPerYear)
        let stretch = history.meanStretch(of: regime) ?? Allocator.defaultStretch
        let horizon = min(
            max(stretch, Allocator.stretchBounds.lowerBound), Allocator.stretchBounds.upperBound)
        let limits = profile.limits
        let kept = held.indices.reduce(0.0) {
            judged[$1] == .usable ? $0 : $0 + abs(held[$1])
        }
        let year = history.barsPerYear
        let solution = PortfolioSolver(
            means: expected.means, covariance: covariance,
            aversion: Allocator.referenceSharpe / limits.volatilityTarget,
            turnoverCost: turnoverCost / horizon, held: usable.map { held[$0] }, limits: limits,
            gross: max(limits.gross - kept, 0),
            riskLimit: limits.volatilityTarget / year.squareRoot()
        ).solve()
        return Allocation(
            held: held, judged: judged, shares: solution.shares,
            isAtRiskLimit: solution.isAtRiskLimit, isAtGrossLimit: solution.isAtGrossLimit,
            AllocationBasis(
                moments: moments, covariance: covariance, expected: expected, horizon: horizon,
                barsPerYear: year, limits: limits, gross: max(limits.gross - kept, 0)))
    }
}

/// What the shares of an allocation are judged by.
struct AllocationBasis: Sendable {
    let moments: ReturnMoments
    let covariance: ShrunkCovariance
    let expected: ExpectedReturns
    let horizon: Double
    let barsPerYear: Double
    let limits: RiskLimits
    /// Of all symbols that were judged, together: what the others leave.
    let gross: Double
}

/// Whether a symbol's returns say enough about it.
package enum Judgement: Equatable, Sendable {
    case usable
    /// Fewer than `Allocator.leastReturns`, and how many.
    case tooShort(Int)
    /// Its price never moved.
    case still

    init(_ returns: ArraySlice<Double>) {
        let moments = WeightedMoments(returns, [Double](repeating: 1, count: returns.count))
        if moments.count < Allocator.leastReturns {
            self = .tooShort(moments.count)
        } else {
            self = moments.deviation > 0 ? .usable : .still
        }
    }
}

/// What was found about the symbols, for words.
package struct Findings: Equatable, Sendable {
    package let regimeBars: Int
    package let totalBars: Int
    /// Of the symbols that were judged, of a year.
    package let volatilities: [Double]
    package let means: [Double]
    /// The share of the pool's mean that was kept.
    package let meanShare: Double
    package let correlation: Double
    package let intensity: Double
    /// Over how many bars the cost of trading is spread.
    package let horizon: Double
    /// Of the portfolio, of a year.
    package let mean: Double
    package let volatility: Double
    /// See `Strategy.confidence`.
    package let confidence: Double

    init(_ basis: AllocationBasis, shares: [Double]) {
        let (moments, covariance) = (basis.moments, basis.covariance)
        let (expected, barsPerYear) = (basis.expected, basis.barsPerYear)
        let root = barsPerYear.squareRoot()
        regimeBars = moments.regimeBars
        totalBars = moments.standardised.rows
        volatilities = moments.volatilities.map { $0 * root }
        means = expected.means.map { $0 * barsPerYear }
        meanShare = expected.poolShare
        correlation = covariance.correlation
        intensity = covariance.intensity
        horizon = basis.horizon
        let portfolio = expected.portfolio(shares)
        mean = portfolio.mean * barsPerYear
        volatility = max(covariance.variance(of: shares), 0).squareRoot() * root
        if shares.contains(where: { $0 != 0 }) {
            confidence = Findings.probability(portfolio)
        } else {
            // Of cash: that all of them together lose.
            let pool = expected.portfolio(shares.map { _ in 1 / Double(shares.count) })
            confidence = 1 - Findings.probability(pool)
        }
    }

    private static func probability(_ belief: (mean: Double, deviation: Double)) -> Double {
        guard belief.deviation > 0 else { return belief.mean > 0 ? 1 : 0 }
        return NormalDistribution.cumulative(belief.mean / belief.deviation)
    }
}

/// Shares of the capital, symbol by symbol.
package struct Allocation: Sendable {
    /// Negative when short.
    package let targets: [Double]
    package let held: [Double]
    package let judged: [Judgement]
    /// `nil` when nothing could be judged: what is held is kept.
    package let findings: Findings?
    package let isAtRiskLimit: Bool
    package let isAtGrossLimit: Bool
    /// Who set other shares than the engine would; `nil`: nobody.
    package let adviser: String?
    let basis: AllocationBasis?

    fileprivate init(keeping held: [Double], judged: [Judgement]) {
        targets = held
        self.held = held
        self.judged = judged
        (findings, adviser, basis) = (nil, nil, nil)
        (isAtRiskLimit, isAtGrossLimit) = (false, false)
    }

    /// - Parameter shares: of the usable symbols.
    init(
        held: [Double], judged: [Judgement], shares: [Double], isAtRiskLimit: Bool,
        isAtGrossLimit: Bool, adviser: String? = nil, _ basis: AllocationBasis
    ) {
        let usable = judged.indices.filter { judged[$0] == .usable }
        var targets = held
        for (place, symbol) in usable.enumerated() { targets[symbol] = shares[place] }
        self.targets = targets
        self.held = held
        self.judged = judged
        findings = Findings(basis, shares: shares)
        self.isAtRiskLimit = isAtRiskLimit
        self.isAtGrossLimit = isAtGrossLimit
        self.adviser = adviser
        self.basis = basis
    }

    /// Share of the capital that is not invested, long or short.
    package var cash: Double { max(0, 1 - targets.reduce(0) { $0 + abs($1) }) }

    /// Where the usable symbol of a column stands in `Findings`; `nil` for one that was not judged.
    package func place(of symbol: Int) -> Int? {
        guard judged[symbol] == .usable else { return nil }
        return judged[..<symbol].count { $0 == .usable }
    }
}
