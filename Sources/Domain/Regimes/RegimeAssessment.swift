package import Market

/// The content hash that names a fitted model; `unfitted` before the first fit, `override` where a
/// person spoke, `amendment` where an announcement no longer held.
package struct ModelVersion: Hashable, Sendable {
    package let text: String

    /// Names the answers given during warm-up, when no model exists yet.
    package static let unfitted = ModelVersion("unfitted")
    /// Stands in the place of a model where a person has said what is published.
    package static let override = ModelVersion("override")
    /// Stands in the place of a model where the label announced last no longer held.
    package static let amendment = ModelVersion("amendment")

    package init(_ text: String) {
        self.text = text
    }
}

extension ModelVersion: CustomStringConvertible {
    package var description: String { text }
}

/// What kind of number `confidence` is.
package enum ConfidenceKind: String, Sendable, CaseIterable {
    /// No model has answered: the confidence is 0 and says nothing.
    case none
    /// A state posterior mapped to labels.
    case mappedPosterior = "mapped_posterior"
    /// A jump model's graded scores mapped to labels: its loss has no likelihood.
    case mappedScore = "mapped_score"
    /// The share of a transparent rule's points.
    case ruleScore = "rule_score"
    /// The probability that the published label still holds some bars later, learnt from what came
    /// of earlier labels.
    case calibrated
}

/// A named indicator's value at a bar; NaN when it could not be computed.
package struct IndicatorReading: Sendable {
    package var name: String
    package var value: Double

    package init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}

/// What the classifier said about one bar of a series.
package struct RegimeAssessment: Sendable {
    package var series: Series
    /// The bar's close.
    package var asOf: Timestamp
    /// When the bar could be known.
    package var availableAt: Timestamp
    /// 1 for the first version of this `asOf`; assigned by the journal.
    package var revision: Int
    /// The published label, after hysteresis.
    package var regime: Regime
    /// The label before hysteresis.
    package var rawRegime: Regime
    /// The label published before `since`.
    package var previousRegime: Regime
    /// The bar at which the published label was taken on.
    package var since: Timestamp
    package var probabilities: RegimeProbabilities
    /// What kind of numbers `probabilities` are.
    package var probabilityKind: ConfidenceKind
    /// The probability that the published label still holds some bars later; `nil` where no
    /// calibration answers.
    package var calibratedConfidence: Double?
    package var trigger: Trigger
    package var modelVersion: ModelVersion
    package var indicators: [IndicatorReading]
    /// Numbers in words; empty during warm-up.
    package var reasoning: String
    /// An input of this bar was missing: the filter advanced by prediction alone.
    package var inputMissing: Bool

    package init(
        series: Series, asOf: Timestamp, availableAt: Timestamp, revision: Int = 1, regime: Regime,
        rawRegime: Regime, previousRegime: Regime, since: Timestamp,
        probabilities: RegimeProbabilities, probabilityKind: ConfidenceKind,
        calibratedConfidence: Double? = nil, trigger: Trigger,
        modelVersion: ModelVersion, indicators: [IndicatorReading] = [], reasoning: String = "",
        inputMissing: Bool = false
    ) {
        self.series = series
        self.asOf = asOf
        self.availableAt = availableAt
        self.revision = revision
        self.regime = regime
        self.rawRegime = rawRegime
        self.previousRegime = previousRegime
        self.since = since
        self.probabilities = probabilities
        self.probabilityKind = probabilityKind
        self.calibratedConfidence = calibratedConfidence
        self.trigger = trigger
        self.modelVersion = modelVersion
        self.indicators = indicators
        self.reasoning = reasoning
        self.inputMissing = inputMissing
    }

    /// In the published label.
    package var confidence: Double {
        probabilities.confidence(in: regime, calibrated: calibratedConfidence)
    }

    /// What kind of number `confidence` is.
    package var confidenceKind: ConfidenceKind {
        calibratedConfidence == nil ? probabilityKind : .calibrated
    }

    /// The calibrated confidence in a label: it says nothing about another than the published one.
    package func calibratedConfidence(in regime: Regime) -> Double? {
        regime == self.regime ? calibratedConfidence : nil
    }

    /// Whether the answer could be had at an instant.
    package func isKnown(at instant: Timestamp) -> Bool {
        asOf <= instant && availableAt <= instant
    }

    /// Whether two assessments say the same, bit for bit.
    ///
    /// `revision` and `trigger` are left out: the first is the journal's, and the second says who
    /// asked (a live bar or a backfill), not what was answered; only `refit` is a statement.
    package func saysTheSame(as other: RegimeAssessment) -> Bool {
        series == other.series && asOf == other.asOf && regime == other.regime
            && rawRegime == other.rawRegime && previousRegime == other.previousRegime
            && since == other.since && probabilityKind == other.probabilityKind
            && calibratedConfidence?.bitPattern == other.calibratedConfidence?.bitPattern
            && (trigger == .refit) == (other.trigger == .refit)
            && modelVersion == other.modelVersion && reasoning == other.reasoning
            && inputMissing == other.inputMissing && availableAt == other.availableAt
            && sameBits(probabilities.values, other.probabilities.values)
            && indicators.map(\.name) == other.indicators.map(\.name)
            && sameBits(indicators.map(\.value), other.indicators.map(\.value))
    }

    private func sameBits(_ mine: [Double], _ theirs: [Double]) -> Bool {
        mine.count == theirs.count
            && zip(mine, theirs).allSatisfy {
                $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
            }
    }
}
