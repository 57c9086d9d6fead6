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
    /// Bars that a filter takes at a time, so that its tile stays in the cache.
    package var stretch = 1024

    /// - Parameter jobs: chains of one shape, each with its series.
    package init(_ jobs: [ChainJob], threads: Int = 1) {
        precondition(
            jobs.allSatisfy { $0.chain.shape == jobs[0].chain.shape }, "one shape per batch")
        self.jobs = jobs
        self.threads = threads
    }

    /// ln of each job's likelihood.
    package func logLikelihoods() -> [Double] {
        map([], bars: stretch) { tile, group in
            forEachStretch(of: group, in: tile) { _ in tile.run(kernels.table.chainFilter) }
            return group.indices.map {
                group[$0].series.barCount > 0 ? tile.belief(lane: $0).logLikelihood : 0
            }
        }
    }

    /// Per job, T·K filtered probabilities and what is believed after the last bar.
    package func filtered() -> [(probabilities: [Double], belief: HiddenMarkovChain.Belief?)] {
        map(.filtered, bars: stretch) { tile, group in
            let states = tile.shape.states
            let columns = LaneColumns.make(group.map { $0.series.barCount * states }) { columns in
                forEachStretch(of: group, in: tile) { tile.filter(to: columns, from: $0) }
            }
            return group.indices.map { lane in
                (columns[lane], group[lane].series.barCount > 0 ? tile.belief(lane: lane) : nil)
            }
        }
    }

    /// Loads a stretch after the other, so that a tile stays in the cache; `body` is told the first
    /// bar of each.
    private func forEachStretch(
        of group: [ChainJob], in tile: ChainTile, _ body: (Int) -> Void
    ) {
        let bars = group.map(\.series.barCount).max() ?? 0
        for first in stride(from: 0, to: bars, by: max(tile.bars, 1)) {
            tile.load(group, from: first)
            body(first)
        }
    }

    /// Runs an entry point over each tile, and reads its lanes' results.
    func map<Result: Sendable>(
        _ contents: ChainTile.Storage, _ entry: @Sendable (ChainTask) -> Void,
        _ read: @Sendable (ChainTile) -> [Result]
    ) -> [Result] {
        map(contents, bars: .max) { tile, group in
            tile.load(group)
            tile.run(entry)
            return read(tile)
        }
    }

    /// What `work` makes of each tile's jobs; lanes that no job is left for repeat the first one.
    ///
    /// - Parameter bars: how many a tile has room for at the most.
    private func map<Result: Sendable>(
        _ contents: ChainTile.Storage, bars: Int,
        _ work: @Sendable (ChainTile, [ChainJob]) -> [Result]
    ) -> [Result] {
        guard let shape = jobs.first?.chain.shape else { return [] }
        let lanes = jobs.count > 2 ? width : 2
        let tileCount = (jobs.count + lanes - 1) / lanes
        let shares = min(max(threads, 1), tileCount)
        let longest = jobs.map(\.series.barCount).max() ?? 0
        // Each thread keeps one tile: touching fresh memory costs more than the recursions.
        return Tiles.map(shares, threads: shares) { share in
            let tile = ChainTile(
                shape: shape, width: lanes, bars: min(longest, bars), isShared: false, contents,
                kernels)
            var results: [Result] = []
            for index in (share * tileCount / shares)..<((share + 1) * tileCount / shares) {
                let first = index * lanes
                let group = jobs[first..<min(first + lanes, jobs.count)]
                let filled = (0..<lanes).map { group[first + ($0 < group.count ? $0 : 0)] }
                results += work(tile, filled).prefix(group.count)
            }
            return results
        }.flatMap { $0 }
    }
}
