import Foundation
import JumpModels
import TestSupport
import Testing

struct JumpFilterLawTests {
    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(4))
    func `no later row changes an answer`(_ kind: JumpModelKind, _ seed: UInt64) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        let rows = JumpWorld.rows(90, seed: seed &+ 100, missingShare: 0.1)
        let whole = JumpWorld.answers(parameters, rows)
        var generator = SplitMix64(seed: seed)
        let cut = Int(generator.next() % 90)
        #expect(JumpWorld.answers(parameters, Array(rows[..<cut])) == Array(whole[..<cut]))
        let changed = rows[..<cut] + JumpWorld.rows(90 - cut, seed: seed &+ 7)[...]
        #expect(JumpWorld.answers(parameters, Array(changed))[..<cut] == whole[..<cut])
    }

    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(4))
    func `a filter that was saved and resumed gives the same bits`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        let rows = JumpWorld.rows(60, seed: seed &+ 100, missingShare: 0.2)
        var filter = JumpModelFilter(parameters)
        var resumed: [[UInt64]] = []
        for row in rows {
            resumed += JumpWorld.answers(&filter, [row])
            let saved = try JSONEncoder().encode(filter.memory)
            let memory = try JSONDecoder().decode(JumpModelFilter.Memory.self, from: saved)
            let state = filter.state
            let probabilities = filter.probabilities
            filter = try #require(JumpModelFilter(parameters, resuming: memory))
            #expect(filter.state == state)
            #expect(filter.probabilities == probabilities)
        }
        #expect(resumed == JumpWorld.answers(parameters, rows))
    }

    @Test func `a memory that does not fit is refused`() throws {
        let parameters = try JumpWorld.fitted(.discrete, seed: 1)
        let broken: [[Double]] = [
            [], [0, 1], [0, 1, 2, 3], [0, -1, 1], [0, .nan, 1], [0, .infinity, 1], [1, 2, 3],
        ]
        for values in broken {
            let memory = JumpModelFilter.Memory(hasStarted: true, values: values)
            #expect(JumpModelFilter(parameters, resuming: memory) == nil)
        }
    }

    @Test(arguments: JumpModelKind.allCases, Sweep.seeds(6))
    func `whatever arrives, probabilities are probabilities`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        var generator = SplitMix64(seed: seed)
        let hostile = [
            1e300, -1e300, 1e-300, .leastNonzeroMagnitude, 0, -0.0, .greatestFiniteMagnitude,
            -.greatestFiniteMagnitude, 1e154, -1e16, .nan, .infinity, -.infinity, 0.5,
        ]
        var filter = JumpModelFilter(parameters)
        for _ in 0..<300 {
            let row = (0..<3).map { _ in
                generator.unit() < 0.5
                    ? generator.normal() : hostile[Int(generator.next() % UInt64(hostile.count))]
            }
            filter.advance(with: generator.unit() < 0.1 ? nil : row)
            try checkAnswer(filter)
        }
    }

    /// Sums, bounds, and that the state is the most probable one.
    private func checkAnswer(_ filter: JumpModelFilter) throws {
        let probabilities = filter.probabilities
        #expect((probabilities.reduce(0, +) - 1).magnitude < 1e-12)
        #expect(probabilities.allSatisfy { $0 >= 0 && $0 <= 1 })
        #expect(probabilities.firstIndex(of: try #require(probabilities.max())) == filter.state)
        #expect(filter.values.allSatisfy { $0 >= 0 && $0.isFinite })
        #expect(filter.values.contains(0))
    }

    @Test func `a row far from all centres does not erase what was known`() throws {
        let parameters = JumpModelParameters(
            kind: .discrete, penalty: 50, centres: [[-1], [1]])
        var filter = JumpModelFilter(parameters)
        for _ in 0..<20 { filter.advance(with: [1]) }
        let before = filter.values
        filter.advance(with: [1e300])
        #expect(filter.values == before)
        #expect(filter.state == 1)
    }

    @Test func `a bar without a row predicts: values above the price of a jump fall to it`() {
        let parameters = JumpModelParameters(
            kind: .discrete, penalty: 3, centres: [[-2], [2]])
        var filter = JumpModelFilter(parameters)
        filter.advance(with: nil)
        #expect(!filter.hasStarted)
        #expect(filter.probabilities == [0.5, 0.5])
        filter.advance(with: [-2])
        #expect(filter.values == [0, 8])
        filter.advance(with: [.nan])
        #expect(filter.values == [0, 3])
        filter.advance(with: nil)
        #expect(filter.values == [0, 3])
        filter.advance(with: [1, 2])
        #expect(filter.values == [0, 3])
    }

    @Test func `nearly equal values do not tie`() {
        let parameters = JumpModelParameters(
            kind: .discrete, penalty: 1, centres: [[0], [0x1p-30]])
        var filter = JumpModelFilter(parameters)
        filter.advance(with: [0x1p-30])
        #expect(filter.state == 1)
        #expect(filter.values[0] > 0 && filter.values[0] < 1e-17)
        #expect(filter.probabilities[0] < filter.probabilities[1])
    }

    @Test(arguments: [JumpModelKind.discrete, .sparse], Sweep.seeds(4))
    func `the filter's state ends the best path over the rows so far`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        let rows = JumpWorld.rows(50, seed: seed &+ 9)
        var filter = JumpModelFilter(parameters)
        for index in rows.indices {
            filter.advance(with: rows[index])
            let path = try parameters.decode(Array(rows[...index]))
            #expect(path.states.last == filter.state)
        }
    }
}
