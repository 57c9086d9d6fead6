/// What kind of market it is. The raw value is the wire label.
package enum Regime: String, Sendable, CaseIterable {
    case crisis
    case normalBear = "normal_bear"
    case normalBull = "normal_bull"
    case euphoria
    case highVolatility = "high_volatility"
    case lowVolatility = "low_volatility"
    /// An honest answer: nothing is known yet. Never a default with a confidence.
    case unknown

    /// The labels a model can assign, in wire order; everything but `unknown`.
    package static let known: [Regime] = allCases.filter { $0 != .unknown }

    /// A regime from its wire label; any other label is an error that lists the valid ones.
    package init(
        label: some StringProtocol, among valid: [Regime] = Regime.allCases
    ) throws(InvalidRegimeLabel) {
        guard let regime = Regime(rawValue: String(label)), valid.contains(regime) else {
            throw InvalidRegimeLabel(label: String(label), valid: valid)
        }
        self = regime
    }

    package var label: String { rawValue }

    package var riskLevel: RiskLevel {
        switch self {
        case .crisis: .extreme
        case .normalBear, .highVolatility, .unknown: .high
        case .euphoria: .medium
        case .normalBull, .lowVolatility: .low
        }
    }
}

extension Regime: CustomStringConvertible {
    package var description: String { rawValue }
}

package struct InvalidRegimeLabel: Error, Equatable, CustomStringConvertible {
    package let label: String
    package let valid: [Regime]

    package var description: String {
        let labels = valid.map(\.rawValue).joined(separator: ", ")
        return "Invalid regime value: \(label). Must be one of: \(labels)"
    }
}

/// How much a regime can hurt, mildest first.
package enum RiskLevel: String, Sendable, CaseIterable {
    case low, medium, high, extreme
}

extension RiskLevel: Comparable {
    package static func < (lhs: RiskLevel, rhs: RiskLevel) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .extreme: 3
        }
    }
}

/// Why an assessment was made.
package enum Trigger: String, Sendable, CaseIterable {
    /// A bar arrived.
    case bar
    /// The six-hourly poll.
    case baseline
    /// History was written.
    case backfill
    /// The label changed by a refit alone.
    case refit
    /// A person overrode the answer.
    case override
    /// The store answered in place of the classifier.
    case fallbackDB = "fallback_db"
    /// Nothing could answer.
    case fallbackDefault = "fallback_default"
}
