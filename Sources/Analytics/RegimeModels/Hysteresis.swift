package import Regimes

/// Keeps a label from flickering: entry and exit bands, confirmations, minimum dwell.
///
/// The first label is taken on as it comes. Later another one is taken on at a bar when
/// - it has been the raw label for `confirmationBars` bars in a row if it is as risky as the
///   published one or riskier, for `recoveryConfirmationBars` if not, this bar included,
/// - its probability is at least `entryProbability`,
/// - the published label's probability is at most `exitProbability`,
/// - and the published label has stood for at least `minimumDwellBars` bars.
///
/// The state is about labels, not models: it lives on when a refit brings another model.
package struct Hysteresis: Sendable {
    package var parameters: HysteresisParameters
    package private(set) var published = Regime.unknown
    /// Bars for which `published` has stood, the one that brought it included.
    package private(set) var dwellBars = 0
    private var challenger = Regime.unknown
    private var challengeBars = 0

    package init(_ parameters: HysteresisParameters) {
        self.parameters = parameters
    }

    /// The label published at the next bar.
    package mutating func advance(_ probabilities: RegimeProbabilities, raw: Regime) -> Regime {
        challengeBars = raw == challenger ? challengeBars + 1 : 1
        challenger = raw
        if raw != published, published == .unknown || isConvincing(probabilities, raw) {
            published = raw
            dwellBars = 1
        } else {
            dwellBars += 1
        }
        return published
    }

    private func isConvincing(_ probabilities: RegimeProbabilities, _ raw: Regime) -> Bool {
        let needed =
            raw.riskLevel >= published.riskLevel
            ? parameters.confirmationBars : parameters.recoveryConfirmationBars
        return challengeBars >= needed
            && probabilities[raw] >= parameters.entryProbability
            && probabilities[published] <= parameters.exitProbability
            && dwellBars >= parameters.minimumDwellBars
    }
}
