/// Label probabilities: one number per regime, summing to 1.
///
/// A state posterior mapped to labels, so not themselves a posterior. Before a model answers, all
/// the mass lies on `unknown`.
package struct RegimeProbabilities: Sendable, Equatable {
    /// One lane per `Regime.allCases`, in that order, the last unused: no memory of its own, so
    /// that an answer per bar costs no allocation.
    private var masses: SIMD8<Double>

    /// Made once: `allCases` is an array anew each time.
    private static let labels = Regime.allCases

    /// One value per `Regime.allCases`, in that order.
    package var values: [Double] { RegimeProbabilities.labels.indices.map { masses[$0] } }

    /// Everything on `unknown`.
    package static let unknown = RegimeProbabilities(concentratedOn: .unknown)

    package init(concentratedOn regime: Regime) {
        masses = .zero
        masses[RegimeProbabilities.slot(of: regime)] = 1
    }

    /// No mass anywhere, to be added to.
    package static let none = RegimeProbabilities(summing: EmptyCollection())

    /// Adds a mass to a label, kept from rounding to just above 1.
    package mutating func add(_ mass: Double, to regime: Regime) {
        let slot = RegimeProbabilities.slot(of: regime)
        masses[slot] = min(masses[slot] + mass, 1)
    }

    /// Sums masses per label; masses are taken as they are, so they must already sum to 1.
    package init(summing masses: some Sequence<(Regime, Double)>) {
        self.masses = .zero
        for (regime, mass) in masses { self.masses[RegimeProbabilities.slot(of: regime)] += mass }
    }

    package subscript(regime: Regime) -> Double {
        masses[RegimeProbabilities.slot(of: regime)]
    }

    /// How sure an answer is of its label: the label's probability now or, calibrated, that it
    /// still holds some bars later; 0 while it is `unknown`.
    package func confidence(in regime: Regime, calibrated: Double?) -> Double {
        calibrated ?? (regime == .unknown ? 0 : self[regime])
    }

    /// The most probable label; the riskier one of a tie, by wire order.
    package var mode: Regime {
        // Over all lanes, so that the loop is none: the last one holds nothing.
        var (best, most) = (0, masses[0])
        for slot in 1..<8 where masses[slot] > most { (best, most) = (slot, masses[slot]) }
        return RegimeProbabilities.labels[best]
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
