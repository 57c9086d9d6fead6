package import RegimeModels
package import Regimes

/// Which settings of hysteresis are tried.
package struct HysteresisGrid: Sendable, Equatable {
    /// Minimum dwells in bars, ascending.
    package var dwells = [1, 5, 10, 21, 42]
    /// Confirmations in bars, of changes to more and to less risk alike, ascending.
    package var confirmations = [1, 3, 5, 8, 13]
    /// A change that is taken back within so many bars was a false flip.
    package var flipBars = 21

    package static let settingLimit = 400

    package init() {}

    /// Every setting on the grid, dwell by dwell; the bands are those of the candidate.
    func settings(_ inForce: HysteresisParameters) -> [HysteresisParameters] {
        dwells.flatMap { dwell in
            confirmations.map { confirmation in
                var parameters = inForce
                parameters.minimumDwellBars = dwell
                parameters.confirmationBars = confirmation
                parameters.recoveryConfirmationBars = confirmation
                return parameters
            }
        }
    }
}

/// How a sequence of labels changes.
package struct LabelChanges: Sendable, Equatable {
    package private(set) var changes = 0
    /// Changes from A to B that are followed, at most `window` bars later, by one back to A.
    package private(set) var falseFlips = 0

    /// - Parameters:
    ///   - range: of bars that a change and the one after it must lie in.
    package init(_ labels: [Regime], in range: Range<Int>, window: Int) {
        let turns = range.filter { bar in
            bar > 0 && labels[bar - 1] != .unknown && labels[bar] != labels[bar - 1]
        }
        changes = turns.count
        falseFlips = zip(turns, turns.dropFirst()).count { turn, next in
            next - turn <= window && labels[next] == labels[turn - 1]
        }
    }

    init(merging counts: [LabelChanges]) {
        changes = counts.reduce(0) { $0 + $1.changes }
        falseFlips = counts.reduce(0) { $0 + $1.falseFlips }
    }
}

/// What one setting of hysteresis makes of the raw label.
package struct HysteresisOutcome: Sendable {
    /// `nil`: the raw label itself.
    package let parameters: HysteresisParameters?
    /// Compared with the setting in force.
    package let card: Scorecard
    package let changes: LabelChanges
    /// Bars from the raw label's own change to the published one that follows it, one per published
    /// change.
    package let delays: [Int]
    /// Runs of one raw label, as long as the window of a false flip or longer, during which
    /// another label was published throughout.
    package let missedRuns: Int

    /// Bars, the lower middle one of an even number.
    package var medianDelay: Int? {
        delays.isEmpty ? nil : delays.sorted()[(delays.count - 1) / 2]
    }
}

/// What it costs not to flicker: one candidate under every setting of a grid. The model was walked
/// once; only what is made of its probabilities differs.
package struct HysteresisCost: Sendable {
    package let candidate: String
    package let grid: HysteresisGrid
    package let barsPerYear: Double
    /// Of the period, all markets together.
    package let bars: Int
    /// The raw label, then the setting in force, then the grid.
    package let outcomes: [HysteresisOutcome]

    package var raw: HysteresisOutcome { outcomes[0] }
    package var inForce: HysteresisOutcome { outcomes[1] }
    package var settings: ArraySlice<HysteresisOutcome> { outcomes[2...] }

    /// Of so many events in the period, a year and market.
    package func perYear(_ count: Int) -> Double {
        Double(count) / Double(max(bars, 1)) * barsPerYear
    }

    /// Share of the raw label's false flips that a setting keeps from being published; `nil` when
    /// the raw label has none.
    package func suppressed(_ outcome: HysteresisOutcome) -> Double? {
        let all = raw.changes.falseFlips
        guard all > 0 else { return nil }
        return 1 - Double(outcome.changes.falseFlips) / Double(all)
    }
}
