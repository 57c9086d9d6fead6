import Kernels
import Market
import MarketTiles
import RegimeModels
import Regimes
import Synchronization

/// Published labels of many markets under one fixed model, from their closes.
struct ClassificationWork: Workload {
    private static let barsPerYear = 252.0
    private static let adoption = 600

    private let manifest: ModelManifest?
    private let bars: [BarColumns]

    /// The model is the first that a walk over the first market takes on.
    init(_ samples: Samples, markets: Range<Int>) {
        bars = markets.map(samples.bars)
        manifest = ClassificationWork.model(samples.bars(of: 0))
    }

    static func model(_ bars: BarColumns) -> ModelManifest? {
        var specification = RegimeSpecification.standard
        specification.starts = 4
        var walk = WalkForward(specification: specification, barsPerYear: barsPerYear)
        for index in 0..<bars.count {
            let date = bars.timestamps[index].utcDate
            if let model = walk.advance(with: bars[index], sessionDate: date).adopted {
                return model
            }
        }
        return nil
    }

    private func classifier() -> FixedModelClassifier? {
        manifest.map { manifest in
            FixedModelClassifier(
                FixedModel(
                    manifest: manifest, hysteresis: manifest.classifier.hysteresis,
                    barsPerYear: ClassificationWork.barsPerYear, windowBars: nil),
                adoptions: bars.map { _ in ClassificationWork.adoption })
        }
    }

    mutating func run() { classifier()?.advance(bars) { _ in } }

    /// The model's scaling and parameters; then of each bar from the adoption on, market by market,
    /// its rank of volatility, drawdown, state probabilities, raw and published label.
    func result() -> [Double] {
        guard let manifest, case .gaussian(let model)? = manifest.parameters,
            case .diagonal(let variances) = model.covariances
        else { return [] }
        let scaling = manifest.classifier.scaling
        let classes = manifest.classifier.states.map {
            Double(StateClass.allCases.firstIndex(of: $0.stateClass) ?? 0)
        }
        let parameters =
            scaling.centers + scaling.scales + model.start + model.transition.flatMap(\.self)
            + model.means.flatMap(\.self) + variances.flatMap(\.self) + classes
        let answers = Mutex([[Double]](repeating: [], count: bars.count))
        classifier()?.advance(bars) { tile in
            for market in tile.counts.indices {
                for bar in 0..<tile.counts[market] {
                    guard let step = tile.step(market: market, bar: bar) else { continue }
                    let labels = [
                        step.rawRegime, tile.publishedRegime(market: market, bar: bar),
                    ].map { Double(Regime.known.firstIndex(of: $0) ?? -1) }
                    let values =
                        [step.context.volatilityRank, step.context.drawdown]
                        + step.stateProbabilities + labels
                    answers.withLock { $0[tile.markets.lowerBound + market] += values }
                }
            }
        }
        return parameters + answers.withLock { $0.flatMap(\.self) }
    }
}
