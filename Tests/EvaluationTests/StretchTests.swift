import Market
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Stretches of a market, and what followed a label")
struct StretchTests {
    private var settings: EvaluationSettings { EvaluatorTests.settings }

    @Test("the stretch of all bars earns what the whole does, intervals included")
    func whole() throws {
        let history = Histories.randomWalk(400, seed: 2, missingShare: 0.02)
        let paths = EvaluatorTests.paths(history)
        let evaluator = Evaluator(settings)
        let whole = try #require(evaluator.evaluate(history, paths).first)
        let bars = evaluator.bars(of: history, paths)
        let stretch = try #require(evaluator.evaluate(history, paths, over: [bars]).first)
        #expect(stretch.bars == whole.bars && bars.upperBound == 400)
        let earned: [Metric] = [
            .annualisedReturn, .annualisedVolatility, .sharpe, .maximumDrawdown, .exposure,
            .turnover, .changesPerYear,
        ]
        for (mine, theirs) in zip(stretch.cards, whole.cards) {
            for metric in earned {
                #expect(mine.value(metric) == theirs.value(metric))
                #expect(mine.intervals[metric] == theirs.intervals[metric])
            }
            #expect(
                mine.differences["buy-and-hold"]?[.sharpe]
                    == theirs.differences["buy-and-hold"]?[.sharpe])
        }
    }

    @Test("stretches side by side are those of two periods", arguments: Sweep.seeds(5))
    func parts(seed: UInt64) {
        let history = Histories.randomWalk(300, seed: seed)
        var settings = settings
        settings.bootstrap = nil
        let paths = EvaluatorTests.paths(history)
        let bars = Evaluator(settings).bars(of: history, paths)
        var generator = SplitMix64(seed: seed)
        let middle = Int.random(in: (bars.lowerBound + 1)..<bars.upperBound, using: &generator)
        let stretches = [bars.lowerBound..<middle, middle..<bars.upperBound]
        let mine = Evaluator(settings).evaluate(history, paths, over: stretches)
        settings.cut = history.dates[middle - 1]
        let theirs = Evaluator(settings).evaluate(history, paths)
        #expect(mine.count == 2 && theirs.count == 2)
        for (one, other) in zip(mine, theirs) {
            #expect(one.from == other.from && one.through == other.through)
            #expect(one.cards.map(\.performance) == other.cards.map(\.performance))
        }
    }

    @Test("nothing is drawn for stretches of too few bars, and no stretch is searched for phases")
    func drawable() throws {
        let history = Histories.randomWalk(300, seed: 3)
        let paths = EvaluatorTests.paths(history)
        let evaluator = Evaluator(settings)
        let bars = evaluator.bars(of: history, paths)
        let stretches = [
            bars.lowerBound..<(bars.lowerBound + 40), (bars.lowerBound + 40)..<bars.upperBound,
        ]
        for (least, drawn) in [(40, [true, true]), (41, [false, true]), (300, [false, false])] {
            let told = evaluator.evaluate(history, paths, over: stretches, drawingFrom: least)
            #expect(told.map { !$0.cards[0].intervals.isEmpty } == drawn)
            #expect(told.map { !$0.cards[0].differences.isEmpty } == drawn)
            #expect(told.allSatisfy { $0.turns.isEmpty && $0.cards[0].falls?.phases == 0 })
            let always = evaluator.evaluate(history, paths, over: stretches)
            for (mine, theirs) in zip(told, always) {
                #expect(mine.cards.map(\.performance) == theirs.cards.map(\.performance))
            }
        }
    }

    @Test("the rows of a range are those whose bars lie in it", arguments: Sweep.seeds(20))
    func rows(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var outcome = StrategyOutcome()
        outcome.bars = (0..<60).filter { _ in generator.unit() < 0.6 }
        for _ in 0..<20 {
            let low = Int.random(in: 0...60, using: &generator)
            let range = low..<Int.random(in: low...70, using: &generator)
            let rows = outcome.bars[outcome.rows(in: range)]
            #expect(Array(rows) == outcome.bars.filter(range.contains))
        }
    }

    @Test("nothing is summed up where no candidate has answered")
    func unknown() {
        let history = Histories.randomWalk(30, seed: 1)
        let path = LabelPath(
            name: "silent", published: Array(repeating: .unknown, count: 30),
            probabilities: Array(repeating: .unknown, count: 30), hasProbabilities: true)
        #expect(Evaluator(settings).bars(of: history, [path]) == 30..<30)
        #expect(Evaluator(settings).evaluate(history, [path], over: []).isEmpty)
    }

    @Test("a return belongs to the label of the close that it is counted from")
    func following() throws {
        // Bar 3 has no close: the return of bar 4 is counted from bar 2.
        let history = Histories.closes([100, 110, 99, .nan, 198, 99])
        let labels: [Regime] = [.crisis, .normalBull, .crisis, .euphoria, .normalBull, .euphoria]
        let path = LabelPath(
            name: "made", published: labels,
            probabilities: labels.map { RegimeProbabilities(concentratedOn: $0) },
            hasProbabilities: true)
        let all = LabelReturns.all(of: path, history, in: 0..<6)
        #expect(all.map(\.regime) == [.crisis, .normalBull, .euphoria])
        #expect(all.map(\.bars) == [2, 2, 2])
        let expected = [[0.1, 1.0], [-0.1, -0.5]].map { Performance(returns: $0, barsPerYear: 252) }
        for (mine, theirs) in zip(all, expected) {
            let told = try #require(mine.performance)
            #expect(agree(told.annualisedReturn, theirs.annualisedReturn))
            #expect(agree(told.annualisedVolatility, theirs.annualisedVolatility))
        }
        #expect(all[2].performance == nil, "nothing follows the last bar, and bar 3 has no close")
        // The close that a return is counted from lies in the range too.
        let later = LabelReturns.all(of: path, history, in: 1..<6)
        #expect(later.map(\.performance?.bars) == [1, 2, nil])
    }

    @Test("what followed all labels together is the market", arguments: Sweep.seeds(5))
    func together(seed: UInt64) {
        let history = Histories.randomWalk(200, seed: seed, missingShare: 0.05)
        let path = EvaluatorTests.candidates[1].path(over: history, walks: [:])
        let all = LabelReturns.all(of: path, history, in: 0..<200)
        #expect(all.reduce(0) { $0 + $1.bars } == 200)
        let followed = all.reduce(0) { $0 + ($1.performance?.bars ?? 0) }
        #expect(followed == history.returns.count { $0 != nil })
    }
}
