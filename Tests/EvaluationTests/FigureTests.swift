import Kernels
import Market
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Figures that may have no value, and posteriors")
struct FigureTests {
    @Test("Sortino and Calmar by hand")
    func byHand() throws {
        let performance = Performance(returns: [0.1, -0.05, 0.02, -0.01], barsPerYear: 4)
        let downside = ((0.0025 + 0.0001) / 4).squareRoot()
        #expect(agree(try #require(performance.sortino), 0.015 / downside * 2))
        let growth = 1.1 * 0.95 * 1.02 * 0.99 - 1
        #expect(agree(performance.maximumDrawdown, 0.05, within: 1e-12))
        #expect(agree(try #require(performance.calmar), growth / 0.05, within: 1e-10))
    }

    @Test("without a losing bar there is no Sortino, without a fall no Calmar")
    func noValue() {
        for returns in [[], [0.0], [0.01, 0.02], [0, 0, 0]] {
            let performance = Performance(returns: returns, barsPerYear: 252)
            #expect(performance.sortino == nil && performance.calmar == nil)
            #expect(performance.maximumDrawdown == 0 && performance.annualisedReturn.isFinite)
        }
        let one = Performance(returns: [-0.5], barsPerYear: 252)
        #expect(one.sortino != nil && one.calmar != nil && one.sharpe == 0)
    }

    @Test("Sortino and Sharpe do not depend on leverage, nor does Sortino on gains' spread")
    func scale() throws {
        for seed in Sweep.seeds(10) {
            var generator = SplitMix64(seed: seed)
            let returns = (0..<200).map { _ in 0.001 + 0.01 * generator.normal() }
            let one = Performance(returns: returns, barsPerYear: 252)
            let half = Performance(returns: returns.map { $0 / 2 }, barsPerYear: 252)
            #expect(agree(try #require(one.sortino), try #require(half.sortino), within: 1e-10))
            #expect(agree(one.sharpe, half.sharpe, within: 1e-10))
            #expect(half.maximumDrawdown < one.maximumDrawdown)
            // The order of bars changes falls alone.
            let turned = Performance(returns: returns.reversed(), barsPerYear: 252)
            #expect(agree(try #require(one.sortino), try #require(turned.sortino), within: 1e-10))
        }
    }

    @Test("a candidate that is never in the market has no Sortino, and no interval of one")
    func neverIn() throws {
        let history = Histories.randomWalk(200, seed: 3)
        let out = LabelPath(
            name: "out", published: [Regime](repeating: .crisis, count: 200),
            probabilities: [RegimeProbabilities](
                repeating: .init(concentratedOn: .crisis), count: 200), hasProbabilities: true)
        let held = Candidate.buyAndHold.path(over: history, walks: [:])
        var settings = EvaluationSettings()
        settings.bootstrap = StationaryBootstrap(replicates: 20, meanBlockBars: 5, seed: 1)
        let period = try #require(
            Evaluator(settings).evaluate(history, [held, out]).first)
        let card = period.cards[1]
        #expect(card.value(.sortino) == nil && card.intervals[.sortino] == nil)
        #expect(card.differences["buy-and-hold"]?[.sortino] == nil)
        #expect(card.differences["buy-and-hold"]?[.maximumDrawdown] != nil)
        #expect(card.posterior?.brier == 0 && card.posterior?.skill == nil)
        #expect(card.intervals[.posteriorBrier]?.upper == 0)
        #expect(period.cards[0].intervals[.posteriorBrier] == nil)
    }

    @Test("the posterior's Brier score by hand")
    func posterior() throws {
        let stated = RegimeProbabilities(summing: [(.crisis, 0.7), (.normalBull, 0.3)])
        let right = PosteriorForecast(stated, outcome: .crisis)
        let wrong = PosteriorForecast(stated, outcome: .euphoria)
        #expect(agree(right.error, 0.18) && agree(wrong.error, 1.58))
        let score = try #require(PosteriorScore([right, wrong]))
        #expect(agree(score.brier, 0.88) && agree(score.baseBrier, 0.5))
        #expect(agree(try #require(score.skill), 1 - 0.88 / 0.5) && score.count == 2)
        #expect(PosteriorScore([]) == nil)
        let path = LabelPath(
            name: "made", published: [.unknown, .crisis, .crisis, .normalBull],
            probabilities: [.unknown, stated, stated, stated], hasProbabilities: true)
        #expect(
            path.posteriorForecasts(horizon: 1, in: 0..<4).map(\.outcome) == [.crisis, .normalBull])
        #expect(path.posteriorForecasts(horizon: 9, in: 0..<4).isEmpty)
    }

    @Test("bins carry intervals that hold what was observed, even where all outcomes are one")
    func bins() throws {
        let history = Histories.randomWalk(900, seed: 4)
        var generator = SplitMix64(seed: 4)
        var label = Regime.crisis
        let labels = (0..<900).map { _ -> Regime in
            if generator.unit() < 0.05 { label = Regime.known[Int(generator.unit() * 6)] }
            return label
        }
        let path = LabelPath(
            name: "made", published: labels,
            probabilities: labels.map {
                RegimeProbabilities(
                    summing: [($0, 0.5 + 0.5 * generator.unit()), (.unknown, 0.1)])
            }, hasProbabilities: true)
        var settings = EvaluationSettings()
        settings.bootstrap = StationaryBootstrap(replicates: 50, meanBlockBars: 10, seed: 1)
        let period = try #require(Evaluator(settings).evaluate(history, [path]).first)
        for reliability in [period.cards[0].reliability, period.cards[0].calibratedReliability] {
            for bin in try #require(reliability).bins {
                let interval = try #require(bin.interval)
                #expect(
                    interval.contains(bin.observed) && interval.lowerBound < interval.upperBound)
                #expect(interval.lowerBound >= 0 && interval.upperBound <= 1)
            }
        }
        settings.bootstrap = nil
        let bare = try #require(Evaluator(settings).evaluate(history, [path]).first)
        #expect(bare.cards[0].reliability?.bins.allSatisfy { $0.interval == nil } == true)
    }

    @Test("medians of few values have no interval, of more one that narrows")
    func medians() throws {
        #expect(SmallSamples.median([1, 2, 3, 4, 5]) == nil)
        #expect(SmallSamples.median([6, 1, 5, 2, 4, 3]) == 1...6)
        #expect(SmallSamples.median(Array(0..<100)) == 39...60)
        let many = try #require(SmallSamples.median(Array(0..<5000)))
        #expect(many.contains(2500) && many.count < 150)
        #expect(SmallSamples.share(0, of: 0) == nil)
    }
}
