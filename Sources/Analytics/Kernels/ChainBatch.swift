import LaneTasks

/// Jobs of one shape side by side, tile by tile, the tiles over as many cores as asked for.
///
/// A job's result has the same bits whatever its neighbours, the width of the tile, the set of
/// kernels and the number of threads.
package struct ChainBatch: Sendable {
    /// Lanes of a tile.
    package static let tileWidth = 8

    package var jobs: [ChainJob]
    package var threads: Int
    /// Lanes at the most, 2, 4 or 8, and the set: for comparing; the results are the same.
    package var width = ChainBatch.tileWidth
    package var kernels = KernelSet.current

    /// - Parameter jobs: chains of one shape, each with its series.
    package init(_ jobs: [ChainJob], threads: Int = 1) {
        precondition(
            jobs.allSatisfy { $0.chain.shape == jobs[0].chain.shape }, "one shape per batch")
        self.jobs = jobs
        self.threads = threads
    }

    /// ln of each job's likelihood.
    package func logLikelihoods() -> [Double] {
        map([], [kernels.table.chainFilter]) { tile in
            (0..<tile.width).map { tile.lengths[$0] > 0 ? tile.belief(lane: $0).logLikelihood : 0 }
        }
    }

    /// Per job, T·K filtered probabilities and what is believed after the last bar.
    package func filtered() -> [(probabilities: [Double], belief: HiddenMarkovChain.Belief?)] {
        map(.filtered, [kernels.table.chainFilter]) { tile in
            let columns = tile.columns(tile.filtered, perBar: tile.shape.states)
            return (0..<tile.width).map { lane in
                (columns[lane], tile.lengths[lane] > 0 ? tile.belief(lane: lane) : nil)
            }
        }
    }

    /// Runs entry points over each tile, one after the other, and reads its lanes' results.
    func map<Result: Sendable>(
        _ contents: ChainTile.Storage, _ steps: [@Sendable (ChainTask) -> Void],
        _ read: @Sendable (ChainTile) -> [Result]
    ) -> [Result] {
        guard let shape = jobs.first?.chain.shape else { return [] }
        let lanes = jobs.count > 2 ? width : 2
        let tileCount = (jobs.count + lanes - 1) / lanes
        let shares = min(max(threads, 1), tileCount)
        let bars = jobs.map(\.series.barCount).max() ?? 0
        // Each thread keeps one tile: touching fresh memory costs more than the recursions.
        return Tiles.map(shares, threads: shares) { share in
            let tile = ChainTile(
                shape: shape, width: lanes, bars: bars, isShared: false, contents, kernels)
            var results: [Result] = []
            for index in (share * tileCount / shares)..<((share + 1) * tileCount / shares) {
                let first = index * lanes
                let group = jobs[first..<min(first + lanes, jobs.count)]
                tile.load((0..<lanes).map { group[first + ($0 < group.count ? $0 : 0)] })
                for step in steps { tile.run(step) }
                results += read(tile).prefix(group.count)
            }
            return results
        }.flatMap { $0 }
    }
}
