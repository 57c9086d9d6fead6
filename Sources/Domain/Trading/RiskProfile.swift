/// How much risk somebody wants to bear.
package enum RiskProfile: String, Sendable, CaseIterable {
    case conservative
    case moderate
    case aggressive

    /// 0 … 1: the profile in one number.
    package var tolerance: Double {
        switch self {
        case .conservative: 0.3
        case .moderate: 0.6
        case .aggressive: 0.9
        }
    }

    package var limits: RiskLimits { RiskLimits(self) }

    /// A profile from its label; any other label is an error that lists the valid ones.
    package init(label: some StringProtocol) throws(InvalidRiskProfile) {
        guard let profile = RiskProfile(rawValue: String(label)) else {
            throw InvalidRiskProfile(label: String(label))
        }
        self = profile
    }
}

package struct InvalidRiskProfile: Error, Equatable, CustomStringConvertible {
    package let label: String

    package var description: String {
        let labels = RiskProfile.allCases.map(\.rawValue).joined(separator: ", ")
        return "Invalid risk_profile value: \(label). Must be one of: \(labels)"
    }
}

/// What no strategy goes beyond, whoever proposes it.
///
/// Nothing is borrowed: all shares together, long and short, are at most the whole.
package struct RiskLimits: Sendable, Equatable {
    /// Standard deviation of a year's return, as a share of the capital: at most this is forecast.
    package let volatilityTarget: Double
    /// Of one symbol held long, as a share of the capital.
    package let longest: Double
    /// Of one symbol held short; 0 where nothing is sold short.
    package let shortest: Double
    /// Of all symbols, long and short.
    package let gross: Double

    init(_ profile: RiskProfile) {
        volatilityTarget = 0.2 * profile.tolerance
        longest = profile.tolerance
        shortest = profile == .aggressive ? 0.3 : 0
        gross = 1
    }

    /// The share nearest to one that is within the limits of one symbol.
    package func clamped(_ share: Double) -> Double { min(max(share, -shortest), longest) }
}
