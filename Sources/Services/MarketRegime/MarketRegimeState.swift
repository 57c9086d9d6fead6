import Contracts
package import Market
package import Ports
package import RegimeModels
package import Regimes

/// One series' classifier as a value: bars in, effects out.
///
/// Live, backfill, replay and simulation differ only in who calls `process` and what they do with
/// the effects, so what a backfill writes is what live would have said. Nothing here reads a
/// clock, waits or fails: decisions only.
package struct MarketRegimeState: Sendable {
    package let profile: SeriesProfile
    /// The latest processed bar; `nil` before the first.
    package private(set) var lastAsOf: Timestamp?

    private let trigger: Trigger
    private var walks: ModelWalks
    private var line = PublishedLine()
    private var activeModel = ModelVersion.unfitted
    /// Whether what runs beside disagreed at the bar before.
    private var disagreed = false

    /// - Parameters:
    ///   - timeline: which specification answers about which bars.
    ///   - knownModels: fits already made, by `fitKey`: a replay adopts them in place of fitting
    ///     again, with the same bits.
    ///   - trigger: who calls: `.bar` live, `.backfill` for history. It is written on each
    ///     assessment and decides nothing else.
    ///   - threads: that a fit runs on; what is said does not depend on it.
    package init(
        profile: SeriesProfile, timeline: SpecificationTimeline,
        knownModels: [String: ModelManifest], trigger: Trigger, threads: Int = 1
    ) {
        self.profile = profile
        self.trigger = trigger
        walks = ModelWalks(
            timeline, barsPerYear: profile.barsPerYear, knownModels: knownModels, threads: threads)
    }

    /// Advances by one bar and says what should happen, in this order: a model starts answering,
    /// then the assessment (with its change).
    ///
    /// A bar not later than the last one is a late revision: kept, and nothing else changes.
    ///
    /// - Parameter trigger: of this bar's answer; `nil`: the state's own.
    package mutating func process(_ bar: Bar, as trigger: Trigger? = nil) -> [Effect] {
        if let lastAsOf, bar.timestamp <= lastAsOf { return [.keepLate(bar)] }
        lastAsOf = bar.timestamp
        let answer = walks.advance(
            with: bar, sessionDate: profile.calendar.date(ofClose: bar.timestamp))
        let step = answer.walked
        var effects: [Effect] = []
        for failure in [step.fitFailure, answer.shadow?.walked.fitFailure] {
            guard let failure else { continue }
            effects.append(.reportFitFailure(at: bar.timestamp, failure))
        }
        // Too few outcomes are every series' beginning, and its answers say that they are raw.
        if case .notConverged = step.calibrationFailure, let failure = step.calibrationFailure {
            effects.append(.reportFitFailure(at: bar.timestamp, .calibration(failure)))
        }
        if let manifest = answer.adopted {
            activeModel = manifest.version
            effects.append(
                .adopt(StoredModel(manifest, of: profile.series), activation(from: bar)))
        }
        var record = record(of: answer, at: bar, trigger ?? self.trigger)
        record.shadow = shadow(of: answer, beside: record.assessment)
        if let fitted = answer.shadow?.walked.adopted {
            effects.append(.keep(StoredModel(fitted, of: profile.series)))
        }
        effects.append(.record(record))
        return effects
    }

    private func activation(from bar: Bar) -> ModelActivation {
        ModelActivation(
            series: profile.series, activeFrom: bar.timestamp, version: activeModel)
    }

    private mutating func record(
        of answer: ModelWalks.Step, at bar: Bar, _ trigger: Trigger
    ) -> JournalRecord {
        let step = answer.walked
        // What answered before would have kept the label.
        let isByModelAlone = step.changedByRefitAlone || answer.former == line.published
        let changed = line.take(
            step.published, asOf: bar.timestamp, availableAt: bar.availableAt)
        let assessment = RegimeAssessment(
            series: profile.series, asOf: bar.timestamp, availableAt: line.availableAt,
            regime: line.published, rawRegime: step.step?.rawRegime ?? .unknown,
            previousRegime: line.previous, since: line.since(bar.timestamp),
            probabilities: step.step?.probabilities ?? .unknown,
            probabilityKind: step.step?.confidenceKind ?? .none,
            calibratedConfidence: step.calibratedConfidence,
            trigger: changed && isByModelAlone ? .refit : trigger,
            modelVersion: activeModel, indicators: readings(of: answer),
            reasoning: answer.reasoning, inputMissing: step.step?.inputMissing ?? false)
        return JournalRecord(
            assessment: assessment, change: changed ? RegimeChange(of: assessment) : nil)
    }

    /// `nil` as long as nothing runs beside what answers, or has no model yet.
    private mutating func shadow(
        of answer: ModelWalks.Step, beside assessment: RegimeAssessment
    ) -> ShadowAnswer? {
        guard let shadow = answer.shadow, let manifest = shadow.manifest else {
            disagreed = false
            return nil
        }
        let regime = shadow.walked.published
        let disagreedBefore = disagreed
        disagreed = regime != assessment.regime
        return ShadowAnswer(
            series: profile.series, asOf: assessment.asOf, availableAt: assessment.availableAt,
            model: shadow.specification.model.rawValue, modelVersion: manifest.version,
            regime: regime, confidence: shadow.walked.step?.probabilities[regime] ?? 0,
            published: assessment.regime, publishedVersion: assessment.modelVersion,
            isTurn: disagreed != disagreedBefore)
    }

    private func readings(of answer: ModelWalks.Step) -> [IndicatorReading] {
        let (step, indicators) = (answer.walked, answer.indicators)
        var values: [Double] = []
        values.reserveCapacity(indicators.names.count)
        indicators.append(step.observation, to: &values)
        var readings = zip(indicators.names, values).map { IndicatorReading(name: $0, value: $1) }
        let vix = step.observation.context.vix
        if vix.isFinite, indicators.namesVix {
            readings.append(IndicatorReading(name: "vix", value: vix))
        }
        return readings
    }
}

/// What should happen after a bar; the shell performs it.
package enum Effect: Sendable {
    /// A model answers from this bar on.
    case adopt(StoredModel, ModelActivation)
    /// A model of what runs beside was fitted: kept, so that it is not fitted again.
    case keep(StoredModel)
    /// The bar's answer is to be written, and its change announced.
    case record(JournalRecord)
    /// A bar that came too late to be classified is kept as a revision.
    case keepLate(Bar)
    /// A due refit failed; the model, or the calibration, before it goes on answering.
    case reportFitFailure(at: Timestamp, FitError)
}

extension StoredModel {
    init(_ manifest: ModelManifest, of series: Series) {
        self.init(
            version: manifest.version, series: series, fitKey: manifest.fitKey,
            trainedFrom: manifest.trainedFrom, trainedThrough: manifest.trainedThrough,
            manifest: manifest.json)
    }
}

extension JournalBatch {
    /// Adds what a bar's effects ask the store to write.
    package mutating func append(_ effects: [Effect], of bar: Bar) {
        for effect in effects {
            switch effect {
            case .adopt(let model, let activation):
                models.append(model)
                activations.append(activation)
            case .keep(let model):
                models.append(model)
            case .record(let record):
                bars.append(bar)
                records.append(record)
            case .keepLate(let late):
                lateBars.append(late)
            case .reportFitFailure:
                break
            }
        }
    }
}
