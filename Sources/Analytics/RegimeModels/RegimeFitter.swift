import Kernels

/// Fits models, deterministically: equal specifications and windows give equal bits.
package enum RegimeFitter {
    /// Names a fit before it is made: hash of the specification, of every bit in the window and of
    /// the arithmetic. The same key always stands for the same model.
    package static func fitKey(
        _ specification: RegimeSpecification, _ window: TrainingWindow
    ) -> String {
        fitKey(specification, dataHash: window.dataHash)
    }

    private static func fitKey(
        _ specification: RegimeSpecification, dataHash: String
    ) -> String {
        // No fit depends on what is made of its labels' probabilities.
        var specification = specification
        specification.calibration = nil
        return CanonicalJSON.hash(
            [KernelVersion.current, specification.canonicalJSON, dataHash].joined(separator: "\n"))
    }

    /// The best model for the window over `starts` seeded starts: of maximum likelihood, or of
    /// least objective for jump models.
    ///
    /// Rules are not fitted: their manifest holds the thresholds.
    ///
    /// - Parameter threads: that an hmm's starts run on; the bits do not depend on it.
    /// - Throws: `FitError`.
    package static func fit(
        _ specification: RegimeSpecification, _ window: TrainingWindow, threads: Int = 1
    ) throws(FitError) -> ModelManifest {
        do {
            try specification.validate()
        } catch {
            throw .invalidSpecification(error)
        }
        let isFitted = specification.model.isFitted
        // A chain starts at the first complete observation.
        let observations = Array(window.observations.drop { isFitted && !$0.isComplete })
        guard let first = observations.first, let last = observations.last else {
            guard window.observations.isEmpty else {
                throw .neverComplete(missing: window.missingThroughout(specification.features))
            }
            throw .tooFewObservations(have: 0, need: 1)
        }
        let hash = window.dataHash
        func provenance(_ report: FitReport?) -> Provenance {
            Provenance(
                fitKey: fitKey(specification, dataHash: hash), trainedFrom: first.timestamp,
                trainedThrough: last.timestamp, observations: window.completeCount,
                dataHash: hash, seed: specification.seed, report: report)
        }
        guard isFitted else {
            return ModelManifest(
                classifier: Classifier(rules: specification), provenance: provenance(nil))
        }
        let (classifier, report) =
            specification.model == .hmm
            ? try GaussianFit(specification, observations, barsPerYear: window.barsPerYear)
                .run(threads: threads)
            : try FamilyFit(specification, observations, barsPerYear: window.barsPerYear).run()
        return ModelManifest(classifier: classifier, provenance: provenance(report))
    }
}

extension Classifier {
    /// Rules: thresholds, and neither states nor features of their own.
    init(rules specification: RegimeSpecification) {
        self.init(
            kernelVersion: KernelVersion.current, model: .rules, features: [],
            scaling: FeatureScaling(kind: .none, centers: [], scales: [], clip: nil),
            parameters: nil, states: [], taxonomy: specification.taxonomy,
            rules: specification.rules, hysteresis: specification.hysteresis)
    }
}
