import Kernels
package import Market

/// Shape of a state's covariance matrix.
package enum CovarianceKind: String, Codable, CaseIterable, Sendable {
    case diagonal
    case full
}

/// What happens to features before the model sees them.
package enum ScalingKind: String, Codable, CaseIterable, Sendable {
    /// Parameters are in the features' own units.
    case none
    /// Less the training window's mean, over its standard deviation.
    case standardised
}

/// What a fit of an HMM believes before it sees data.
package enum FitPriors: String, Codable, CaseIterable, Sendable {
    /// Maximum likelihood.
    case none
    /// The defaults of hmmlearn 0.3.3, for parity.
    case hmmlearn
}

/// Everything about a classifier that can be configured. Equal specifications and equal bars give
/// equal answers, bit for bit.
package struct RegimeSpecification: Codable, Equatable, Sendable {
    package var model: ModelKind
    /// Names of features, see `Feature.documentation`; ignored by rules.
    package var features: [String]
    /// The features that an observation holds, in their order: none of rules.
    package var observedFeatures: [String] { model == .rules ? [] : features }
    /// Number of latent states, 1 … 8; ignored by rules.
    package var states: Int
    package var covariance: CovarianceKind
    package var scaling: ScalingKind
    /// Scaled features are limited to this many standard deviations; `nil`: unlimited. Used only
    /// with `standardised`.
    package var clip: Double?
    /// Of an HMM's parameters; `nil` is none.
    package var priors: FitPriors?
    package var seed: UInt64
    /// Number of random starts of a fit.
    package var starts: Int
    /// How many of them, the best after a short way, are run until they converge. As many as
    /// `starts` drops none: the surest way to the best optimum, and the slowest.
    package var finalists: Int
    /// Baum–Welch iterations of the finishing run at the most.
    package var maximumIterations: Int
    /// A fit has converged when an iteration gains less log-likelihood than this.
    package var tolerance: Double
    package var training: TrainingPlan
    package var hysteresis: HysteresisParameters
    package var taxonomy: TaxonomyParameters
    package var rules: RuleParameters
    /// What only jump models have; `nil` for the others.
    package var jump: JumpPlan?
    /// Lagged values in a Markov-switching regression, 0 … 4; `nil` is none. Ignored by the others.
    package var autoregression: Int?
    /// `nil`: `confidence` is the probability of the published label as the model gives it.
    package var calibration: CalibrationPlan?
    /// The version of a model that was fitted before: it answers for the bars after its training
    /// window, and nothing is fitted. `nil`: models are fitted as `training` says.
    package var fixedModel: String?

    package static let stateLimit = HiddenMarkovChain.stateLimit
    package static let startLimit = 1024
    package static let autoregressionLimit = 4

    /// The documented default.
    package static let standard = RegimeSpecification(
        model: .hmm, features: ["log_downside_deviation_20", "sortino_20"], states: 3,
        covariance: .diagonal, scaling: .standardised, clip: 3, seed: 20_250_101, starts: 16,
        maximumIterations: 500, tolerance: 1e-8, training: TrainingPlan(),
        hysteresis: HysteresisParameters(), taxonomy: TaxonomyParameters(),
        rules: RuleParameters())

    /// The documented default of a kind of model.
    ///
    /// - Markov switching is a regression of returns in their own units.
    /// - Jump models have two states; the sparse one chooses among nine features.
    package static func standard(_ kind: ModelKind) -> RegimeSpecification {
        var specification = standard
        specification.model = kind
        switch kind {
        case .hmm, .rules: break
        case .markov:
            specification.features = ["log_return"]
            specification.scaling = .none
            specification.clip = nil
        case .jump: specification.makeJump(JumpPlan(penalty: 50))
        case .jumpContinuous: specification.makeJump(JumpPlan(penalty: 50, gridSteps: 20))
        case .jumpSparse:
            specification.makeJump(JumpPlan(penalty: 50, weightBound: 2))
            specification.features = [5, 20, 60].flatMap { halfLife in
                ["ewm_mean", "log_downside_deviation", "sortino"].map { "\($0)_\(halfLife)" }
            }
        }
        return specification
    }

    private mutating func makeJump(_ plan: JumpPlan) {
        jump = plan
        states = 2
    }

    /// What answers with a model that was fitted before.
    package init(fixed manifest: ModelManifest) {
        let classifier = manifest.classifier
        self = .standard(classifier.model)
        features = classifier.features
        states = max(classifier.states.count, 1)
        scaling = classifier.scaling.kind
        clip = classifier.scaling.clip
        hysteresis = classifier.hysteresis
        taxonomy = classifier.taxonomy
        rules = classifier.rules
        fixedModel = manifest.modelVersion
    }

    package init(
        model: ModelKind, features: [String], states: Int, covariance: CovarianceKind,
        scaling: ScalingKind, clip: Double?, seed: UInt64, starts: Int, finalists: Int = 1,
        maximumIterations: Int,
        tolerance: Double, training: TrainingPlan, hysteresis: HysteresisParameters,
        taxonomy: TaxonomyParameters, rules: RuleParameters
    ) {
        self.model = model
        self.features = features
        self.states = states
        self.covariance = covariance
        self.scaling = scaling
        self.clip = clip
        self.seed = seed
        self.starts = starts
        self.finalists = finalists
        self.maximumIterations = maximumIterations
        self.tolerance = tolerance
        self.training = training
        self.hysteresis = hysteresis
        self.taxonomy = taxonomy
        self.rules = rules
    }

    /// One text per specification: keys sorted, no white space.
    package var canonicalJSON: String { CanonicalJSON.text(self) }

    /// - Throws: `SpecificationError` when the text is not a specification or a value is invalid.
    package init(canonicalJSON text: String) throws(SpecificationError) {
        do {
            self = try CanonicalJSON.value(RegimeSpecification.self, from: text)
        } catch {
            throw SpecificationError(
                field: "specification", problem: "cannot be read: \(error)")
        }
        try validate()
    }

    /// Whether a refit is due at a bar: it is the first one of a refit period, that is, on or
    /// after the first day of a refit month with the bar before lying earlier.
    ///
    /// Anchored on the calendar, so where a run starts changes nothing. The first bar of a series
    /// has nothing behind it to learn from: never due.
    package func isRefitDue(previous: CivilDate?, current: CivilDate) -> Bool {
        guard let previous, !training.refitMonths.isEmpty else { return false }
        return training.period(of: previous) != training.period(of: current)
    }
}

/// What a jump model is told besides its features and states.
package struct JumpPlan: Codable, Equatable, Sendable {
    /// λ: what a change of state costs, in halves of squared standard deviations; 0 or more.
    package var penalty: Double
    /// Continuous: probabilities are multiples of 1 / `gridSteps`.
    package var gridSteps: Int?
    /// Sparse: κ, the bound on the sum of the feature weights, 1 … √D.
    package var weightBound: Double?

    package init(penalty: Double, gridSteps: Int? = nil, weightBound: Double? = nil) {
        self.penalty = penalty
        self.gridSteps = gridSteps
        self.weightBound = weightBound
    }
}

/// When models are fitted and on how much.
package struct TrainingPlan: Codable, Equatable, Sendable {
    /// Complete observations before the first fit.
    package var warmUpBars: Int
    /// Observations in the training window at the most; `nil`: all since the series' anchor.
    package var windowBars: Int?
    /// Months whose first session brings a refit, 1 … 12, ascending.
    package var refitMonths: [Int]

    package init(warmUpBars: Int = 480, windowBars: Int? = 2520, refitMonths: [Int] = [1, 7]) {
        self.warmUpBars = warmUpBars
        self.windowBars = windowBars
        self.refitMonths = refitMonths
    }

    /// Counts refit periods: each begins with the first day of a refit month.
    func period(of date: CivilDate) -> Int {
        let (year, month, _) = date.parts
        return year * refitMonths.count + refitMonths.count { $0 <= month }
    }
}

/// How much evidence a change of the published label needs.
package struct HysteresisParameters: Codable, Equatable, Sendable {
    /// A label is taken on only with at least this probability.
    package var entryProbability: Double
    /// The published label is left only when its probability is at most this.
    package var exitProbability: Double
    /// Bars a label stays published at the least.
    package var minimumDwellBars: Int
    /// Bars in a row that a label as risky or riskier must hold before it is taken on.
    package var confirmationBars: Int
    /// Bars in a row that a label of less risk must hold before it is taken on.
    package var recoveryConfirmationBars: Int

    package init(
        entryProbability: Double = 0.6, exitProbability: Double = 0.4, minimumDwellBars: Int = 10,
        confirmationBars: Int = 5, recoveryConfirmationBars: Int = 5
    ) {
        self.entryProbability = entryProbability
        self.exitProbability = exitProbability
        self.minimumDwellBars = minimumDwellBars
        self.confirmationBars = confirmationBars
        self.recoveryConfirmationBars = recoveryConfirmationBars
    }
}

/// Which value of a specification cannot be used, and why.
package struct SpecificationError: Error, Equatable, Sendable, CustomStringConvertible {
    package let field: String
    package let problem: String

    package init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field) \(problem)" }
}
