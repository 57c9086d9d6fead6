import Foundation
import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Strategy and performance")
struct StrategyTests {
    @Test("a label earns from the second bar after its own; a trade costs its share")
    func byHand() {
        let history = Histories.closes([100, 110, 121, 133.1, 119.79, 107.811])
        let labels: [Regime] = [.crisis, .normalBull, .normalBull, .crisis, .crisis, .crisis]
        let strategy = Strategy(delayBars: 1, costBasisPoints: 100)
        #expect(strategy.exposures(labels, history) == [0, 0, 0, 1, 1, 0])
        let outcome = strategy.outcome(labels, history, in: 1..<6)
        #expect(outcome.bars == [1, 2, 3, 4, 5])
        #expect(outcome.traded == [0, 0, 1, 0, 1])
        let expected = [0, 0, 1.1 * 0.99 - 1, -0.1, -0.01]
        #expect(zip(outcome.returns, expected).allSatisfy { agree($0, $1) })
    }

    @Test("without a delay the next bar is earned; the range's first position costs nothing")
    func edges() {
        let history = Histories.closes([100, 110, 121])
        let strategy = Strategy(delayBars: 0, costBasisPoints: 10)
        let labels = [Regime](repeating: .lowVolatility, count: 3)
        #expect(strategy.exposures(labels, history) == [0, 1, 1])
        let outcome = strategy.outcome(labels, history, in: 1..<3)
        #expect(outcome.traded == [0, 0])
        #expect(outcome.returns.allSatisfy { agree($0, 0.1) })
        #expect(strategy.outcome(labels, history, in: 3..<3).returns.isEmpty)
    }

    @Test("no label after a bar's own changes what was earned up to the bar after next")
    func causality() {
        for seed in Sweep.seeds(20) {
            var generator = SplitMix64(seed: seed)
            let history = Histories.randomWalk(60, seed: seed)
            let labels = (0..<60).map { _ in Regime.known[Int(generator.unit() * 6)] }
            let strategy = Strategy(delayBars: Int(generator.unit() * 3), costBasisPoints: 10)
            let change = 10 + Int(generator.unit() * 40)
            var altered = labels
            for bar in change..<60 { altered[bar] = .crisis }
            let one = strategy.outcome(labels, history, in: 1..<60)
            let other = strategy.outcome(altered, history, in: 1..<60)
            let untouched = change + strategy.delayBars - 1
            #expect(
                one.returns.prefix(untouched) == other.returns.prefix(untouched), "seed \(seed)")
        }
    }

    @Test("riskier labels are out of the market, unknown ones too")
    func risk() {
        #expect(
            Regime.allCases.filter(Strategy.isRiskOn) == [.normalBull, .euphoria, .lowVolatility])
    }

    @Test("a missing close earns nothing, and the next return spans the gap")
    func gap() {
        let history = Histories.closes([100, .nan, 120, 0, 60, .infinity])
        #expect(history.returns[0] == nil)
        #expect(history.returns[1] == nil)
        #expect(history.returns[2].map { agree($0, 0.2) } == true)
        #expect(history.returns[3] == nil)
        #expect(history.returns[4].map { agree($0, -0.5) } == true)
        #expect(history.returns[5] == nil)
        let crash = Histories.closes([1e300, 1e-300, 1e300])
        #expect(crash.returns[1].map { $0 > -1 } == true)
        #expect(crash.returns[2] == nil)
    }

    @Test("over missing closes, too, a label waits for a price to be traded at")
    func gapDelay() {
        let history = Histories.closes([100, 110, .nan, .nan, 121, 133.1])
        #expect(history.bases == [nil, 0, 1, 1, 1, 4])
        // Said at a close, and at bars that have none.
        for labelled in 0..<5 {
            var labels = [Regime](repeating: .crisis, count: 6)
            labels[labelled] = .normalBull
            // The return of bar 4 begins at the close of bar 1, that of bar 5 at the close of 4.
            for (delay, sources) in [(0, [4: 1, 5: 4]), (1, [4: 0, 5: 3]), (2, [4: -1, 5: 2])] {
                let strategy = Strategy(delayBars: delay, costBasisPoints: 0)
                let exposures = strategy.exposures(labels, history)
                for (bar, source) in sources {
                    #expect(exposures[bar] == (source == labelled ? 1 : 0))
                }
            }
        }
        // Nothing that is known after a return has begun decides who earns it.
        for seed in Sweep.seeds(10) {
            var generator = SplitMix64(seed: seed)
            let history = Histories.randomWalk(80, seed: seed, missingShare: 0.3)
            let strategy = Strategy(delayBars: Int(generator.unit() * 3), costBasisPoints: 10)
            let labels = (0..<80).map { _ in Regime.known[Int(generator.unit() * 6)] }
            let exposures = strategy.exposures(labels, history)
            for bar in 1..<80 where history.returns[bar] != nil {
                guard let base = history.bases[bar] else { continue }
                let altered = labels.indices.map {
                    $0 <= base - strategy.delayBars
                        ? labels[$0] : Regime.known[Int(generator.unit() * 6)]
                }
                #expect(strategy.exposures(altered, history)[bar] == exposures[bar], "seed \(seed)")
            }
        }
    }

    @Test func performanceByHand() {
        let performance = Performance(returns: [0.1, -0.5, 0.2], barsPerYear: 3)
        #expect(agree(performance.annualisedReturn, 1.1 * 0.5 * 1.2 - 1))
        #expect(agree(performance.maximumDrawdown, 0.5))
        let mean = -0.2 / 3
        let squares = [0.1, -0.5, 0.2].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / 2).squareRoot()
        #expect(agree(performance.annualisedVolatility, deviation * 3.0.squareRoot()))
        #expect(agree(performance.sharpe, mean / deviation * 3.0.squareRoot()))
    }

    @Test("nothing, one return and constant returns have no Sharpe ratio, not a wild one")
    func degenerate() {
        let empty = Performance(returns: [], barsPerYear: 252)
        #expect(empty.sharpe == 0 && empty.annualisedReturn == 0 && empty.maximumDrawdown == 0)
        #expect(Performance(returns: [0.5], barsPerYear: 252).sharpe == 0)
        #expect(Performance(returns: [0, 0, 0], barsPerYear: 252).sharpe == 0)
        #expect(Performance(returns: [-0.1], barsPerYear: 1).maximumDrawdown > 0.09)
        // What rounding makes of equal returns, and of prices that grow evenly.
        #expect(
            Performance(returns: [Double](repeating: 0.001, count: 999), barsPerYear: 252).sharpe
                == 0)
        let even = Histories.closes((0..<1500).map { 100 * pow(1.001, Double($0)) })
        let growth = Performance(returns: even.returns.compactMap { $0 }, barsPerYear: 252)
        #expect(growth.sharpe == 0 && growth.annualisedVolatility == 0)
        #expect(agree(growth.annualisedReturn, pow(1.001, 252) - 1, within: 1e-9))
        // Small but real.
        let quiet = Performance(returns: [1e-9, 3e-9], barsPerYear: 1)
        #expect(agree(quiet.sharpe, 2.0.squareRoot(), within: 1e-9))
    }
}
