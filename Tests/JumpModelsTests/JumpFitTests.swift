import JumpModels
import TestSupport
import Testing

struct JumpFitTests {
    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(4))
    func `a fit repeats itself bit for bit, and says what decoding says`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let rows = JumpWorld.rows(100, seed: seed, missingShare: 0.1)
        let fit = try JumpModelFitter.fit(rows: rows, JumpWorld.specification(kind))
        let again = try JumpModelFitter.fit(rows: rows, JumpWorld.specification(kind))
        #expect(fit.parameters == again.parameters)
        #expect(fit.path == again.path)
        #expect(fit.converged && fit.advice == nil)
        #expect(try fit.parameters.decode(rows) == fit.path)
        #expect(fit.startsAtBest >= 1 && fit.startsAtBest <= fit.starts)
        try fit.parameters.validate()
        let certain = fit.path.states.map { state in (0..<3).map { $0 == state ? 1.0 : 0 } }
        let cost = fit.parameters.cost(of: rows, along: fit.path.probabilities ?? certain)
        #expect((cost - fit.objective).magnitude < 1e-9 * cost)
    }

    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(4))
    func `no round raises the objective`(_ kind: JumpModelKind, _ seed: UInt64) throws {
        let rows = JumpWorld.rows(100, seed: seed, missingShare: 0.1)
        var specification = JumpWorld.specification(kind, penalty: seed % 2 == 0 ? 1 : 8)
        specification.starts = 1
        specification.seed = seed
        specification.tolerance = 0
        var before = Double.infinity
        for limit in 1...8 {
            specification.maximumIterations = limit
            specification.maximumWeightRounds = 1
            let fit = try JumpModelFitter.fit(rows: rows, specification)
            #expect(fit.objective <= before * (1 + 1e-12))
            let pairs = zip(fit.lastObjectives, fit.lastObjectives.dropFirst())
            #expect(pairs.allSatisfy { $1 <= $0 * (1 + 1e-12) })
            before = fit.objective
        }
    }

    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(4))
    func `the order of the states a fit starts from does not matter`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let rows = JumpWorld.rows(80, seed: seed)
        let start = [5, 33, 60].compactMap { rows[$0] }
        let specification = JumpWorld.specification(kind)
        let first = try JumpModelFitter.fit(
            rows: rows, specification, startingCentres: [start])
        for order in [[1, 2, 0], [2, 1, 0], [0, 2, 1]] {
            let other = try JumpModelFitter.fit(
                rows: rows, specification, startingCentres: [order.map { start[$0] }])
            #expect(other.path.states == first.path.states)
            #expect((other.objective - first.objective).magnitude < 1e-9 * first.objective)
            let pairs = zip(
                first.parameters.centres.joined(), other.parameters.centres.joined())
            #expect(pairs.allSatisfy { ($0 - $1).magnitude < 1e-9 })
            if kind == .discrete { #expect(other.parameters == first.parameters) }
        }
    }

    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(3))
    func `permuted states give permuted answers`(_ kind: JumpModelKind, _ seed: UInt64) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        let order = [2, 0, 1]
        let permuted = parameters.permuted(by: order)
        var (filter, other) = (JumpModelFilter(parameters), JumpModelFilter(permuted))
        for row in JumpWorld.rows(60, seed: seed &+ 3) {
            filter.advance(with: row)
            other.advance(with: row)
            for k in 0..<3 {
                let difference = other.probabilities[k] - filter.probabilities[order[k]]
                #expect(difference.magnitude < 1e-12)
            }
        }
    }

    @Test(arguments: Sweep.seeds(3))
    func `without a price every row goes to the nearest centre`(_ seed: UInt64) throws {
        let rows = JumpWorld.rows(150, seed: seed)
        let fit = try JumpModelFitter.fit(
            rows: rows, JumpWorld.specification(.discrete, penalty: 0))
        for (row, state) in zip(rows, fit.path.states) {
            let row = try #require(row)
            let distances = fit.parameters.centres.map { centre in
                zip(row, centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
            #expect(distances[state] == distances.min())
        }
    }

    @Test func `at a price beyond all gains there are no jumps`() throws {
        let rows = JumpWorld.rows(150, seed: 4)
        for kind in JumpModelKind.allCases {
            let fit = try JumpModelFitter.fit(
                rows: rows, JumpWorld.specification(kind, penalty: 1e12))
            #expect(fit.path.jumps == 0)
            #expect(kind == .continuous || fit.parameters.emptyStates == [1, 2])
            var filter = JumpModelFilter(fit.parameters)
            for row in rows + [[1e200, 0, 0], nil] {
                filter.advance(with: row)
                #expect(kind == .continuous || filter.probabilities == [1, 0, 0])
            }
        }
    }

    @Test func `an empty state is never entered, not even for nothing`() {
        let parameters = JumpModelParameters(
            kind: .discrete, penalty: 0, centres: [[0], [1]], emptyStates: [0])
        var filter = JumpModelFilter(parameters)
        for row: [Double]? in [[0], nil, [-5], [1e300], [.nan]] {
            filter.advance(with: row)
            #expect(filter.state == 1)
            #expect(filter.probabilities[1] == 1)
        }
    }

    @Test func `gaps do not change a discrete fit`() throws {
        let rows = JumpWorld.rows(100, seed: 6)
        let specification = JumpWorld.specification(.discrete)
        let dense = try JumpModelFitter.fit(rows: rows, specification)
        let gaps = rows.flatMap { [nil, $0, nil] }
        let sparse = try JumpModelFitter.fit(rows: gaps, specification)
        #expect(sparse.parameters == dense.parameters)
        #expect(sparse.objective == dense.objective)
        #expect(
            sparse.path.states.enumerated().filter { $0.offset % 3 == 1 }.map(\.element)
                == dense.path.states)
    }

    @Test func `eight states, two hundred features, one row more than states`() throws {
        for kind in JumpModelKind.allCases {
            var specification = JumpWorld.specification(kind, states: 8, penalty: 0.1)
            specification.gridSteps = 2
            let rows = JumpWorld.rows(9, features: 200, states: 8, seed: 2)
            let fit = try JumpModelFitter.fit(rows: rows, specification)
            try fit.parameters.validate()
            var filter = JumpModelFilter(fit.parameters)
            filter.advance(with: rows[0])
            #expect((filter.probabilities.reduce(0, +) - 1).magnitude < 1e-12)
        }
    }

    @Test func `an unfinished fit says so`() throws {
        var specification = JumpWorld.specification(.discrete)
        specification.maximumIterations = 1
        specification.starts = 1
        let fit = try JumpModelFitter.fit(
            rows: JumpWorld.rows(300, states: 5, seed: 3), specification)
        #expect(!fit.converged)
        #expect(fit.iterations == 1)
        #expect(fit.advice?.contains("allow more than 1 iterations") == true)
    }
}
