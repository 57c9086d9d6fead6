import Market
import MarketTiles
import Regimes
import TestSupport

@testable import RegimeModels

/// Markets to classify, and a model for them.
enum Markets {
    static let barsPerYear = 252.0

    /// How a market's closes come about.
    enum Kind: CaseIterable {
        case ordinary, gaps, constant, extreme, crash, odd, falling
    }

    static func bars(
        _ count: Int, _ kind: Kind, seed: UInt64, withVix: Bool = false
    ) -> BarColumns {
        var generator = SplitMix64(seed: seed)
        var close = 100.0
        return BarColumns(
            (0..<count).map { index in
                let open = close
                close = next(close, kind, &generator)
                let isMissing = kind == .gaps && generator.unit() < 0.05
                let vix = generator.unit() < 0.9 ? 20 + generator.unit() : .nan
                return Bar(
                    timestamp: Timestamp(nanoseconds: Int64(index + 1) * 86_400_000_000_000),
                    open: open, high: max(open, close) * 1.01, low: min(open, close) / 1.01,
                    close: isMissing ? .nan : close,
                    exogenous: withVix ? ["vix": vix] : ExogenousValues())
            })
    }

    private static func next(
        _ close: Double, _ kind: Kind, _ generator: inout SplitMix64
    ) -> Double {
        let wild = generator.unit() < 0.3 ? 0.03 : 0.008
        switch kind {
        case .ordinary, .gaps: return close * (1 + wild * generator.normal())
        case .constant: return generator.unit() < 0.002 ? close * 1.01 : close
        case .extreme:
            let prices = [1e300, 1e-300, 1e308, .leastNonzeroMagnitude, 2.3e-308, 1]
            return prices[Int(generator.unit() * 6)] * (1 + generator.unit() / 2)
        case .crash:
            return close * (generator.unit() < 0.004 ? 0.1 : 1.0003 + 0.01 * generator.normal())
        case .odd:
            let odd = [0, -0.0, -5, Double.infinity, .nan, -.infinity]
            return generator.unit() < 0.02
                ? odd[Int(generator.unit() * 6)] : 50 + 3 * generator.normal()
        case .falling: return close * (0.999 + 0.012 * generator.normal())
        }
    }

    /// A model that a walk fits, the first one.
    static func manifest(
        _ change: (inout RegimeSpecification) -> Void = { _ in }
    ) throws
        -> ModelManifest
    {
        try firstAdoption(change).manifest
    }

    /// A walk's first model, the bars of the walk, what it says at them, and where the model was
    /// taken on and where the next one was.
    static func firstAdoption(
        _ change: (inout RegimeSpecification) -> Void = { _ in }
    ) throws -> (
        manifest: ModelManifest, bars: BarColumns, steps: [WalkForwardStep], range: Range<Int>
    ) {
        var specification = RegimeSpecification.standard
        specification.starts = 2
        specification.training.windowBars = 600
        change(&specification)
        var walk = WalkForward(specification: specification, barsPerYear: barsPerYear)
        let bars = bars(1100, .gaps, seed: 77)
        let steps = (0..<bars.count).map {
            walk.advance(with: bars[$0], sessionDate: bars.timestamps[$0].utcDate)
        }
        let adoptions = steps.indices.filter { steps[$0].adopted != nil }
        guard let first = adoptions.first, let manifest = steps[first].adopted else {
            throw NothingAdopted()
        }
        return (manifest, bars, steps, first..<(adoptions.dropFirst().first ?? steps.count))
    }

    struct NothingAdopted: Error {}

    /// A model that nobody fitted: another one's, but for what is given.
    static func changed(
        _ manifest: ModelManifest, _ parameters: GaussianParameters? = nil,
        classes: [StateClass]? = nil, scaling: FeatureScaling? = nil
    ) -> ModelManifest {
        let fitted = manifest.classifier
        let states = fitted.states.enumerated().map { index, state in
            StateStatistics(
                occupancy: state.occupancy, annualisedReturn: state.annualisedReturn,
                annualisedVolatility: state.annualisedVolatility,
                downsideDeviation: state.downsideDeviation, meanDrawdown: state.meanDrawdown,
                persistence: state.persistence, volatilityRatio: state.volatilityRatio,
                stateClass: classes?[index] ?? state.stateClass)
        }
        return ModelManifest(
            classifier: Classifier(
                kernelVersion: fitted.kernelVersion, model: fitted.model,
                features: fitted.features, scaling: scaling ?? fitted.scaling,
                parameters: parameters.map { .gaussian($0) } ?? fitted.parameters, states: states,
                taxonomy: fitted.taxonomy, rules: fitted.rules, hysteresis: fitted.hysteresis),
            provenance: manifest.provenance)
    }

    static func model(
        _ manifest: ModelManifest, hysteresis: HysteresisParameters = HysteresisParameters(),
        windowBars: Int? = 600, usesLanes: Bool = true
    ) -> FixedModel {
        FixedModel(
            manifest: manifest, hysteresis: hysteresis, barsPerYear: barsPerYear,
            windowBars: windowBars, usesLanes: usesLanes)
    }
}

/// All that is said of a bar, bit for bit; every NaN is one.
struct AnswerBits: Equatable {
    private var values: [UInt64]
    private let raw: Regime?
    private let published: Regime
    private let publishedBefore: Regime
    private let isMissing: Bool?
    private let isComplete: Bool

    init(
        _ observation: Observation, _ step: FilterStep?, _ published: Regime,
        _ publishedBefore: Regime
    ) {
        var numbers = observation.features + observation.context.values
        numbers += [observation.context.vix, Double(observation.timestamp.nanoseconds)]
        if let step { numbers += step.stateProbabilities + step.probabilities.values }
        values = numbers.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern }
        raw = step?.rawRegime
        self.published = published
        self.publishedBefore = publishedBefore
        isMissing = step?.inputMissing
        isComplete = observation.isComplete
    }

    init(_ step: WalkForwardStep) {
        self.init(step.observation, step.step, step.published, step.publishedBefore)
    }
}
