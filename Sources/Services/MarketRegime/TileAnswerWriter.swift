import Market
import MarketTiles
import Ports
import RegimeModels
import Regimes

/// Gathers, as columns, what a fixed model says of one series among the markets of a tile: what
/// `MarketRegimeState` says of the same bars, with the same bits.
struct TileAnswerWriter: Sendable {
    private let profile: SeriesProfile
    private let model: ModelManifest
    private let layout: IndicatorLayout
    private var explainer: ChangeExplainer
    private var line = PublishedLine()
    private var hysteresis: Hysteresis
    private var statesBefore: StateVector?
    private var activeModel = ModelVersion.unfitted
    private(set) var answers: AnswerColumns
    private(set) var changes: [RegimeChange] = []
    private(set) var activations: [ModelActivation] = []
    /// The model answered before a walk would have adopted it: what was gathered since is not to be
    /// used.
    private(set) var hasAnsweredEarly = false

    /// - Parameter bars: that are to be gathered first.
    init(
        _ profile: SeriesProfile, _ specification: RegimeSpecification, _ model: ModelManifest,
        bars: Int
    ) {
        self.profile = profile
        self.model = model
        layout = IndicatorLayout(features: specification.observedFeatures)
        explainer = ChangeExplainer(specification)
        hysteresis = Hysteresis(specification.hysteresis)
        answers = TileAnswerWriter.columns(profile.series, layout, bars)
    }

    private static func columns(
        _ series: Series, _ layout: IndicatorLayout, _ bars: Int
    ) -> AnswerColumns {
        AnswerColumns(
            series: series, indicatorNames: layout.names, trigger: .backfill, capacity: bars)
    }

    /// Forgets what was gathered, and goes on from there.
    ///
    /// - Parameter bars: that are to be gathered next.
    mutating func clear(before bars: Int) {
        answers = TileAnswerWriter.columns(profile.series, layout, bars)
        changes = []
        activations = []
    }

    /// - Parameters:
    ///   - market: of the tile, from 0.
    ///   - bars: that the classifier was given of it.
    mutating func take(_ tile: TileAnswers, market: Int, of bars: BarColumns) {
        for bar in 0..<tile.counts[market] {
            let place = tile.firstBar + bar
            take(
                tile, market, bar, asOf: bars.timestamps[place],
                availableAt: bars.availableAt[place])
            if hasAnsweredEarly { return }
        }
    }

    private mutating func take(
        _ tile: TileAnswers, _ market: Int, _ bar: Int, asOf: Timestamp, availableAt: Timestamp
    ) {
        let observation = tile.observation(market: market, bar: bar)
        let step = tile.step(market: market, bar: bar)
        if activations.isEmpty, activeModel == .unfitted {
            if observation.isComplete, asOf > model.trainedThrough {
                adopt(asOf)
            } else if step != nil {
                hasAnsweredEarly = true
                return
            }
        }
        let before = hysteresis
        let published =
            step.map { hysteresis.advance($0.probabilities, raw: $0.rawRegime) }
            ?? hysteresis.published
        let explanation = explainer.advance(
            with: observation, step: step, previous: before.published, published: published
        ) {
            ChangeExplainer.Before(
                filter: tile.filter(before: bar, market: market), hysteresis: before)
        }
        let isChanged = line.take(published, asOf: asOf, availableAt: availableAt)
        append(observation, step, explanation, asOf)
        if let step { statesBefore = step.stateProbabilities }
        if isChanged { changes.append(RegimeChange(of: answers[answers.count - 1])) }
    }

    private mutating func adopt(_ asOf: Timestamp) {
        activeModel = model.version
        explainer.modelChanged()
        activations.append(
            ModelActivation(series: profile.series, activeFrom: asOf, version: activeModel))
    }

    private mutating func append(
        _ observation: Observation, _ step: FilterStep?, _ explanation: Explanation?,
        _ asOf: Timestamp
    ) {
        let row = AnswerColumns.Row(
            asOf: asOf, availableAt: line.availableAt, since: line.since(asOf),
            regime: line.published, rawRegime: step?.rawRegime ?? .unknown,
            previousRegime: line.previous, probabilities: step?.probabilities ?? .unknown,
            probabilityKind: step?.confidenceKind ?? .none, modelVersion: activeModel,
            inputMissing: step?.inputMissing ?? false)
        let (layout, published, statesBefore) = (layout, line.published, statesBefore)
        answers.append(row) {
            layout.append(observation, to: &$0)
        } reasoning: { bytes in
            guard let step else { return }
            Reasoning.append(
                step, before: statesBefore, published: published, explanation, to: &bytes)
        }
    }
}
