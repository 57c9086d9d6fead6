import Foundation
import Kernels
import MarkovSwitching
import TestSupport
import Testing

@Suite("Laws of the Hamilton filter and Kim smoother")
struct LawTests {
    @Test func laterBarsChangeNothingBefore() throws {
        for seed in Sweep.seeds(30) {
            let (model, rows) = try History.drawn(seed: seed)
            var generator = SplitMix64(seed: seed ^ 0xF00)
            let whole = model.filteredProbabilities(of: rows)
            let cut = 1 + Int(generator.unit() * Double(rows.count - 1))
            #expect(
                model.filteredProbabilities(of: Array(rows[..<cut])) == Array(whole[..<cut]),
                "seed \(seed)")
            let other = rows[..<cut] + rows[cut...].map { row in row.map { $0.map { -3 * $0 } } }
            #expect(
                model.filteredProbabilities(of: Array(other)).prefix(cut) == whole.prefix(cut),
                "seed \(seed)")
        }
    }

    @Test func aSavedFilterGoesOnWithTheSameBits() throws {
        for seed in Sweep.seeds(30) {
            let (model, rows) = try History.drawn(seed: seed, hostile: seed % 2 == 0)
            var whole = MarkovSwitchingFilter(model)
            var parts = whole
            for row in rows {
                whole.advance(with: row)
                let saved = try JSONEncoder().encode(parts.state)
                let state = try JSONDecoder().decode(
                    MarkovSwitchingFilter.State.self, from: saved)
                parts = try MarkovSwitchingFilter(model, resuming: state)
                parts.advance(with: row)
                #expect(parts.state == whole.state, "seed \(seed)")
            }
            #expect(parts.logLikelihood == whole.logLikelihood)
            #expect(parts.logLikelihood == model.logLikelihood(of: rows))
        }
    }

    @Test func probabilitiesWhateverArrives() throws {
        for seed in Sweep.seeds(60) {
            let (model, rows) = try History.drawn(seed: seed, hostile: true)
            let smoothed = try model.smoothedProbabilities(of: rows)
            for row in model.filteredProbabilities(of: rows) + smoothed {
                guard let row else { continue }
                #expect(row.allSatisfy { $0 >= 0 && $0 <= 1 + 1e-12 }, "seed \(seed)")
                #expect((row.reduce(0, +) - 1).magnitude < 1e-12, "seed \(seed)")
            }
            #expect(!model.logLikelihood(of: rows).isNaN)
            let path = try model.mostProbablePath(of: rows)
            #expect(path.allSatisfy { $0.map(model.parameters.variances.indices.contains) ?? true })
        }
    }

    @Test func impossibleMovesAndNarrowRegimesStayProbabilities() throws {
        let specification = try MarkovSwitchingSpecification(
            regimes: 3, order: 1, switchesVariance: true)
        let model = try MarkovSwitchingModel(
            specification,
            MarkovSwitchingParameters(
                transition: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], coefficients: [[0], [1e-3], [5]],
                autoregression: [[0.5], [0], [-2]], variances: [1e-300, 1, 1e300]))
        var filter = MarkovSwitchingFilter(model)
        for seed in Sweep.seeds(20) {
            var generator = SplitMix64(seed: seed)
            for _ in 0..<80 {
                let pick = Int(generator.unit() * 12)
                let value =
                    pick < History.hostileValues.count ? History.hostileValues[pick] : 0
                filter.advance(with: pick == 11 ? nil : [value])
                guard !filter.probabilities.isEmpty else { continue }
                #expect((filter.probabilities.reduce(0, +) - 1).magnitude < 1e-12)
                #expect(filter.probabilities.allSatisfy { $0 >= 0 })
            }
        }
        #expect(!filter.logLikelihood.isNaN)
    }

    @Test func regimesHaveNoOrder() throws {
        for seed in Sweep.seeds(30) {
            let (model, rows) = try History.drawn(seed: seed)
            let order = Array(model.parameters.variances.indices.reversed())
            let other = try MarkovSwitchingModel(
                model.specification, model.parameters.permuted(order))
            let (one, two) = (model.logLikelihood(of: rows), other.logLikelihood(of: rows))
            #expect((one - two).magnitude <= 1e-9 * max(one.magnitude, 1), "seed \(seed)")
            let pairs = [
                (model.filteredProbabilities(of: rows), other.filteredProbabilities(of: rows)),
                (
                    try model.smoothedProbabilities(of: rows),
                    try other.smoothedProbabilities(of: rows)
                ),
            ]
            for (mine, permuted) in pairs {
                for (row, turned) in zip(mine, permuted) {
                    guard let row, let turned else { continue }
                    for (regime, origin) in order.enumerated() {
                        #expect((turned[regime] - row[origin]).magnitude < 1e-9, "seed \(seed)")
                    }
                }
            }
        }
    }

    @Test func aMissingBarPredictsAndItsLagsAreMissing() throws {
        let specification = try MarkovSwitchingSpecification(regimes: 2, order: 2)
        let model = try MarkovSwitchingModel(
            specification,
            MarkovSwitchingParameters(
                transition: [[0.9, 0.1], [0.3, 0.7]], coefficients: [[0], [2]],
                autoregression: [[0.2, 0.1], [0.2, 0.1]], variances: [1, 1]))
        var filter = MarkovSwitchingFilter(model)
        filter.advance(with: nil)
        #expect(filter.probabilities.isEmpty)
        var counted: [Int] = []
        let rows: [[Double]?] = [[0], [1], [2], nil, [1], [0], [2], [.nan], [1], [1], [3]]
        for row in rows {
            let before = filter.probabilities
            let observations = filter.state.observations
            filter.advance(with: row)
            if filter.state.observations == observations, let calm = before.first {
                let predicted = calm * 0.9 + (1 - calm) * 0.3
                #expect((filter.probabilities[0] - predicted).magnitude < 1e-14)
            }
            counted.append(filter.state.observations)
        }
        #expect(counted == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3])
    }

    @Test func nothingAndOneBar() throws {
        let model = try MarkovSwitchingModel(
            .returns(regimes: 2),
            MarkovSwitchingParameters(
                transition: [[0.9, 0.1], [0.3, 0.7]], coefficients: [[0], [2]],
                autoregression: [[], []], variances: [1, 1]))
        #expect(model.logLikelihood(of: []) == 0)
        #expect(try model.smoothedProbabilities(of: []).isEmpty)
        #expect(try model.mostProbablePath(of: [nil]) == [nil])
        #expect(try model.smoothedProbabilities(of: [nil, [.infinity]]) == [nil, nil])
        let one = model.filteredProbabilities(of: [[1]])
        #expect(one == (try model.smoothedProbabilities(of: [[1]])))
        // At the same distance from both means only the steady state speaks.
        #expect(try #require(one[0]).elementsEqual([0.75, 0.25]) { ($0 - $1).magnitude < 1e-15 })
        #expect(model.steadyState.elementsEqual([0.75, 0.25]) { ($0 - $1).magnitude < 1e-15 })
    }

    @Test func eightRegimesAndAConstantSeries() throws {
        var generator = SplitMix64(seed: 8)
        for order in [0, 1] {
            let specification = try MarkovSwitchingSpecification.returns(
                regimes: 8, order: order)
            let model = try MarkovSwitchingModel(
                specification, History.parameters(specification, using: &generator))
            let rows = [[Double]?](repeating: [0.5], count: 50)
            for row in try model.smoothedProbabilities(of: rows) {
                #expect((try #require(row).reduce(0, +) - 1).magnitude < 1e-12)
            }
            #expect(try model.mostProbablePath(of: rows).count == 50)
        }
    }
}

@Suite("A tile of markets and a bar at a time")
struct TileTests {
    @Test func theFilterHasTheBitsOfTheTile() throws {
        for seed in Sweep.seeds(6) {
            var generator = SplitMix64(seed: seed)
            let specification = try MarkovSwitchingSpecification.returns(
                regimes: 1 + Int(generator.unit() * 4))
            let markets = try (0..<11).map { _ in
                let model = try MarkovSwitchingModel(
                    specification, History.parameters(specification, using: &generator))
                let rows = (0..<(20 + Int(generator.unit() * 40))).map { bar -> [Double]? in
                    bar > 0 && generator.unit() < 0.1 ? nil : [generator.normal()]
                }
                return (model: model, rows: rows)
            }
            for width in [2, 4, 8] {
                var batch = ChainBatch(
                    try markets.map { market in
                        ChainJob(
                            chain: try #require(market.model.chain),
                            series: ChainSeries(market.rows, featureCount: 1))
                    }, threads: width == 4 ? 2 : 1)
                batch.width = width
                for (market, tile) in zip(markets, batch.filtered()) {
                    let steps = market.model.filteredProbabilities(of: market.rows)
                    #expect(steps.flatMap { $0 ?? [] } == tile.probabilities, "seed \(seed)")
                    #expect(
                        market.model.logLikelihood(of: market.rows) == tile.belief?.logLikelihood)
                }
            }
        }
    }
}
