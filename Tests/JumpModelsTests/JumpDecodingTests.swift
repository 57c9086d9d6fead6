import JumpModels
import TestSupport
import Testing

struct JumpDecodingTests {
    /// All sequences of K states over the rows.
    private func paths(_ count: Int, states: Int) -> [[Int]] {
        (0..<count).reduce([[]]) { paths, _ in
            paths.flatMap { path in (0..<states).map { path + [$0] } }
        }
    }

    private func certain(_ states: [Int], of count: Int) -> [[Double]] {
        states.map { state in (0..<count).map { $0 == state ? 1 : 0 } }
    }

    @Test(arguments: [JumpModelKind.discrete, .sparse], Sweep.seeds(6))
    func `decoding and smoothing agree with a search of all paths`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        let rows = JumpWorld.rows(6, seed: seed &+ 50, missingShare: 0.25)
        let all = paths(6, states: 3).map { path in
            (path, parameters.cost(of: rows, along: certain(path, of: 3)))
        }
        let path = try parameters.decode(rows)
        let least = try #require(all.map(\.1).min())
        #expect((path.objective - least).magnitude < 1e-9)
        let cost = parameters.cost(of: rows, along: certain(path.states, of: 3))
        #expect((cost - least).magnitude < 1e-9)
        let smoothed = try parameters.smooth(rows)
        let leading = rows.firstIndex { $0 != nil } ?? rows.count
        for row in leading..<rows.count {
            let costs = (0..<3).map { state in
                all.filter { $0.0[row] == state }.map { $0.1 - least }.min() ?? 0
            }
            for state in 0..<3 where smoothed[row][state] > 1e-200 {
                let ratio = logarithm(smoothed[row].max() ?? 0) - logarithm(smoothed[row][state])
                #expect((ratio - costs[state]).magnitude < 1e-6 * (1 + costs[state]))
            }
        }
    }

    @Test(arguments: Sweep.seeds(4))
    func `a continuous path costs what it says, and less than its neighbours`(
        _ seed: UInt64
    ) throws {
        let parameters = try JumpWorld.fitted(.continuous, seed: seed)
        let rows = JumpWorld.rows(40, seed: seed &+ 50, missingShare: 0.2)
        let path = try parameters.decode(rows)
        let probabilities = try #require(path.probabilities)
        let cost = parameters.cost(of: rows, along: probabilities)
        #expect((cost - path.objective).magnitude < 1e-9 * (1 + cost))
        var generator = SplitMix64(seed: seed)
        for _ in 0..<60 {
            var other = probabilities
            other[Int(generator.next() % 40)] = probabilities[Int(generator.next() % 40)]
            #expect(parameters.cost(of: rows, along: other) >= cost - 1e-9)
        }
        #expect(try parameters.smooth(rows) == probabilities)
    }

    @Test(arguments: [JumpModelKind.discrete, .sparse], Sweep.seeds(4))
    func `the smoother meets the filter at the last row`(
        _ kind: JumpModelKind, _ seed: UInt64
    ) throws {
        let parameters = try JumpWorld.fitted(kind, seed: seed)
        let rows = JumpWorld.rows(40, seed: seed &+ 50, missingShare: 0.2)
        var filter = JumpModelFilter(parameters)
        for row in rows { filter.advance(with: row) }
        #expect(try parameters.smooth(rows).last == filter.probabilities)
    }

    @Test func `rows that are not there keep the state before them`() throws {
        let parameters = JumpModelParameters(
            kind: .discrete, penalty: 1, centres: [[-2], [2]])
        let rows: [[Double]?] = [nil, [2], nil, [.nan], [-2], [-2], nil]
        let path = try parameters.decode(rows)
        #expect(path.states == [1, 1, 1, 1, 0, 0, 0])
        #expect(path.objective == 1)
        #expect(path.jumps == 1)
        let nothing = try parameters.decode([nil, nil])
        #expect(nothing == JumpPath(states: [0, 0], probabilities: nil, objective: 0))
    }

    @Test func `a continuous window beyond the bound is refused`() throws {
        let parameters = JumpModelParameters(
            kind: .continuous, penalty: 1, centres: [[-2], [2]], gridSteps: 1000,
            hasModeLoss: false)
        let limit = JumpLimits.tableValues / 1001
        let rows = [[Double]?](repeating: [1], count: limit + 1)
        #expect(
            throws: JumpFitError.windowTooLong(
                rows: limit + 1, points: 1001, limit: JumpLimits.tableValues)
        ) { _ = try parameters.decode(rows) }
    }

    private func logarithm(_ value: Double) -> Double {
        var (sum, term) = (0.0, 1.0)
        let ratio = (value.significand - 1) / (value.significand + 1)
        for k in 0..<40 {
            sum += ratio * term / Double(2 * k + 1)
            term *= ratio * ratio
        }
        return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
    }
}
