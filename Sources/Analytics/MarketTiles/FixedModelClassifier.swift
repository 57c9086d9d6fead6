package import Kernels
package import Market
import RegimeModels

/// Classifies many markets under one fixed model, each as a walk would once it has adopted it:
/// features, filter, label probabilities, hysteresis, with the same bits.
///
/// Markets are given chunk by chunk, as many bars of each as there are: a market without a session
/// has none for it, and no calendar is shared. What a market is found to be depends on its own bars
/// alone: not on its neighbours, chunks, threads or the processor.
///
/// A market takes up 23 KB here, ten years of volatilities most of all; while a call runs, each
/// thread has some three mebibytes more, whatever the chunks' size. So thousands of markets are
/// better given to several classifiers one after the other, than bar by bar to one.
package struct FixedModelClassifier: Sendable {
    package let model: FixedModel
    /// Per market, the bar from which on the model answers, counted from the first ever given; the
    /// bars before it warm up the indicators and the filter.
    package let adoptions: [Int]
    /// Lanes to compute in, 2, 4 or 8, and the set: for comparing; the results are the same.
    package var width = 0
    package var kernels = KernelSet.current

    private let tiles: [Tile]

    /// Up to eight markets.
    private struct Tile: Sendable {
        enum State: Sendable {
            case lanes(TileState)
            case scalar([ScalarMarket])
        }

        let markets: Range<Int>
        let state: TileValue<State>

        init(_ markets: Range<Int>, _ state: State) {
            self.markets = markets
            self.state = TileValue(state)
        }
    }

    /// - Parameter adoptions: one for each market, 0 or more; `Int.max` is never.
    package init(_ model: FixedModel, adoptions: [Int]) {
        precondition(adoptions.allSatisfy { $0 >= 0 }, "a bar to be adopted at")
        self.model = model
        self.adoptions = adoptions
        tiles = stride(from: 0, to: adoptions.count, by: LaneRows.lanes).map { first in
            let markets = first..<min(first + LaneRows.lanes, adoptions.count)
            guard let plan = model.plan else {
                return Tile(
                    markets,
                    .scalar(markets.map { ScalarMarket(model, adoption: adoptions[$0]) }))
            }
            return Tile(markets, .lanes(TileState(TileState.Layout(plan))))
        }
    }

    /// Takes the markets' next bars in. Calls must follow one another.
    ///
    /// - Parameters:
    ///   - bars: of each market those that follow; none is as good.
    ///   - threads: at the most.
    ///   - body: is given the answers of a tile, stretch by stretch in order; tiles come in any
    ///     order, on several threads at once. It must not keep them.
    package func advance(
        _ bars: [BarColumns], threads: Int = 1, _ body: @Sendable (TileAnswers) -> Void
    ) {
        precondition(bars.count == adoptions.count, "bars of each market")
        Tiles.forEach(tiles.count, threads: threads, memory: makeWorker) { index, worker in
            let tile = tiles[index]
            tile.state.change {
                worker.advance(&$0, tile.markets, Array(bars[tile.markets]), body)
            }
        }
    }

    private func makeWorker() -> Worker { Worker(self) }

    /// A thread's memory.
    private struct Worker {
        let classifier: FixedModelClassifier
        let workspace: TileWorkspace?
        let answers: TileAnswers

        init(_ classifier: FixedModelClassifier) {
            self.classifier = classifier
            let manifest = classifier.model.manifest
            workspace = classifier.model.plan.map(TileWorkspace.init)
            answers =
                classifier.model.plan.map {
                    TileAnswers(manifest, states: $0.chain.stateCount)
                } ?? TileAnswers(scalar: manifest)
        }

        func advance(
            _ state: inout Tile.State, _ markets: Range<Int>, _ bars: [BarColumns],
            _ body: (TileAnswers) -> Void
        ) {
            let longest = bars.map(\.count).max() ?? 0
            answers.markets = markets
            answers.bars = bars
            for first in stride(from: 0, to: longest, by: TileWorkspace.stretch) {
                let counts = bars.map {
                    min(max($0.count - first, 0), TileWorkspace.stretch)
                }
                answers.firstBar = first
                answers.counts = counts
                // Consumed, so that the state has one owner and is changed in place.
                switch consume state {
                case .lanes(var lanes):
                    advance(&lanes, markets, bars, first, counts)
                    state = .lanes(lanes)
                case .scalar(var scalar):
                    answers.steps = counts.indices.map { market in
                        (first..<(first + counts[market])).map {
                            scalar[market].advance(with: bars[market][$0])
                        }
                    }
                    state = .scalar(scalar)
                }
                body(answers)
            }
            answers.bars = []
        }

        private func advance(
            _ state: inout TileState, _ markets: Range<Int>, _ bars: [BarColumns], _ first: Int,
            _ counts: [Int]
        ) {
            guard let plan = classifier.model.plan, let workspace else { return }
            // A lane without a market of its own repeats the last one.
            let ofLane = (0..<LaneRows.lanes).map { min($0, markets.count - 1) }
            let tile = LaneTile(
                model: classifier.model, plan: plan, layout: TileState.Layout(plan),
                workspace: workspace, answers: answers, table: classifier.kernels.table,
                width: classifier.width, bars: ofLane.map { bars[$0] },
                adoptions: ofLane.map { classifier.adoptions[markets.lowerBound + $0] },
                first: first, counts: ofLane.map { counts[$0] }, count: counts.max() ?? 0)
            tile.advance(&state)
        }
    }
}
