import Regimes
import TestSupport
import Testing
import Trading

@testable import Strategies

@Suite("Shares that somebody proposes")
struct ReweighingTests {
    private static let names = (0..<12).map { "S\($0)" }

    private func allocation(
        seed: UInt64, _ profile: RiskProfile = .moderate
    ) -> Allocation {
        var generator = SplitMix64(seed: seed)
        let count = 1 + Int(generator.unit() * 8)
        let history = AllocationLawTests.history(
            &generator, symbols: count, bars: 150 + Int(generator.unit() * 400))
        return Allocator(.normalBull, profile).allocation(
            history, holding: AllocationLawTests.held(&generator, count))
    }

    @Test("a share that is repeated as it was told is the engine's", arguments: 0..<40)
    func repeated(seed: UInt64) throws {
        let engine = allocation(seed: seed)
        let told = Dictionary(
            uniqueKeysWithValues: engine.targets.enumerated().map {
                ($0, ($1 * 10_000).rounded() / 10_000)
            })
        #expect(
            try engine.reweighed(to: told, names: Self.names, by: "m").targets == engine.targets)
    }

    @Test("proposals within the limits are taken", arguments: 0..<40)
    func within(seed: UInt64) throws {
        let engine = allocation(seed: seed, .aggressive)
        let half = Dictionary(
            uniqueKeysWithValues: engine.targets.enumerated().map { ($0, $1 / 2) })
        let taken = try engine.reweighed(to: half, names: Self.names, by: "m")
        for (mine, asked) in zip(taken.targets, engine.targets) {
            #expect(abs(mine - asked / 2) <= 0.5001e-4)
        }
    }

    @Test("nothing that is taken goes beyond a limit, whatever is proposed", arguments: 0..<200)
    func limits(seed: UInt64) throws {
        let profile = RiskProfile.allCases[Int(seed % 3)]
        let limits = profile.limits
        let engine = allocation(seed: seed, profile)
        var generator = SplitMix64(seed: seed &+ 1_000)
        var proposed: [Int: Double] = [:]
        for column in engine.targets.indices where generator.unit() < 0.7 {
            proposed[column] = generator.normal() * 0.3 + engine.targets[column]
        }
        do {
            let taken = try engine.reweighed(to: proposed, names: Self.names, by: "m")
            for (column, target) in taken.targets.enumerated() {
                #expect(target <= limits.longest && target >= -limits.shortest)
                let asked = proposed[column] ?? engine.targets[column]
                #expect(abs(target - asked) <= 0.5001e-4)
            }
            #expect(taken.targets.reduce(0) { $0 + abs($1) } <= limits.gross * (1 + 1e-9))
            #expect(try #require(taken.findings).volatility <= limits.volatilityTarget * (1 + 1e-9))
            #expect(taken.adviser == "m")
        } catch let objection as ReweighingObjection {
            #expect(!objection.description.isEmpty)
        }
    }

    @Test("the engine's own shares can be proposed, and so can cash", arguments: 0..<40)
    func own(seed: UInt64) throws {
        let engine = allocation(seed: seed)
        let own = Dictionary(uniqueKeysWithValues: engine.targets.enumerated().map { ($0, $1) })
        let same = try engine.reweighed(to: own, names: Self.names, by: "m")
        #expect(same.targets == engine.targets && same.findings == engine.findings)
        let cash = try engine.reweighed(
            to: own.mapValues { _ in -0.0 }, names: Self.names, by: "m")
        #expect(cash.cash == 1 && cash.targets.allSatisfy { $0.sign == .plus })
    }

    @Test("each limit is told, with the numbers")
    func objections() throws {
        var generator = SplitMix64(seed: 5)
        let history = AllocationLawTests.history(&generator, symbols: 3, bars: 400)
        let engine = Allocator(.normalBull, .moderate).allocation(history, holding: [0, 0, 0])
        func objection(_ proposed: [Int: Double]) -> String? {
            #expect(throws: ReweighingObjection.self) {
                try engine.reweighed(to: proposed, names: Self.names, by: "m")
            }?.description
        }
        #expect(objection([0: 0.61]) == "0.61 of S0 is not within 0 and 0.6")
        #expect(objection([1: -0.01]) == "-0.01 of S1 is not within 0 and 0.6")
        for share in [Double.nan, .infinity, -.infinity, 1e300] {
            #expect(objection([2: share])?.contains("of S2 is not within") == true)
        }
        #expect(
            objection([0: 0.5, 1: 0.5, 2: 0.5]) == "1.5 of the capital in all is more than 1.0")
        #expect(objection([0: 0.6, 1: 0.4, 2: 0])?.contains("a volatility of") == true)
    }

    @Test("what could not be judged is kept, and cannot be proposed")
    func unjudged() throws {
        var closes = [[Double](repeating: 10, count: 300), [Double](repeating: .nan, count: 300)]
        var generator = SplitMix64(seed: 3)
        var price = 10.0
        closes.append(
            (0..<300).map { _ in
                price *= 1 + generator.normal() * 0.01
                return price
            })
        let history = LabelledReturns(
            labels: Array(repeating: .normalBull, count: 300), closes: closes, barsPerYear: 252)
        let engine = Allocator(.normalBull, .aggressive).allocation(
            history, holding: [0.4, 0.3, 0])
        let objection = #expect(throws: ReweighingObjection.self) {
            try engine.reweighed(to: [0: 0], names: Self.names, by: "m")
        }
        #expect(objection?.description == "S0 could not be judged: what is held of it is kept")
        // The others leave 0.3 of the whole.
        let beyond = #expect(throws: ReweighingObjection.self) {
            try engine.reweighed(to: [2: 0.31], names: Self.names, by: "m")
        }
        #expect(beyond?.description.contains("is more than 0.3") == true)
        let taken = try engine.reweighed(to: [2: 0.2], names: Self.names, by: "m")
        #expect(taken.targets == [0.4, 0.3, 0.2])
        let unknown = Allocator(.unknown, .moderate).allocation(history, holding: [0, 0, 0])
        #expect(throws: ReweighingObjection.self) {
            try unknown.reweighed(to: [:], names: Self.names, by: "m")
        }
    }
}
