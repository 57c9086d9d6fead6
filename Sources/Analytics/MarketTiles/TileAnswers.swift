import Kernels
import LaneTasks
import Market
package import RegimeModels
package import Regimes

/// What was found of a stretch of bars of up to eight markets; it is overwritten by the next one.
package final class TileAnswers {
    /// The tile's markets, by their place in the classifier.
    package internal(set) var markets = 0..<0
    /// Of the bars that the call was given, the one that bar 0 here is, for each market.
    package internal(set) var firstBar = 0
    /// Per market of the tile, its bars in this stretch.
    package internal(set) var counts: [Int] = []
    /// Per market of the tile, what the call was given.
    var bars: [BarColumns] = []

    let labeller: Labeller
    let states: Int
    let featureCount: Int
    /// Columns of rows: the context's fields, then the features, then the volatility index.
    let columns: LaneRows
    /// K rows a bar.
    let probabilities: LaneRows
    /// K rows for the bar before the first, then K rows a bar: forward variables.
    let beliefs: LaneRows
    /// Per lane, the first bar of the stretch, if it lies in it, that the chain has taken in.
    var firstFiltered: [Int]
    /// The model's filter at the beginning of its chain.
    private let fresh: RegimeFilter
    /// A byte for each lane of a row.
    var raw: [UInt8]
    var published: [UInt8]
    /// 1 where the model saw an observation.
    var present: [UInt8]
    /// Per lane, the first bar of the stretch with an answer, and the label published before it.
    var firstAnswers: [Int]
    var publishedBefore: [UInt8]
    /// Answers that were made bar by bar, instead of all of the above.
    var steps: [[ScalarMarket.Answer]] = []

    init(_ manifest: ModelManifest, states: Int) {
        let classifier = manifest.classifier
        labeller = Labeller(classifier)
        fresh = manifest.makeFilter()
        self.states = states
        featureCount = classifier.features.count
        let bytes = TileWorkspace.stretch * LaneRows.lanes
        let fields = ObservationTask.contextFields + featureCount + 1
        columns = TileWorkspace.filled(fields * TileWorkspace.columnRows)
        probabilities = TileWorkspace.filled(TileWorkspace.stretch * max(states, 1))
        beliefs = TileWorkspace.filled((TileWorkspace.stretch + 1) * max(states, 1))
        firstFiltered = [Int](repeating: 0, count: LaneRows.lanes)
        raw = [UInt8](repeating: 0, count: bytes)
        published = raw
        present = raw
        firstAnswers = [Int](repeating: 0, count: LaneRows.lanes)
        publishedBefore = [UInt8](repeating: 0, count: LaneRows.lanes)
    }

    /// Room for the answers of a stretch that is computed bar by bar.
    init(scalar manifest: ModelManifest) {
        let classifier = manifest.classifier
        labeller = Labeller(classifier)
        fresh = manifest.makeFilter()
        states = 0
        featureCount = classifier.features.count
        columns = LaneRows(count: 0)
        probabilities = LaneRows(count: 0)
        beliefs = LaneRows(count: 0)
        firstFiltered = []
        (raw, published, present) = ([], [], [])
        (firstAnswers, publishedBefore) = ([], [])
    }

    // MARK: - One bar

    /// The bar as the model saw it.
    ///
    /// - Parameters:
    ///   - market: of the tile, from 0.
    ///   - bar: of the stretch, from 0.
    package func observation(market: Int, bar: Int) -> Observation {
        check(market, bar)
        guard steps.isEmpty else { return steps[market][bar].observation }
        let first = ObservationTask.contextFields
        let features = (0..<featureCount).map { value(first + $0, market, bar) }
        return Observation(
            timestamp: bars[market].timestamps[firstBar + bar], features: features,
            context: context(market, bar), isComplete: features.allSatisfy(\.isFinite))
    }

    private func context(_ market: Int, _ bar: Int) -> MarketContext {
        var context = MarketContext.unknown
        context.logReturn = value(0, market, bar)
        context.volatility = value(1, market, bar)
        context.volatilityRank = value(2, market, bar)
        context.longRunVolatility = value(3, market, bar)
        context.drawdown = value(4, market, bar)
        context.trend = value(5, market, bar)
        context.momentum = value(6, market, bar)
        context.vix = value(ObservationTask.contextFields + featureCount, market, bar)
        return context
    }

    /// What the model says of the bar; `nil` before it answers.
    package func step(market: Int, bar: Int) -> FilterStep? {
        check(market, bar)
        guard steps.isEmpty else { return steps[market][bar].step }
        guard bar >= firstAnswers[market] else { return nil }
        return labeller.step(
            stateProbabilities: vector(probabilities, bar, market), context(market, bar),
            isMissing: present[bar * LaneRows.lanes + market] == 0)
    }

    /// The most probable label; `nil` before the model answers.
    package func rawRegime(market: Int, bar: Int) -> Regime? {
        check(market, bar)
        guard steps.isEmpty else { return steps[market][bar].step?.rawRegime }
        guard bar >= firstAnswers[market] else { return nil }
        return Regime(laneLabel: raw[bar * LaneRows.lanes + market])
    }

    /// The label after hysteresis.
    package func publishedRegime(market: Int, bar: Int) -> Regime {
        check(market, bar)
        guard steps.isEmpty else { return steps[market][bar].published }
        return Regime(laneLabel: published[bar * LaneRows.lanes + market])
    }

    /// The published label of the bar before.
    package func publishedRegimeBefore(market: Int, bar: Int) -> Regime {
        check(market, bar)
        guard steps.isEmpty else { return steps[market][bar].publishedBefore }
        guard bar > 0 else { return Regime(laneLabel: publishedBefore[market]) }
        return publishedRegime(market: market, bar: bar - 1)
    }

    /// Whether the published label changed at this bar.
    package func isChange(market: Int, bar: Int) -> Bool {
        publishedRegime(market: market, bar: bar)
            != publishedRegimeBefore(market: market, bar: bar)
    }

    /// The filter as it was before it took the bar in: for asking what it would have said of
    /// another one.
    package func filter(before bar: Int, market: Int) -> RegimeFilter {
        check(market, bar)
        guard steps.isEmpty else { return steps[market][bar].filterBefore }
        guard bar > firstFiltered[market] else { return fresh }
        return fresh.goingOn(from: vector(beliefs, bar, market)) ?? fresh
    }

    private func check(_ market: Int, _ bar: Int) {
        precondition(counts.indices.contains(market), "a market of the tile")
        precondition((0..<counts[market]).contains(bar), "a bar of the stretch")
    }

    private func value(_ column: Int, _ market: Int, _ bar: Int) -> Double {
        at(columns, column * TileWorkspace.columnRows + bar, market)
    }

    private func vector(_ rows: LaneRows, _ bar: Int, _ market: Int) -> StateVector {
        var vector = StateVector(repeating: 0, count: states)
        for state in 0..<states { vector[state] = at(rows, bar * states + state, market) }
        return vector
    }

    /// Unchecked: `check` has been asked, and rows are as many as a stretch has bars.
    private func at(_ rows: LaneRows, _ row: Int, _ market: Int) -> Double {
        rows.values[row * LaneRows.lanes + market]
    }
}

extension Regime {
    /// The labels as lanes number them.
    private static let inLaneOrder = Regime.allCases

    init(laneLabel label: UInt8) { self = Regime.inLaneOrder[Int(label)] }

    var laneLabel: UInt8 {
        UInt8(truncatingIfNeeded: Regime.inLaneOrder.firstIndex(of: self) ?? 0)
    }
}
