import JumpModels
import Kernels
import TestSupport
import Testing

struct JumpTileTests {
    /// Models of one shape, as many as lanes.
    private func models(states: Int, features: Int, seed: UInt64) -> [JumpModelParameters] {
        var generator = SplitMix64(seed: seed)
        return (0..<JumpTile.width).map { lane in
            JumpModelParameters(
                kind: .discrete, penalty: 3 * generator.unit(),
                centres: (0..<states).map { _ in
                    (0..<features).map { _ in 2 * generator.normal() }
                }, emptyStates: lane == 2 ? [0] : [])
        }
    }

    /// Bit for bit, rows that are not there included.
    @Test(arguments: KernelSet.available.map(\.name), Sweep.seeds(3))
    func `a tile in chunks gives each lane what its filter gives bar by bar`(
        _ name: String, _ seed: UInt64
    ) throws {
        let set = try #require(KernelSet.available.first { $0.name == name })
        for (states, features) in [(1, 2), (2, 6), (3, 6), (4, 1), (5, 3), (8, 40)] {
            let models = models(states: states, features: features, seed: seed)
            let series = models.indices.map { lane in
                var rows = JumpWorld.rows(
                    50, features: features, seed: seed &+ UInt64(lane), missingShare: 0.2)
                rows[30] = [Double](repeating: 1e300, count: features)
                return rows
            }
            var filters = models.map { JumpModelFilter($0) }
            var batch = try #require(JumpModelBatch(models))
            var generator = SplitMix64(seed: seed)
            var bar = 0
            while bar < 50 {
                let end = min(bar + 1 + Int(generator.next() % 20), 50)
                let answers = batch.advance(with: series.map { Array($0[bar..<end]) }, set: set)
                for lane in filters.indices {
                    for row in bar..<end {
                        filters[lane].advance(with: series[lane][row])
                        let expected = filters[lane].hasStarted ? filters[lane].state : nil
                        #expect(answers[lane][row - bar] == expected)
                    }
                    guard filters[lane].hasStarted else { continue }
                    #expect(batch.values(of: lane) == filters[lane].values)
                }
                bar = end
            }
        }
    }

    /// Columns are moved a stretch at a time: what is carried from one to the next is in both.
    @Test func `columns longer than a stretch give what filters give`() throws {
        let models = models(states: 3, features: 2, seed: 5)
        let series = models.indices.map { lane in
            JumpWorld.rows(2_500, features: 2, seed: UInt64(lane), missingShare: 0.05)
        }
        var batch = try #require(JumpModelBatch(models))
        let nothing = [Double](repeating: .nan, count: 2)
        let answers = batch.advance(columns: series.map { $0.flatMap { $0 ?? nothing } })
        for lane in models.indices {
            var filter = JumpModelFilter(models[lane])
            let expected = series[lane].map { row in
                filter.advance(with: row)
                return UInt8(filter.hasStarted ? filter.state : 0)
            }
            #expect(answers[lane] == expected)
            #expect(batch.values(of: lane) == filter.values)
        }
    }

    @Test func `models of different shapes make no batch`() throws {
        let model = JumpModelParameters(kind: .discrete, penalty: 1, centres: [[0], [1]])
        let other = JumpModelParameters(kind: .discrete, penalty: 1, centres: [[0, 1], [1, 2]])
        let continuous = JumpModelParameters(
            kind: .continuous, penalty: 1, centres: [[0], [1]], gridSteps: 2, hasModeLoss: true)
        #expect(JumpModelBatch([]) == nil)
        #expect(JumpModelBatch([model, other]) == nil)
        #expect(JumpModelBatch([continuous]) == nil)
        #expect(JumpModelBatch([JumpModelParameters](repeating: model, count: 9)) == nil)
        #expect(JumpModelBatch([model]) != nil)
    }

    /// Eight starts at once end where each of them alone does.
    @Test(arguments: [JumpModelKind.discrete], Sweep.seeds(3))
    func `starts side by side are starts one by one`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let rows = JumpWorld.rows(200, features: 4, states: 4, seed: seed, missingShare: 0.1)
        let specification = JumpWorld.specification(kind, states: 4, penalty: 2)
        var generator = SplitMix64(seed: seed)
        let starts = (0..<21).map { _ in
            (0..<4).map { _ in (0..<4).map { _ in 3 * generator.normal() } }
        }
        let alone = try starts.map {
            try JumpModelFitter.fit(rows: rows, specification, startingCentres: [$0])
        }
        let together = try JumpModelFitter.fit(
            rows: rows, specification, startingCentres: starts)
        let best = try #require(alone.map(\.objective).min())
        let winner = try #require(alone.first { $0.objective <= best * (1 + 1e-12) })
        #expect(together.objective == winner.objective)
        #expect(together.parameters == winner.parameters)
        #expect(together.iterations == winner.iterations)
        #expect(together.lastObjectives == winner.lastObjectives)
        #expect(
            together.startsAtBest == alone.count { $0.objective <= best * (1 + 1e-9) })
    }

    @Test(arguments: KernelSet.available.map(\.name), Sweep.seeds(2))
    func `a step on a grid gives the same bits in every set and width`(
        _ name: String, _ seed: UInt64
    ) throws {
        let set = try #require(KernelSet.available.first { $0.name == name })
        var generator = SplitMix64(seed: seed)
        for count in [1, 2, 3, 7, 8, 21, 45, 70] {
            let values = (0..<count).map { _ in generator.unit() }
            let prices = (0..<(count * count)).map { _ in generator.unit() }
            let expected = (0..<count).map { q in
                values.indices.map { values[$0] + prices[$0 * count + q] }.min() ?? 0
            }
            for width in [0, 2, 4, 8] {
                var predicted = [Double](repeating: 0, count: count)
                GridStep.predict(
                    values, prices: prices, into: &predicted, width: width, set: set)
                #expect(predicted == expected)
            }
        }
    }
}
