package import Kernels
package import Market
package import Regimes

/// A fitted model as a content-addressed value: what it answers with, and where it came from.
package struct ModelManifest: Codable, Equatable, Sendable {
    /// The layout of the JSON; a program reads this one and refuses newer ones.
    package static let formatVersion = 2

    let format: Int
    package let modelVersion: String
    /// Everything that an answer depends on; `modelVersion` is its hash.
    package let classifier: Classifier
    /// Where the model came from.
    package let provenance: Provenance
    /// Hash of classifier and provenance together.
    let checksum: String

    init(classifier: Classifier, provenance: Provenance) {
        format = ModelManifest.formatVersion
        modelVersion = CanonicalJSON.hash(CanonicalJSON.text(classifier))
        self.classifier = classifier
        self.provenance = provenance
        checksum = ModelManifest.checksum(classifier, provenance)
    }

    static func checksum(_ classifier: Classifier, _ provenance: Provenance) -> String {
        CanonicalJSON.hash(CanonicalJSON.text(classifier) + CanonicalJSON.text(provenance))
    }

    package var version: ModelVersion { ModelVersion(modelVersion) }
    package var fitKey: String { provenance.fitKey }
    package var trainedFrom: Timestamp { provenance.trainedFrom }
    package var trainedThrough: Timestamp { provenance.trainedThrough }
    /// `nil` for rules: nothing was fitted.
    package var parameters: ModelParameters? { classifier.parameters }
    /// `nil` for rules.
    package var report: FitReport? { provenance.report }
}

/// What a model's answers depend on, and nothing else.
package struct Classifier: Codable, Equatable, Sendable {
    package let kernelVersion: String
    package let model: ModelKind
    package let features: [String]
    package let scaling: FeatureScaling
    package let parameters: ModelParameters?
    /// Per state, in canonical order.
    package let states: [StateStatistics]
    package let taxonomy: TaxonomyParameters
    package let rules: RuleParameters
    package let hysteresis: HysteresisParameters
}

extension Classifier {
    private enum CodingKeys: String, CodingKey {
        case kernelVersion, model, features, scaling, parameters, states, taxonomy, rules
        case hysteresis
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        kernelVersion = try values.decode(String.self, forKey: .kernelVersion)
        model = try values.decode(ModelKind.self, forKey: .model)
        features = try values.decode([String].self, forKey: .features)
        scaling = try values.decode(FeatureScaling.self, forKey: .scaling)
        parameters = try ModelParameters.decode(model, from: values, forKey: .parameters)
        states = try values.decode([StateStatistics].self, forKey: .states)
        taxonomy = try values.decode(TaxonomyParameters.self, forKey: .taxonomy)
        rules = try values.decode(RuleParameters.self, forKey: .rules)
        hysteresis = try values.decode(HysteresisParameters.self, forKey: .hysteresis)
    }
}

/// Where a model came from.
package struct Provenance: Codable, Equatable, Sendable {
    package let fitKey: String
    package let trainedFrom: Timestamp
    package let trainedThrough: Timestamp
    /// Complete observations that were learnt from.
    package let observations: Int
    package let dataHash: String
    package let seed: UInt64
    package let report: FitReport?

    init(
        fitKey: String, trainedFrom: Timestamp, trainedThrough: Timestamp, observations: Int,
        dataHash: String, seed: UInt64, report: FitReport?
    ) {
        self.fitKey = fitKey
        self.trainedFrom = trainedFrom
        self.trainedThrough = trainedThrough
        self.observations = observations
        self.dataHash = dataHash
        self.seed = seed
        self.report = report
    }

    private enum CodingKeys: String, CodingKey {
        case fitKey, trainedFrom, trainedThrough, observations, dataHash, seed, report
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func instant(_ key: CodingKeys) throws -> Timestamp {
            let text = try values.decode(String.self, forKey: key)
            guard let instant = Timestamp(rfc3339: text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: values, debugDescription: "«\(text)» is not a timestamp")
            }
            return instant
        }
        fitKey = try values.decode(String.self, forKey: .fitKey)
        trainedFrom = try instant(.trainedFrom)
        trainedThrough = try instant(.trainedThrough)
        observations = try values.decode(Int.self, forKey: .observations)
        dataHash = try values.decode(String.self, forKey: .dataHash)
        seed = try values.decode(UInt64.self, forKey: .seed)
        report = try values.decodeIfPresent(FitReport.self, forKey: .report)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(fitKey, forKey: .fitKey)
        try values.encode(trainedFrom.rfc3339, forKey: .trainedFrom)
        try values.encode(trainedThrough.rfc3339, forKey: .trainedThrough)
        try values.encode(observations, forKey: .observations)
        try values.encode(dataHash, forKey: .dataHash)
        try values.encode(seed, forKey: .seed)
        try values.encodeIfPresent(report, forKey: .report)
    }
}

/// Parameters of a Gaussian hidden Markov model with K states and D features, in canonical order:
/// states by the volatility of returns, calmest first, then by mean.
package struct GaussianParameters: Codable, Equatable, Sendable {
    /// K probabilities.
    package let start: [Double]
    /// K rows of K: from the row's state to the column's.
    package let transition: [[Double]]
    /// K rows of D.
    package let means: [[Double]]
    package let covariances: Covariances

    package enum Covariances: Equatable, Sendable {
        /// K rows of D variances.
        case diagonal([[Double]])
        /// K matrices of D × D.
        case full([[[Double]]])
    }

    package var stateCount: Int { start.count }
    package var featureCount: Int { means.first?.count ?? 0 }
}

extension GaussianParameters.Covariances: Codable {
    /// Two levels of arrays are diagonal, three full.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let matrices = try? container.decode([[[Double]]].self) {
            self = .full(matrices)
        } else {
            self = .diagonal(try container.decode([[Double]].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .diagonal(let variances): try container.encode(variances)
        case .full(let matrices): try container.encode(matrices)
        }
    }
}

/// How features are scaled, learnt in the training window and frozen.
package struct FeatureScaling: Codable, Equatable, Sendable {
    package let kind: ScalingKind
    /// Per feature, what is subtracted; 0 without scaling.
    package let centers: [Double]
    /// Per feature, what is divided by; 1 without scaling.
    package let scales: [Double]
    package let clip: Double?

    package func apply(_ features: [Double]) -> [Double] {
        var scaled = features
        apply(features, into: &scaled)
        return scaled
    }

    /// What a model sees of an observation; `nil` when an input is missing, or is a number that
    /// scaling takes beyond what is finite.
    package func row(of observation: Observation) -> [Double]? {
        guard observation.isComplete else { return nil }
        let scaled = apply(observation.features)
        return scaled.allSatisfy(\.isFinite) ? scaled : nil
    }

    /// - Parameter scaled: as many values as there are features; what they were is lost.
    func apply(_ features: [Double], into scaled: inout [Double]) {
        for index in features.indices {
            scaled[index] = features[index]
            guard kind == .standardised else { continue }
            let value = (features[index] - centers[index]) / scales[index]
            scaled[index] = clip.map { value.isFinite ? min(max(value, -$0), $0) : value } ?? value
        }
    }
}

/// A latent state in the training window, weighted by its smoothed probabilities.
package struct StateStatistics: Codable, Equatable, Sendable {
    /// Share of the window's observations.
    package let occupancy: Double
    package let annualisedReturn: Double
    package let annualisedVolatility: Double
    /// Annualised root mean square of the negative returns, the others counted as 0.
    package let downsideDeviation: Double
    /// Mean of the close over its 252-bar maximum, less 1.
    package let meanDrawdown: Double
    /// Probability of staying for another bar.
    package let persistence: Double
    /// `annualisedVolatility` over that of the whole window.
    package let volatilityRatio: Double
    package let stateClass: StateClass
}

/// How a fit went.
package struct FitReport: Codable, Equatable, Sendable {
    /// Natural logarithm of the likelihood of the training window at the reported parameters; `nil`
    /// for jump models, which have none.
    package let logLikelihood: Double?
    /// Iterations of the run that was finished, its short first phase included.
    package let iterations: Int
    package let converged: Bool
    /// Log-likelihoods of the last iterations, oldest first, the reported one last.
    package let lastLogLikelihoods: [Double]
    package let starts: Int
    /// What to do when the fit did not converge.
    package let advice: String?
    /// `nil` where a family has no search of its own.
    package var search: SearchReport?
    /// `nil` without a likelihood.
    package var criteria: InformationCriteria?
    /// What a jump model's path through the training window costs, and did in the last iterations.
    package var objective: Double?
    package var lastObjectives: [Double]?
}
