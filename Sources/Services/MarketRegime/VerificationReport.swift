import Contracts
package import Market
import Ports
import Regimes

/// What a verification compared and found.
package struct VerificationReport: Sendable {
    package let series: Series
    /// Bars run through the classifier.
    package internal(set) var bars = 0
    /// Assessments compared.
    package private(set) var answers = 0
    /// Changes among them.
    package internal(set) var changes = 0
    /// Bars at the beginning or the end that the store has no answer for, as a backfill of a range
    /// leaves them.
    package private(set) var unanswered = 0
    /// The first ones, `Verification.differenceLimit` at the most.
    package private(set) var differences: [AssessmentDifference] = []
    package private(set) var differenceCount = 0
    /// Bars without an answer since the last one that has one.
    private var gap: [Timestamp] = []

    init(series: Series) {
        self.series = series
    }

    mutating func take(_ difference: AssessmentDifference?) {
        guard let difference else { return }
        differenceCount += 1
        if differences.count < Verification.differenceLimit { differences.append(difference) }
    }

    /// An answer that was compared; between two of them none may be missing.
    mutating func takeAnswer(_ difference: AssessmentDifference?) {
        takeEnd()
        gap = []
        answers += 1
        take(difference)
    }

    /// The bars so far are said to have answers, those of the beginning left aside.
    mutating func takeEnd() {
        guard answers > 0 else { return }
        unanswered -= gap.count
        for asOf in gap {
            take(
                AssessmentDifference(
                    series: series, asOf: asOf, part: "assessment", stored: "none",
                    recomputed: "one"))
        }
        gap = []
    }

    mutating func takeUnanswered(_ asOf: Timestamp) {
        gap.append(asOf)
        unanswered += 1
    }
}

/// The first thing in which what is stored about a bar differs from what it is recomputed to.
package struct AssessmentDifference: Sendable, Equatable {
    package let series: Series
    package let asOf: Timestamp
    /// `indicators.volatility_21`, `probabilities.crisis`, `model_version`, `change.regime` …
    package let part: String
    package let stored: String
    package let recomputed: String
}

extension AssessmentDifference: CustomStringConvertible {
    package var description: String {
        "\(series) \(asOf) \(part): stored \(stored), recomputed \(recomputed)"
    }
}

extension RegimeAssessment {
    /// From what is measured to what is said about it: the first part that differs is the nearest
    /// to the cause.
    func firstDifference(from other: RegimeAssessment) -> AssessmentDifference? {
        guard !saysTheSame(as: other) else { return nil }
        for (mine, theirs) in zip(parts, other.parts) where mine != theirs {
            // The same parts in the same order, or else other indicators.
            let isSamePart = mine.name == theirs.name
            return AssessmentDifference(
                series: series, asOf: asOf, part: isSamePart ? mine.name : "indicators",
                stored: isSamePart ? mine.value : mine.name,
                recomputed: isSamePart ? theirs.value : theirs.name)
        }
        return AssessmentDifference(
            series: series, asOf: asOf, part: "indicators", stored: "\(indicators.count)",
            recomputed: "\(other.indicators.count)")
    }

    /// Names and values; a number's text tells every bit of it but those of a NaN.
    private var parts: [(name: String, value: String)] {
        func text(_ number: Double) -> String { number.isNaN ? "missing" : "\(number)" }
        var parts = indicators.map { ("indicators." + $0.name, text($0.value)) }
        parts.append(("model_version", modelVersion.text))
        for (regime, probability) in zip(Regime.allCases, probabilities.values) {
            parts.append(("probabilities." + regime.label, text(probability)))
        }
        parts.append(("confidence_kind", probabilityKind.rawValue))
        parts.append(("raw_regime", rawRegime.label))
        parts.append(("regime", regime.label))
        parts.append(("calibrated_confidence", calibratedConfidence.map(text) ?? "none"))
        parts.append(("previous_regime", previousRegime.label))
        parts.append(("since", since.rfc3339))
        parts.append(("input_missing", "\(inputMissing)"))
        parts.append(("available_at", availableAt.rfc3339))
        parts.append(("reasoning", reasoning))
        parts.append(("trigger", trigger.rawValue))
        return parts
    }
}

extension RegimeChange? {
    /// What a stored change says otherwise than this one, given its assessment's revision.
    func difference(
        from stored: RegimeChange?, revision: Int
    ) -> AssessmentDifference? {
        guard let either = self ?? stored else { return nil }
        func differs(_ part: String, _ stored: String, _ mine: String) -> AssessmentDifference? {
            guard stored != mine else { return nil }
            return AssessmentDifference(
                series: either.series, asOf: either.asOf, part: part, stored: stored,
                recomputed: mine)
        }
        func text(_ confidence: Double?) -> String { confidence.map { "\($0)" } ?? "none" }
        guard var mine = self, let stored else {
            return differs("change", stored == nil ? "none" : "one", self == nil ? "none" : "one")
        }
        mine.revision = revision
        mine.eventID = ChangeWording.standard.eventID(mine)
        return differs("change.regime", stored.regime.label, mine.regime.label)
            ?? differs(
                "change.previous_regime", stored.previousRegime.label, mine.previousRegime.label)
            ?? differs(
                "change.probabilities", "\(stored.probabilities.values)",
                "\(mine.probabilities.values)")
            ?? differs(
                "change.calibrated_confidence", text(stored.calibratedConfidence),
                text(mine.calibratedConfidence))
            ?? differs("change.model_version", stored.modelVersion.text, mine.modelVersion.text)
            ?? differs("change.event_id", stored.eventID.text, mine.eventID.text)
    }
}
