import Indicators
import Kernels
import LaneTasks
import RegimeModels

/// A model as the lane kernels compute it.
struct LanePlan: Sendable {
    /// Where a feature's values come from.
    enum Source: Equatable, Sendable {
        /// A field of the context, before anything is carried on.
        case context(Int)
        case logVolatility
        case weighted(halfLife: Int, WeightedColumn)
    }

    enum WeightedColumn: Sendable {
        case mean, deviation, logDeviation, ratio
    }

    let sources: [Source]
    /// Without repeats, in the order of first use.
    let halfLives: [Int]
    let chain: HiddenMarkovChain
    let scaling: FeatureScaling
    /// Per state: 0 calm, 1 normal, 2 stressed.
    let classes: [UInt8]
    let thresholds: LabelTask.Thresholds
    let annualisation: Double

    /// `nil` where a feature or the model is none for lanes.
    init?(_ classifier: Classifier, barsPerYear: Double) {
        guard case .gaussian(let parameters)? = classifier.parameters else { return nil }
        var sources: [Source] = []
        for name in classifier.features {
            guard let feature = try? Feature(name: name), let source = Source(feature.formula)
            else { return nil }
            sources.append(source)
        }
        self.sources = sources
        var halfLives: [Int] = []
        for case .weighted(let halfLife, _) in sources where !halfLives.contains(halfLife) {
            halfLives.append(halfLife)
        }
        self.halfLives = halfLives
        chain = parameters.chain
        scaling = classifier.scaling
        classes = classifier.states.map {
            switch $0.stateClass {
            case .calm: 0
            case .normal: 1
            case .stressed: 2
            }
        }
        // The labels are summed over states with statistics alone.
        guard classes.count == chain.stateCount else { return nil }
        thresholds = LabelTask.Thresholds(classifier.taxonomy)
        annualisation = barsPerYear.squareRoot()
    }
}

extension LanePlan.Source {
    /// `nil` for what lanes do not compute.
    fileprivate init?(_ formula: Formula) {
        switch formula {
        case .logReturn: self = .context(0)
        case .volatility: self = .context(1)
        case .volatilityRank: self = .context(2)
        case .longRunVolatility: self = .context(3)
        case .recentDrawdown: self = .context(4)
        case .trend: self = .context(5)
        case .momentum: self = .context(6)
        case .logVolatility: self = .logVolatility
        case .exponentialMean(let halfLife): self = .weighted(halfLife: halfLife, .mean)
        case .downsideDeviation(let halfLife): self = .weighted(halfLife: halfLife, .deviation)
        case .logDownsideDeviation(let halfLife):
            self = .weighted(halfLife: halfLife, .logDeviation)
        case .sortino(let halfLife): self = .weighted(halfLife: halfLife, .ratio)
        case .simpleReturn, .range, .drawdown, .exogenous, .exogenousChange: return nil
        }
    }
}

extension LabelTask.Thresholds {
    fileprivate init(_ taxonomy: TaxonomyParameters) {
        self.init()
        crisisDrawdown = taxonomy.crisisDrawdown
        crisisRank = taxonomy.crisisRank
        bearDrawdown = taxonomy.bearDrawdown
        highRank = taxonomy.highRank
        ordinaryRank = taxonomy.ordinaryRank
        lowRank = taxonomy.lowRank
        euphoriaTrend = taxonomy.euphoriaTrend
        euphoriaMomentum = taxonomy.euphoriaMomentum
    }
}

extension LabelTask.Bands {
    init(_ hysteresis: HysteresisParameters) {
        self.init()
        entryProbability = hysteresis.entryProbability
        exitProbability = hysteresis.exitProbability
        minimumDwellBars = Double(hysteresis.minimumDwellBars)
        confirmationBars = Double(hysteresis.confirmationBars)
        recoveryConfirmationBars = Double(hysteresis.recoveryConfirmationBars)
    }
}
