import LaneTasks

/// A run of Baum–Welch over many candidates: lanes that become free take the next one.
struct Refinement: Sendable {
    let jobs: [(fit: BaumWelch, candidate: BaumWelch.Candidate)]
    /// Every job has the same observations.
    let isShared: Bool
    let maximumIterations: Int
    let tolerance: Double

    func run(threads: Int) -> [BaumWelch.Candidate] {
        guard !jobs.isEmpty else { return [] }
        let share = max(ChainBatch.tileWidth, (jobs.count + threads - 1) / max(threads, 1))
        let shares = stride(from: 0, to: jobs.count, by: share).map {
            Array(jobs[$0..<min($0 + share, jobs.count)])
        }
        return Tiles.map(shares.count, threads: threads) { refine(shares[$0]) }.flatMap { $0 }
    }

    private func refine(
        _ jobs: [(fit: BaumWelch, candidate: BaumWelch.Candidate)]
    ) -> [BaumWelch.Candidate] {
        var candidates = jobs.map(\.candidate)
        for index in candidates.indices { candidates[index].reopen() }
        let firstIterations = candidates.map(\.iterations)
        let width = jobs.count > 2 ? ChainBatch.tileWidth : 2
        let tile = ChainTile(
            shape: jobs[0].fit.shape, width: width, bars: jobs.map(\.fit.present.count).max() ?? 0,
            isShared: isShared, [.forward, .expectation], KernelSet.current)
        var waiting = jobs.indices.dropFirst(width)
        // A lane without work of its own repeats the first one's.
        var lanes = (0..<width).map { $0 < jobs.count ? $0 : 0 }
        var isWorking = (0..<width).map { $0 < jobs.count }
        for lane in 0..<width { tile.load(jobs[lanes[lane]].fit.series, lane: lane) }
        while isWorking.contains(true) {
            for lane in 0..<width {
                tile.load(candidates[lanes[lane]].chain(tile.shape), lane: lane)
            }
            tile.seal()
            tile.expect()
            for lane in 0..<width where isWorking[lane] {
                let index = lanes[lane]
                let spent = candidates[index].iterations - firstIterations[index]
                let isDone = candidates[index].record(
                    tile.lengths[lane] == 0 ? 0 : tile.belief(lane: lane).logLikelihood,
                    tolerance: tolerance, isLast: spent >= maximumIterations)
                guard isDone else {
                    candidates[index].maximise(tile.statistics(lane), jobs[index].fit)
                    continue
                }
                isWorking[lane] = !waiting.isEmpty
                guard let next = waiting.popFirst() else { continue }
                lanes[lane] = next
                if !isShared { tile.load(jobs[next].fit.series, lane: lane) }
            }
        }
        return candidates
    }
}

extension BaumWelch {
    var series: ChainSeries {
        ChainSeries(values: observations, featureCount: featureCount, present: present)
    }
}

extension BaumWelch.Candidate {
    func chain(_ shape: ChainShape) -> HiddenMarkovChain {
        HiddenMarkovChain(
            shape, start: start, transition: transition, means: means, covariances: covariances)
    }
}

extension ChainTile {
    /// Filters, then counts what is expected.
    func expect() {
        guard let expectation else { return }
        expectation.update(repeating: 0, count: shape.expectationCount * width)
        run(table.chainFilter)
        run(table.chainExpectation)
    }

    func statistics(_ lane: Int) -> ExpectedStatistics {
        let (states, features) = (shape.states, shape.features)
        func column(_ offset: Int, _ count: Int) -> [Double] {
            guard let expectation else { return [] }
            return (offset..<(offset + count)).map { expectation[$0 * width + lane] }
        }
        let moves = states * states
        let probabilities = (0..<moves).map { model[(shape.transition + $0) * width + lane] }
        let packed = column(
            moves + 2 * states + states * features, states * shape.factorCount)
        var second = [Double](repeating: 0, count: states * features * features)
        var next = packed.makeIterator()
        for row in 0..<(states * features) {
            for other in (shape.isDiagonal ? row % features : 0)...(row % features) {
                second[row * features + other] = next.next() ?? 0
            }
        }
        return ExpectedStatistics(
            start: column(moves, states), transitions: zip(column(0, moves), probabilities).map(*),
            weights: column(moves + states, states),
            firstMoments: column(moves + 2 * states, states * features), secondMoments: second)
    }
}
