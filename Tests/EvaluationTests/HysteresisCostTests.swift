import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Cost of hysteresis")
struct HysteresisCostTests {
    /// Label probabilities that flicker about a label that mostly stays.
    static func raw(_ count: Int, seed: UInt64) -> [RegimeProbabilities?] {
        var generator = SplitMix64(seed: seed)
        var label = Regime.normalBull
        return (0..<count).map { bar in
            if bar < 20 { return nil }
            if generator.unit() < 0.03 { label = Regime.known[Int(generator.unit() * 6)] }
            let other = Regime.known[Int(generator.unit() * 6)]
            let stated = 0.3 + 0.7 * generator.unit()
            return RegimeProbabilities(summing: [(label, stated), (other, 1 - stated)])
        }
    }

    static let inForce = HysteresisParameters()

    static func market(_ count: Int, seed: UInt64) -> RawLabels {
        let probabilities = raw(count, seed: seed)
        return RawLabels(
            history: Histories.randomWalk(count, seed: seed), probabilities: probabilities,
            paths: [LabelPath(name: "made", probabilities, inForce)])
    }

    static func costs(
        _ markets: [RawLabels], cut: CivilDate? = nil, replicates: Int = 20
    ) -> [(period: EvaluationPeriod, cost: HysteresisCost)] {
        var settings = EvaluationSettings()
        settings.cut = cut
        settings.bootstrap =
            replicates > 0
            ? StationaryBootstrap(replicates: replicates, meanBlockBars: 10, seed: 1) : nil
        var grid = HysteresisGrid()
        grid.dwells = [1, 10, 40]
        grid.confirmations = [1, 5]
        return Evaluator(settings).hysteresisCosts(
            of: "made", inForce: inForce, over: markets, grid: grid)
    }

    @Test("changes and false flips by hand, at both sides of the window")
    func byHand() {
        let (a, b, c) = (Regime.crisis, Regime.normalBull, Regime.euphoria)
        let labels: [Regime] = [.unknown, a, a, b, b, a, b, c, b, b]
        let all = LabelChanges(labels, in: 0..<10, window: 2)
        #expect(all.changes == 5)
        // a→b taken back after 2, b→a after 1, b→c after 1; the last one stands.
        #expect(all.falseFlips == 3)
        #expect(LabelChanges(labels, in: 0..<10, window: 1).falseFlips == 2)
        #expect(LabelChanges(labels, in: 4..<10, window: 2).changes == 4)
        #expect(LabelChanges(labels, in: 0..<1, window: 2).changes == 0)
        #expect(LabelChanges([], in: 0..<0, window: 2) == LabelChanges(merging: []))
    }

    @Test("the raw label is late for nothing and misses nothing; the grid follows dwell by dwell")
    func shape() throws {
        let cost = try #require(Self.costs([Self.market(600, seed: 1)]).first?.cost)
        #expect(cost.raw.parameters == nil && cost.inForce.parameters == Self.inForce)
        #expect(cost.raw.delays.allSatisfy { $0 == 0 } && cost.raw.missedRuns == 0)
        #expect(cost.settings.map { $0.parameters?.minimumDwellBars } == [1, 1, 10, 10, 40, 40])
        #expect(cost.settings.map { $0.parameters?.confirmationBars } == [1, 5, 1, 5, 1, 5])
        #expect(cost.suppressed(cost.raw) == 0)
        for outcome in cost.outcomes {
            #expect(outcome.delays.count == outcome.changes.changes)
            #expect(
                agree(
                    outcome.card.changesPerYear, cost.perYear(outcome.changes.changes)))
            #expect(outcome.card.differences["in force"] != nil || outcome.card.candidate != "raw")
        }
    }

    @Test("published labels change as the walk's own do; confirmations bound delays from below")
    func laws() throws {
        for seed in Sweep.seeds(5) {
            let market = Self.market(500, seed: seed)
            let cost = try #require(Self.costs([market], replicates: 0).first?.cost)
            let start = market.paths[0].firstKnown + 2
            #expect(cost.inForce.changes.changes == market.paths[0].changes(in: start..<500))
            for outcome in cost.outcomes.dropFirst() {
                let needed = outcome.parameters?.confirmationBars ?? 1
                #expect(outcome.delays.allSatisfy { $0 >= needed - 1 }, "seed \(seed)")
                #expect(outcome.changes.falseFlips <= outcome.changes.changes)
                #expect(outcome.changes.changes <= cost.raw.changes.changes)
            }
        }
    }

    @Test("a cut divides changes, two equal markets double them")
    func parts() throws {
        let market = Self.market(600, seed: 3)
        let whole = try #require(Self.costs([market], replicates: 0).first?.cost)
        let parts = Self.costs([market], cut: market.history.dates[300], replicates: 0)
        #expect(parts.map(\.period) == [.tuned, .heldOut])
        let twice = try #require(Self.costs([market, market], replicates: 0).first?.cost)
        for index in whole.outcomes.indices {
            let changes = parts.map { $0.cost.outcomes[index].changes.changes }
            #expect(changes.reduce(0, +) == whole.outcomes[index].changes.changes)
            #expect(
                twice.outcomes[index].changes.changes == 2 * whole.outcomes[index].changes.changes)
            #expect(agree(twice.perYear(2), whole.perYear(1)))
        }
    }

    @Test("a long run of the raw label that is never published is missed, a shorter one is not")
    func missed() throws {
        for (length, expected) in [(21, 1), (20, 0)] {
            let labels =
                [Regime](repeating: .normalBull, count: 100)
                + [Regime](repeating: .crisis, count: length)
                + [Regime](repeating: .normalBull, count: 100)
            let probabilities = labels.map {
                RegimeProbabilities(concentratedOn: $0) as RegimeProbabilities?
            }
            let path = LabelPath(name: "made", probabilities, Self.inForce)
            var strict = Self.inForce
            strict.confirmationBars = 30
            var settings = EvaluationSettings()
            settings.bootstrap = nil
            let cost = try #require(
                Evaluator(settings).hysteresisCosts(
                    of: "made", inForce: strict,
                    over: [
                        RawLabels(
                            history: Histories.randomWalk(labels.count, seed: 2),
                            probabilities: probabilities, paths: [path])
                    ], grid: HysteresisGrid()
                ).first?.cost)
            #expect(cost.inForce.missedRuns == expected && cost.inForce.changes.changes == 0)
            #expect(cost.settings.first?.missedRuns == 0)
        }
    }
}
