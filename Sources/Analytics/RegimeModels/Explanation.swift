package import Regimes

/// Why a label changed, in numbers: what moved its probability, and what would have kept the label
/// before. Computed at changes only, from the bars up to the change and nothing later.
package struct Explanation: Equatable, Sendable {
    /// The label published before.
    package let previous: Regime
    /// The label taken on.
    package let regime: Regime
    /// The probability of `regime` at the bar that took it on.
    package let probability: Double
    /// Bars since `previous` was last the raw label, the changing one included: the departure. At
    /// most `ChangeExplainer.longestDeparture`, and none from before a refit.
    package let bars: Int
    /// The probability of `regime` had every indicator stayed where it was before the departure:
    /// what the model's dynamics alone make of time. `nil` when no bar lies before.
    package let probabilityUnmoved: Double?
    /// One per indicator with a value at the bar and at the one before the departure, the one
    /// that moved the probability most (by `share`) first.
    package let influences: [Influence]
    /// Two per indicator with a value at the bar, downwards first, in the order of the inputs.
    package let counterfactuals: [Counterfactual]
    /// The model before a refit had left `previous` already: the departure began with that model,
    /// and `bars` are those since the refit.
    package let followsRefit: Bool
    /// A refit alone changed the label: the model before it would have kept `previous`.
    package internal(set) var isByRefitAlone = false
}

/// What one indicator's movement did to the probability of the new label, over the departure.
///
/// Two questions, since indicators move together: when either of two would have been enough,
/// holding one back changes nothing, and when both were needed, neither does anything alone.
package struct Influence: Equatable, Sendable {
    package let input: ModelInput
    /// The value at the last bar before the departure.
    package let before: Double
    /// The value at the change.
    package let value: Double
    /// The probability at the change had this indicator stayed at `before` throughout the
    /// departure, the others moving as they did.
    package let probabilityHeld: Double
    /// The probability at the change had this indicator moved as it did, the others staying.
    package let probabilityAlone: Double
    /// What holding it back takes away: the probability as it was, less `probabilityHeld`.
    package let withoutIt: Double
    /// What it does alone: `probabilityAlone`, less the probability with all staying.
    package let byItself: Double

    /// The mean of both: its Shapley value (1953) where there are two indicators. −1 … 1.
    package var share: Double { (withoutIt + byItself) / 2 }
}

/// How far one indicator is, in one direction, from keeping the label before.
package struct Counterfactual: Equatable, Sendable {
    package enum Direction: String, CaseIterable, Sendable {
        case down
        case up
    }

    package let input: ModelInput
    /// The value at the change.
    package let value: Double
    package let direction: Direction
    /// The value nearest to `value`, among those of the printed precision, at which the bar would
    /// have published the label before, everything else as it was; `nil`: none up to the lowest or
    /// highest value that the series has shown so far.
    package let flip: Flip?
    /// How far the search went: the lowest or highest value shown so far.
    package let searchedTo: Double

    /// A value of the printed precision.
    package struct Flip: Equatable, Sendable {
        /// What the model is given; its printed form stands for exactly this.
        package let value: Double
        /// The next value of the same precision towards the present one, or that one itself: it
        /// does not flip the label.
        package let lastWithout: Double
        /// Places after the decimal point in the printed unit.
        package let decimals: Int
        /// The raw label at this value: the label before itself, or a third one that would yet have
        /// had to be confirmed, or still the new one, not convincing enough.
        package let rawRegime: Regime
        /// Distance over the width of what the series has shown, to compare indicators.
        package let effort: Double
    }
}
