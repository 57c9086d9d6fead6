import Contracts
import Market
import Ports
import RegimeModels
import Regimes

/// What a series has published from bar to bar, and since when: the part of an answer that is not
/// the model's.
struct PublishedLine: Sendable {
    private(set) var published = Regime.unknown
    private(set) var previous = Regime.unknown
    /// When the last of all bars so far was there: an answer rests on every one of them, and nobody
    /// could have had it before.
    private(set) var availableAt = Timestamp.earliest
    private var begun: Timestamp?

    /// Takes in the label of the next bar.
    ///
    /// - Returns: whether it is another one than before.
    mutating func take(_ label: Regime, asOf: Timestamp, availableAt known: Timestamp) -> Bool {
        availableAt = max(availableAt, known)
        let isChanged = label != published
        if isChanged {
            previous = published
            published = label
        }
        if isChanged || begun == nil { begun = asOf }
        return isChanged
    }

    /// The bar that brought the label, at this one.
    func since(_ asOf: Timestamp) -> Timestamp { begun ?? asOf }
}

/// Which indicators an answer names, in their order: the model's features, then those of the
/// context that are not among them.
struct IndicatorLayout: Sendable {
    /// Of every bar; the volatility index follows where it is known.
    let names: [String]
    let namesVix: Bool
    private let contextFields: [Int]

    init(features: [String]) {
        let fields = MarketContext.featureNames.enumerated()
            .filter { !features.contains($0.element) }
        names = features + fields.map(\.element)
        namesVix = !features.contains("vix")
        contextFields = fields.map(\.offset)
    }

    /// Appends a value for each of the names; NaN where missing.
    func append(_ observation: Observation, to values: inout [Double]) {
        values += observation.features
        let context = observation.context.values
        for field in contextFields { values.append(context[field]) }
    }
}

extension RegimeChange {
    /// The change that an answer with another label than the bar before is.
    init(of assessment: RegimeAssessment) {
        self.init(
            eventID: EventID(""), series: assessment.series, asOf: assessment.asOf,
            revision: assessment.revision, previousRegime: assessment.previousRegime,
            regime: assessment.regime, probabilities: assessment.probabilities,
            calibratedConfidence: assessment.calibratedConfidence, trigger: assessment.trigger,
            modelVersion: assessment.modelVersion, reasoning: assessment.reasoning)
        eventID = ChangeWording.standard.eventID(self)
    }
}
