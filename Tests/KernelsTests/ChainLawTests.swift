import Kernels
import TestSupport
import Testing

/// The same bits, however the work is laid out.
@Suite("Laws of the chain's recursions")
struct ChainLawTests {
    /// What one of the recursions says, as bits.
    struct Answers: Equatable {
        var logLikelihood: UInt64
        var filtered: [UInt64]
        var smoothed: [UInt64]
        var path: [Int]
    }

    static func answers(_ batch: ChainBatch) -> [Answers] {
        let filtered = batch.filtered()
        let smoothed = batch.smoothed()
        let paths = batch.mostProbablePaths()
        let logLikelihoods = batch.logLikelihoods()
        return batch.jobs.indices.map { index in
            Answers(
                logLikelihood: logLikelihoods[index].bitPattern,
                filtered: filtered[index].probabilities.map(\.bitPattern),
                smoothed: smoothed[index].map(\.bitPattern), path: paths[index].map(Int.init))
        }
    }

    static func chain(
        states: Int, features: Int, isDiagonal: Bool, using generator: inout SplitMix64
    ) -> HiddenMarkovChain {
        func row() -> [Double] {
            let weights = (0..<states).map { _ in 0.01 + generator.unit() }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        var covariances: [Double] = []
        for _ in 0..<states {
            let scales = (0..<features).map { _ in 0.5 + generator.unit() }
            for i in 0..<features {
                for j in 0..<features {
                    let correlation = i == j ? 1 : isDiagonal ? 0 : 0.3
                    covariances.append(correlation * scales[i] * scales[j])
                }
            }
        }
        let start = row()
        return HiddenMarkovChain(
            start: start, transition: (0..<states).flatMap { _ in row() },
            means: (0..<(states * features)).map { _ in generator.normal() },
            covariances: covariances, featureCount: features)
    }

    static func rows(
        bars: Int, features: Int, missing: Double, using generator: inout SplitMix64
    ) -> [[Double]?] {
        (0..<bars).map { _ in
            let row = (0..<features).map { _ in 2 * generator.normal() }
            return generator.unit() < missing ? nil : row
        }
    }

    /// Jobs of one shape, their lengths and gaps their own; one is empty, one has a single bar.
    static func jobs(
        states: Int, features: Int, isDiagonal: Bool, count: Int, seed: UInt64
    ) -> [(chain: HiddenMarkovChain, rows: [[Double]?])] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { index in
            let bars = index == 3 ? 0 : index == 5 ? 1 : 20 + Int(generator.unit() * 60)
            return (
                chain(
                    states: states, features: features, isDiagonal: isDiagonal, using: &generator),
                rows(
                    bars: bars, features: features, missing: index % 2 == 0 ? 0 : 0.1,
                    using: &generator)
            )
        }
    }

    static let shapes: [(states: Int, features: Int, isDiagonal: Bool)] = [
        (1, 1, true), (2, 1, true), (3, 1, true), (4, 1, true), (8, 1, true), (2, 2, true),
        (3, 2, false), (4, 3, true), (5, 4, false), (8, 3, false),
    ]

    @Test func tilesSetsWidthsThreadsAndSingleBarsAgree() {
        for (number, shape) in Self.shapes.enumerated() {
            let seed = UInt64(number) + 1
            let jobs = Self.jobs(
                states: shape.states, features: shape.features, isDiagonal: shape.isDiagonal,
                count: 19, seed: seed)
            var batch = ChainBatch(
                jobs.map {
                    ChainJob(
                        chain: $0.chain,
                        series: ChainSeries($0.rows, featureCount: shape.features))
                })
            let expected = Self.answers(batch)
            // One bar at a time, lanes that end between and within stretches.
            for (set, width) in Self.layouts {
                for stretch in [1, 8, 30, 1024] {
                    (batch.kernels, batch.width, batch.stretch) = (set, width, stretch)
                    #expect(
                        Self.answers(batch) == expected,
                        "\(shape), \(set.name), \(width), \(stretch) bars at a time")
                }
            }
            batch.threads = 3
            #expect(Self.answers(batch) == expected, "\(shape), 3 threads")
            for (job, answers) in zip(jobs, expected) {
                var belief: HiddenMarkovChain.Belief?
                var live: [UInt64] = []
                for row in job.rows {
                    job.chain.advance(&belief, with: row)
                    live += belief.map(job.chain.probabilities)?.map(\.bitPattern) ?? []
                }
                #expect(live == answers.filtered, "\(shape), bar by bar")
                #expect((belief?.logLikelihood ?? 0).bitPattern == answers.logLikelihood)
            }
        }
    }

    static let layouts = KernelSet.available.flatMap { set in [2, 4, 8].map { (set, $0) } }

    /// Eight lanes whose shared bars fill blocks of eight exactly, by one more or by one less, to
    /// their end or while one goes on; no whole block; fewer series than lanes.
    @Test(arguments: [
        [16, 16, 16, 16, 16, 16, 16, 16], [24, 25, 31, 32, 33, 40, 47, 48],
        [8, 9, 10, 11, 12, 13, 14, 15], [7, 8, 16, 64, 7, 40, 9, 1],
        [64, 0, 64, 64, 64, 64, 64, 64],
        [65, 64, 63, 66, 72, 71, 70, 69, 130, 24, 31], [24, 24, 24],
    ])
    func blocksEndWhereTheShortestSeriesEnds(_ lengths: [Int]) {
        var generator = SplitMix64(seed: 31)
        for (states, features) in [(2, 1), (3, 1), (5, 1), (3, 2)] {
            let jobs = lengths.map { length in
                ChainJob(
                    chain: Self.chain(
                        states: states, features: features, isDiagonal: true, using: &generator),
                    series: ChainSeries(
                        Self.rows(
                            bars: length, features: features, missing: 0.1, using: &generator),
                        featureCount: features))
            }
            // Alone, a series is in no block.
            let expected = jobs.map { Self.answers(ChainBatch([$0]))[0] }
            var batch = ChainBatch(jobs)
            for (set, width) in Self.layouts {
                for stretch in [7, 8, 9, 30, 64, 1024] {
                    (batch.kernels, batch.width, batch.stretch) = (set, width, stretch)
                    #expect(
                        Self.answers(batch) == expected,
                        "\(states) states, \(set.name), \(width) lanes, by \(stretch)")
                }
            }
        }
    }

    @Test func laterBarsChangeNothingBefore() {
        var generator = SplitMix64(seed: 17)
        let chain = Self.chain(states: 3, features: 2, isDiagonal: false, using: &generator)
        let rows = Self.rows(bars: 80, features: 2, missing: 0.1, using: &generator)
        func filtered(_ rows: [[Double]?]) -> [UInt64] {
            let job = ChainJob(chain: chain, series: ChainSeries(rows, featureCount: 2))
            return ChainBatch([job]).filtered()[0].probabilities.map(\.bitPattern)
        }
        let whole = filtered(rows)
        for cut in [1, 2, 33, 79] {
            #expect(filtered(Array(rows.prefix(cut))) == Array(whole.prefix(3 * cut)))
            var changed = rows
            changed[cut] = [1e300, -40]
            #expect(filtered(changed).prefix(3 * cut) == whole.prefix(3 * cut))
        }
    }

    /// However far out a bar lies, the path of the others is what it is without that bar.
    @Test(arguments: [1e8, 1e15, 1e150, 1e300])
    func aBarFarOutDoesNotTouchThePathOfOthers(value: Double) {
        let chain = HiddenMarkovChain(
            start: [0.5, 0.5], transition: [0.95, 0.05, 0.1, 0.9], means: [0, 0],
            covariances: [1, 9], featureCount: 1)
        var generator = SplitMix64(seed: 31)
        var rows: [[Double]?] = (0..<400).map { bar in
            [generator.normal() * (bar / 50 % 2 == 0 ? 1 : 3)]
        }
        rows[40] = [value]
        let with = chain.mostProbablePath(of: rows)
        // Wild, or past computing and so without a word.
        #expect(with[40] == 1 || value > 1e160)
        rows[40] = value > 1e160 ? nil : [30]
        let expected = chain.mostProbablePath(of: rows)
        #expect(Array(with[60...]) == Array(expected[60...]))
        #expect(Set(with) == [0, 1])
    }

    @Test func twoHundredFeaturesAndEightStatesGiveProbabilities() {
        for isDiagonal in [true, false] {
            var generator = SplitMix64(seed: 23)
            let chain = Self.chain(
                states: 8, features: 200, isDiagonal: isDiagonal, using: &generator)
            let rows = Self.rows(bars: 6, features: 200, missing: 0.2, using: &generator)
            let job = ChainJob(chain: chain, series: ChainSeries(rows, featureCount: 200))
            let batch = ChainBatch([job, job, job])
            for values in [batch.filtered()[2].probabilities, batch.smoothed()[1]] {
                #expect(values.count == 48)
                for bar in 0..<6 {
                    let sum = values[(8 * bar)..<(8 * bar + 8)].reduce(0, +)
                    #expect((sum - 1).magnitude < 1e-12)
                }
                #expect(values.allSatisfy { (0...1).contains($0) })
            }
            #expect(batch.mostProbablePaths()[0].count == 6)
        }
    }

    @Test func hostileBarsLeaveTheirNeighboursAlone() {
        let extremes = [1e300, -1e300, 1e154, .greatestFiniteMagnitude, -.leastNonzeroMagnitude]
        var generator = SplitMix64(seed: 29)
        let chain = Self.chain(states: 3, features: 1, isDiagonal: true, using: &generator)
        let calm = Self.rows(bars: 50, features: 1, missing: 0, using: &generator)
        let wild = (0..<70).map { [extremes[$0 % extremes.count]] }
        func job(_ rows: [[Double]?]) -> ChainJob {
            ChainJob(chain: chain, series: ChainSeries(rows, featureCount: 1))
        }
        let alone = Self.answers(ChainBatch([job(calm)]))[0]
        let among = Self.answers(ChainBatch([job(wild), job(calm), job(wild), job(wild)]))
        #expect(among[1] == alone)
        let filtered = ChainBatch([job(wild)]).filtered()[0].probabilities
        #expect(filtered.allSatisfy { (0...1).contains($0) })
    }

    @Test func tilesKeepTheOrderOfTheirResults() {
        for threads in [1, 2, 7] {
            let squares = Tiles.map(23, threads: threads) { $0 * $0 }
            #expect(squares == (0..<23).map { $0 * $0 })
        }
        #expect(Tiles.map(0, threads: 4) { $0 }.isEmpty)
    }
}
