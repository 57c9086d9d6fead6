/// Label probabilities: one number per regime, summing to 1.
///
/// A state posterior mapped to labels, so not themselves a posterior. Before a model answers, all
/// the mass lies on `unknown`.
package struct RegimeProbabilities: Sendable, Equatable {
    /// One value per `Regime.allCases`, in that order.
    package private(set) var values: [Double]

    /// Everything on `unknown`.
    package static let unknown = RegimeProbabilities(concentratedOn: .unknown)

    package init(concentratedOn regime: Regime) {
        values = Regime.allCases.map { $0 == regime ? 1 : 0 }
    }

    /// Sums masses per label; masses are taken as they are, so they must already sum to 1.
    package init(summing masses: some Sequence<(Regime, Double)>) {
        values = [Double](repeating: 0, count: Regime.allCases.count)
        for (regime, mass) in masses { values[RegimeProbabilities.slot(of: regime)] += mass }
    }

    package subscript(regime: Regime) -> Double {
        values[RegimeProbabilities.slot(of: regime)]
    }

    /// The most probable label; the riskier one of a tie, by wire order.
    package var mode: Regime {
        var best = Regime.crisis
        for regime in Regime.allCases where self[regime] > self[best] { best = regime }
        return best
    }

    /// Labels with their probability, in wire order, zero ones left out.
    package var nonZero: [(regime: Regime, probability: Double)] {
        Regime.allCases.compactMap { self[$0] == 0 ? nil : ($0, self[$0]) }
    }

    private static func slot(of regime: Regime) -> Int {
        switch regime {
        case .crisis: 0
        case .normalBear: 1
        case .normalBull: 2
        case .euphoria: 3
        case .highVolatility: 4
        case .lowVolatility: 5
        case .unknown: 6
        }
    }
}
