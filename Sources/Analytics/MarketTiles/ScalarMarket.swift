import Market
import RegimeModels
import Regimes

/// One market, bar by bar: what a walk does once the model is adopted. Lanes give the same bits.
struct ScalarMarket: Sendable {
    /// What is found at a bar.
    struct Answer: Sendable {
        var observation: Observation
        var step: FilterStep?
        var published: Regime
        var publishedBefore: Regime
        var filterBefore: RegimeFilter
    }

    private let adoption: Int
    private let firstFiltered: Int
    private var observer: BarObserver
    private var filter: RegimeFilter
    private var hysteresis: Hysteresis
    private var bar = 0

    init(_ model: FixedModel, adoption: Int) {
        self.adoption = adoption
        firstFiltered = model.firstFilteredBar(adoption: adoption)
        observer = BarObserver(manifest: model.manifest, barsPerYear: model.barsPerYear)
        filter = model.manifest.makeFilter()
        hysteresis = Hysteresis(model.hysteresis)
    }

    mutating func advance(with bar: Bar) -> Answer {
        let observation = observer.observe(bar)
        let (before, filterBefore) = (hysteresis.published, filter)
        var step: FilterStep?
        if self.bar >= adoption {
            step = filter.advance(with: observation)
        } else if self.bar >= firstFiltered {
            filter.warmUp(with: observation)
        }
        if let step { _ = hysteresis.advance(step.probabilities, raw: step.rawRegime) }
        self.bar += 1
        return Answer(
            observation: observation, step: step, published: hysteresis.published,
            publishedBefore: before, filterBefore: filterBefore)
    }
}
