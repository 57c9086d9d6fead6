import JumpModels
import TestSupport

/// Made-up rows and models to state laws on.
enum JumpWorld {
    /// Rows of a chain that stays in one of K places for a while.
    static func rows(
        _ count: Int, features: Int = 3, states: Int = 3, seed: UInt64, missingShare: Double = 0
    ) -> [[Double]?] {
        var generator = SplitMix64(seed: seed)
        let places = (0..<states).map { _ in (0..<features).map { _ in 3 * generator.normal() } }
        var state = 0
        return (0..<count).map { _ in
            if generator.unit() < 0.05 { state = Int(generator.next() % UInt64(states)) }
            let row = places[state].map { $0 + generator.normal() }
            return generator.unit() < missingShare ? nil : row
        }
    }

    static func specification(
        _ kind: JumpModelKind, states: Int = 3, penalty: Double = 5
    ) -> JumpSpecification {
        JumpSpecification(
            kind: kind, states: states, penalty: penalty, gridSteps: 6, starts: 8, kappa: 1.4)
    }

    static func fitted(_ kind: JumpModelKind, seed: UInt64) throws -> JumpModelParameters {
        try JumpModelFitter.fit(rows: rows(120, seed: seed), specification(kind)).parameters
    }

    /// State and bits of everything that a filter says after each row.
    static func answers(_ filter: inout JumpModelFilter, _ rows: [[Double]?]) -> [[UInt64]] {
        rows.map { row in
            filter.advance(with: row)
            return [UInt64(filter.state)] + (filter.probabilities + filter.values).map(\.bitPattern)
        }
    }

    static func answers(_ parameters: JumpModelParameters, _ rows: [[Double]?]) -> [[UInt64]] {
        var filter = JumpModelFilter(parameters)
        return answers(&filter, rows)
    }
}
