package import Market
package import Regimes

/// What a walk through the bars says at one of them.
package struct WalkForwardStep: Sendable {
    package var observation: Observation
    /// The model that starts answering at this bar; `nil` at most bars.
    package var adopted: ModelManifest?
    /// Whether `adopted` was fitted now; `false` when it was known.
    package var fitted = false
    /// A fit that was due failed: the model before, if any, goes on.
    package var fitFailure: FitError?
    /// A calibration that was due could not be made: the one before, if any, goes on.
    package var calibrationFailure: CalibrationError?
    /// The model in force; `unfitted` during warm-up.
    package var modelVersion = ModelVersion.unfitted
    /// `nil` during warm-up.
    package var step: FilterStep?
    /// The label after hysteresis.
    package var published: Regime
    package var publishedBefore: Regime
    /// The label changed at a refit, and the model before, with the same hysteresis, would have
    /// kept it at this bar.
    package var changedByRefitAlone = false
    /// The probability that the published label still holds some bars later; `nil` without a
    /// calibration plan, and as long as too little is known for one.
    package var calibratedConfidence: Double?
    /// Empty during warm-up.
    package var reasoning = ""
    /// At a change from one known label to another: the numbers behind `reasoning`.
    package var explanation: Explanation?
}

/// Walks a series forward: observe, refit when the calendar says so, filter, apply hysteresis.
///
/// The one sequence that live serving, backfill, evaluation and tests share. At each bar:
///
/// 1. the bar becomes an observation;
/// 2. when a refit is due and enough complete observations lie behind, a model is fitted on the
///    window up to the bar before, or taken from the known ones, and its filter warmed through
///    that window; rules, which have nothing to fit, are adopted once, at the first bar with
///    everything they look at, and so is a model fitted before, once its training window is over;
/// 3. with a calibration plan, when a refit is due by the calendar, the calibration is made anew on
///    the outcomes known at the bar before;
/// 4. the filter advances with this bar, then the hysteresis, then the calibrator;
/// 5. the observation joins the window.
///
/// So nothing at a bar depends on a later one.
package struct WalkForward: Sendable {
    package let specification: RegimeSpecification
    private let knownModels: [String: ModelManifest]
    private let threads: Int
    /// The one that answers throughout; `nil` also where the specification names one that is not
    /// known.
    private let fixedModel: ModelManifest?
    private var observer: BarObserver
    private var window: TrainingWindow
    private var hysteresis: Hysteresis
    private var model: (manifest: ModelManifest, filter: RegimeFilter)?
    private var explainer: ChangeExplainer
    /// `nil` without a calibration plan.
    private var calibrator: ConfidenceCalibrator?
    private var previousStep: FilterStep?
    private var previousDate: CivilDate?

    /// - Parameters:
    ///   - specification: valid, see `RegimeSpecification.validate()`.
    ///   - knownModels: manifests by `fitKey`; a fit whose key is there is not made again.
    ///   - threads: that a fit runs on; what is said does not depend on it.
    package init(
        specification: RegimeSpecification, barsPerYear: Double,
        knownModels: [String: ModelManifest] = [:], threads: Int = 1
    ) {
        self.specification = specification
        self.threads = threads
        self.knownModels = knownModels
        fixedModel = specification.fixedModel.flatMap { version in
            knownModels.values.first { $0.modelVersion == version }
        }
        observer = BarObserver(specification: specification, barsPerYear: barsPerYear)
        window = TrainingWindow(specification.training, barsPerYear: barsPerYear)
        hysteresis = Hysteresis(specification.hysteresis)
        explainer = ChangeExplainer(specification)
        calibrator = specification.calibration.map {
            ConfidenceCalibrator(
                horizon: $0.horizonBars,
                minimumDwell: specification.hysteresis.minimumDwellBars)
        }
    }

    /// The next bar of the series.
    ///
    /// - Parameters:
    ///   - bar: later than the one before.
    ///   - sessionDate: the exchange's date that the bar belongs to.
    package mutating func advance(with bar: Bar, sessionDate: CivilDate) -> WalkForwardStep {
        let observation = observer.observe(bar)
        var result = WalkForwardStep(
            observation: observation, published: hysteresis.published,
            publishedBefore: hysteresis.published)
        let before = model
        if isModelDue(at: sessionDate, observation) { adoptModel(&result) }
        if calibrator != nil,
            specification.isRefitDue(previous: previousDate, current: sessionDate)
        {
            calibrate(&result)
        }
        // Another model's states are other states: there is nothing to compare with.
        if result.adopted != nil {
            previousStep = nil
            explainer.modelChanged()
        }
        let state = model.map { ChangeExplainer.Before(filter: $0.filter, hysteresis: hysteresis) }
        if let step = model?.filter.advance(with: observation) {
            var withoutRefit = hysteresis
            result.step = step
            result.published = hysteresis.advance(step.probabilities, raw: step.rawRegime)
            if result.adopted != nil, result.published != result.publishedBefore, let before {
                var filter = before.filter
                let old = filter.advance(with: observation)
                let kept = old.map { withoutRefit.advance($0.probabilities, raw: $0.rawRegime) }
                result.changedByRefitAlone = kept == result.publishedBefore
            }
        }
        result.calibratedConfidence = calibrator?.advance(
            published: result.published, probability: result.step?.probabilities[result.published],
            dwell: hysteresis.dwellBars)
        result.explanation = explainer.advance(
            with: observation, step: result.step, previous: result.publishedBefore,
            published: result.published, before: { state })
        result.explanation?.isByRefitAlone = result.changedByRefitAlone
        if let step = result.step {
            result.reasoning = Reasoning.text(
                step, before: previousStep?.stateProbabilities, published: result.published,
                lasting: lasting(result.calibratedConfidence), result.explanation)
            previousStep = step
        }
        if let model { result.modelVersion = model.manifest.version }
        window.append(observation)
        previousDate = sessionDate
        return result
    }

    /// The model in force; `nil` during warm-up.
    package var manifest: ModelManifest? { model?.manifest }

    /// What is published at the latest bar.
    package var published: Regime { hysteresis.published }

    private func isModelDue(at date: CivilDate, _ observation: Observation) -> Bool {
        if specification.fixedModel != nil {
            guard let fixedModel else { return previousDate == nil }
            return model == nil && observation.isComplete
                && observation.timestamp > fixedModel.trainedThrough
        }
        switch specification.model {
        case .rules:
            return model == nil && observation.isComplete
        case .hmm, .markov, .jump, .jumpContinuous, .jumpSparse:
            return specification.isRefitDue(previous: previousDate, current: date)
                && window.completeCount >= specification.training.warmUpBars
        }
    }

    private mutating func calibrate(_ result: inout WalkForwardStep) {
        do {
            try calibrator?.refit()
        } catch {
            result.calibrationFailure = error
        }
    }

    private func lasting(_ confidence: Double?) -> Reasoning.Lasting? {
        guard let confidence, let plan = specification.calibration else { return nil }
        return Reasoning.Lasting(bars: plan.horizonBars, probability: confidence)
    }

    private mutating func adoptModel(_ result: inout WalkForwardStep) {
        let manifest: ModelManifest
        if let version = specification.fixedModel {
            guard let fixedModel else {
                result.fitFailure = .unknownModel(version)
                return
            }
            manifest = fixedModel
        } else if let known = knownModels[RegimeFitter.fitKey(specification, window)] {
            manifest = known
        } else {
            do {
                manifest = try RegimeFitter.fit(specification, window, threads: threads)
                result.fitted = true
            } catch {
                result.fitFailure = error
                return
            }
        }
        var filter = manifest.makeFilter()
        for observation in window.observations { filter.warmUp(with: observation) }
        model = (manifest, filter)
        result.adopted = manifest
    }
}
