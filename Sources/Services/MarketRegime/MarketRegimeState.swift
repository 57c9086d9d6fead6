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
    /// When the last of all bars so far was there: an answer rests on every one of them, and nobody
    /// could have had it before.
    private var availableAt = Timestamp.earliest

    private let specification: RegimeSpecification
    private let trigger: Trigger
    private var walkForward: WalkForward
    private var published = Regime.unknown
    private var previous = Regime.unknown
    private var since: Timestamp?
    private var activeModel = ModelVersion.unfitted

    /// - Parameters:
    ///   - knownModels: fits already made, by `fitKey`: a replay adopts them in place of fitting
    ///     again, with the same bits.
    ///   - trigger: who calls: `.bar` live, `.backfill` for history. It is written on each
    ///     assessment and decides nothing else.
    ///   - threads: that a fit runs on; what is said does not depend on it.
    package init(
        profile: SeriesProfile, specification: RegimeSpecification,
        knownModels: [String: ModelManifest], trigger: Trigger, threads: Int = 1
    ) {
        self.profile = profile
        self.specification = specification
        self.trigger = trigger
        walkForward = WalkForward(
            specification: specification, barsPerYear: profile.barsPerYear,
            knownModels: knownModels, threads: threads)
    }

    /// Advances by one bar and says what should happen, in this order: a model starts answering,
    /// then the assessment (with its change).
    ///
    /// A bar not later than the last one is a late revision: kept, and nothing else changes.
    package mutating func process(_ bar: Bar) -> [Effect] {
        if let lastAsOf, bar.timestamp <= lastAsOf { return [.keepLate(bar)] }
        lastAsOf = bar.timestamp
        availableAt = max(availableAt, bar.availableAt)
        let step = walkForward.advance(
            with: bar, sessionDate: profile.calendar.date(ofClose: bar.timestamp))
        var effects: [Effect] = []
        if let failure = step.fitFailure {
            effects.append(.reportFitFailure(at: bar.timestamp, failure))
        }
        // Too few outcomes are every series' beginning, and its answers say that they are raw.
        if case .notConverged = step.calibrationFailure, let failure = step.calibrationFailure {
            effects.append(.reportFitFailure(at: bar.timestamp, .calibration(failure)))
        }
        if let manifest = step.adopted {
            activeModel = manifest.version
            effects.append(
                .adopt(StoredModel(manifest, of: profile.series), activation(from: bar)))
        }
        effects.append(.record(record(of: step, at: bar)))
        return effects
    }

    private func activation(from bar: Bar) -> ModelActivation {
        ModelActivation(
            series: profile.series, activeFrom: bar.timestamp, version: activeModel)
    }

    private mutating func record(of step: WalkForwardStep, at bar: Bar) -> JournalRecord {
        let changed = step.published != published
        if changed {
            previous = published
            published = step.published
        }
        if changed || since == nil { since = bar.timestamp }
        let assessment = RegimeAssessment(
            series: profile.series, asOf: bar.timestamp, availableAt: availableAt,
            regime: published, rawRegime: step.step?.rawRegime ?? .unknown,
            previousRegime: previous, since: since ?? bar.timestamp,
            probabilities: step.step?.probabilities ?? .unknown,
            probabilityKind: step.step?.confidenceKind ?? .none,
            calibratedConfidence: step.calibratedConfidence,
            trigger: changed && step.changedByRefitAlone ? .refit : trigger,
            modelVersion: activeModel, indicators: readings(of: step),
            reasoning: step.reasoning, inputMissing: step.step?.inputMissing ?? false)
        return JournalRecord(
            assessment: assessment, change: changed ? change(from: assessment) : nil)
    }

    private func readings(of step: WalkForwardStep) -> [IndicatorReading] {
        var readings = zip(specification.features, step.observation.features)
            .map { IndicatorReading(name: $0, value: $1) }
        for (name, value) in zip(MarketContext.featureNames, step.observation.context.values)
        where !readings.contains(where: { $0.name == name }) {
            readings.append(IndicatorReading(name: name, value: value))
        }
        let vix = step.observation.context.vix
        if vix.isFinite, !readings.contains(where: { $0.name == "vix" }) {
            readings.append(IndicatorReading(name: "vix", value: vix))
        }
        return readings
    }

    private func change(from assessment: RegimeAssessment) -> RegimeChange {
        var change = RegimeChange(
            eventID: EventID(""), series: assessment.series, asOf: assessment.asOf,
            revision: assessment.revision, previousRegime: assessment.previousRegime,
            regime: assessment.regime, probabilities: assessment.probabilities,
            calibratedConfidence: assessment.calibratedConfidence, trigger: assessment.trigger,
            modelVersion: assessment.modelVersion,
            reasoning: assessment.reasoning)
        change.eventID = ChangeWording.standard.eventID(change)
        return change
    }
}

/// What should happen after a bar; the shell performs it.
package enum Effect: Sendable {
    /// A model answers from this bar on.
    case adopt(StoredModel, ModelActivation)
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

extension SeriesProfile {
    /// Bars of this series in a year, for annualising.
    package var barsPerYear: Double {
        series.timeframe.barsPerYear(alwaysOpen: calendar != .nyse)
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
