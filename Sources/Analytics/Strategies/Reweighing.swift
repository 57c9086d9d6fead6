import Trading

/// Why shares that somebody proposes are not taken.
package struct ReweighingObjection: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Allocation {
    /// A limit may be missed by so little, relative to it: what numbers in words lose.
    static let roundingTolerance = 1e-9

    /// Who repeats a share as it was told means the share that it stands for.
    private static func meant(_ proposed: Double?, for target: Double) -> Double {
        guard let proposed else { return target }
        let half = StrategyBriefing.resolution / 2 * (1 + roundingTolerance)
        return abs(proposed - target) <= half ? target : proposed
    }

    /// The same with shares that somebody proposes, judged as the engine's own: what goes beyond a
    /// limit of the profile is refused as a whole, and nothing is made to fit.
    ///
    /// - Parameters:
    ///   - proposed: by column; symbols that are not in it keep the engine's share.
    ///   - names: of the columns, for errors.
    ///   - adviser: who proposes them.
    package func reweighed(
        to proposed: [Int: Double], names: [String], by adviser: String
    ) throws(ReweighingObjection) -> Allocation {
        guard let basis else { throw ReweighingObjection("no symbol could be judged") }
        let limits = basis.limits
        var shares: [Double] = []
        for (column, target) in targets.enumerated() {
            let isUsable = judged[column] == .usable
            guard isUsable || proposed[column] == nil else {
                throw ReweighingObjection(
                    "\(names[column]) could not be judged: what is held of it is kept")
            }
            guard isUsable else { continue }
            let share = Allocation.meant(proposed[column], for: target)
            guard share.isFinite, limits.clamped(share) == share else {
                let least = limits.shortest == 0 ? "0" : "-\(limits.shortest)"
                throw ReweighingObjection(
                    "\(share) of \(names[column]) is not within \(least) and \(limits.longest)")
            }
            // There is no negative nothing.
            shares.append(share + 0)
        }
        let tolerance = 1 + Allocation.roundingTolerance
        let gross = shares.reduce(0) { $0 + abs($1) }
        guard gross <= basis.gross * tolerance else {
            throw ReweighingObjection("\(gross) of the capital in all is more than \(basis.gross)")
        }
        let variance = max(basis.covariance.variance(of: shares), 0) * basis.barsPerYear
        let volatility = variance.squareRoot()
        guard volatility <= limits.volatilityTarget * tolerance else {
            throw ReweighingObjection(
                "a volatility of \(volatility) a year is more than \(limits.volatilityTarget)")
        }
        let almost = 1 - StrategyBriefing.resolution
        return Allocation(
            held: held, judged: judged, shares: shares,
            isAtRiskLimit: volatility >= limits.volatilityTarget * almost,
            isAtGrossLimit: gross >= basis.gross * almost, adviser: adviser, basis)
    }
}
