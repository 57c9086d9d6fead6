import Foundation
import Market
import Regimes
import Testing

@testable import Evaluation

/// The same figures by pandas and numpy; see Benchmarks/peers/evaluation.py.
@Suite("Evaluation against pandas")
struct GoldenTests {
    struct Golden: Decodable {
        struct Figures: Decodable {
            var annualisedReturn: Double
            var annualisedVolatility: Double
            var sharpe: Double
            var maximumDrawdown: Double

            func agrees(with performance: Performance) -> Bool {
                agree(annualisedReturn, performance.annualisedReturn, within: 1e-10)
                    && agree(annualisedVolatility, performance.annualisedVolatility, within: 1e-10)
                    && agree(sharpe, performance.sharpe, within: 1e-10)
                    && agree(maximumDrawdown, performance.maximumDrawdown, within: 1e-10)
            }
        }

        struct Market: Decodable {
            var bars: Int
            var movingAverage: Figures
            var buyAndHold: Figures
            var exposure: Double
            var turnover: Double
            var changesPerYear: Double
            var phases: [Turn]
            var logScore: Double
            var logScoreBars: Int
            var skewness: Double
            var kurtosis: Double
        }

        struct Turn: Decodable, Equatable {
            var bar: Int
            var direction: String

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                bar = try pair.decode(Int.self)
                direction = try pair.decode(String.self)
            }
        }

        struct Scores: Decodable {
            var brier: Double
            var brierSkill: Double
            var logScore: Double
            var calibrationError: Double
            var counts: [Int]
        }

        var series: [String: Market]
        var reliability: Scores
    }

    static func golden() throws -> Golden {
        let url = Histories.root.appending(path: "Fixtures/golden/evaluation.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }

    @Test(arguments: ["spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"])
    func strategy(name: String) throws {
        let golden = try #require(try Self.golden().series[name])
        let history = Histories.csv(name)
        let candidates = [Candidate.buyAndHold, .movingAverage(bars: 200)]
        let paths = candidates.map { $0.path(over: history, walks: [:]) }
        var settings = EvaluationSettings()
        settings.bootstrap = nil
        let period = try #require(Evaluator(settings).evaluate(history, paths).first)
        let (held, mean) = (period.cards[0], period.cards[1])
        #expect(held.performance.bars == golden.bars)
        #expect(golden.buyAndHold.agrees(with: held.performance))
        #expect(golden.movingAverage.agrees(with: mean.performance))
        #expect(agree(golden.exposure, mean.exposure))
        #expect(agree(golden.turnover, mean.turnover))
        #expect(agree(golden.changesPerYear, mean.changesPerYear))
        #expect(held.sharpe == nil && held.reliability == nil && mean.reliability == nil)
    }

    @Test(arguments: ["spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"])
    func phasesAndScores(name: String) throws {
        let golden = try #require(try Self.golden().series[name])
        let history = Histories.csv(name)
        let phases = MarketPhase.phases(closes: history.bars.close, fall: 0.2, rise: 0.2)
        #expect(phases.map(\.start) == golden.phases.map(\.bar))
        #expect(phases.map(\.direction.rawValue) == golden.phases.map(\.direction))
        let path = Candidate.movingAverage(bars: 200).path(over: history, walks: [:])
        let scores = PredictiveScore.logDensities(path.probabilities, history).enumerated()
            .filter { $0.offset > path.firstKnown }.compactMap(\.element)
        #expect(scores.count == golden.logScoreBars)
        #expect(
            agree(scores.reduce(0, +) / Double(scores.count), golden.logScore, within: 1e-8))
        let start = path.firstKnown + 2
        let outcome = Strategy().outcome(path.published, history, in: start..<history.count)
        let moments = SampleMoments(outcome.returns)
        #expect(agree(moments.skewness, golden.skewness, within: 1e-9))
        #expect(agree(moments.kurtosis, golden.kurtosis, within: 1e-9))
    }

    @Test func reliability() throws {
        let golden = try Self.golden().reliability
        let forecasts = (0..<500).map { (index: Int) -> Forecast in
            let stated = Double((index * 37) % 101) / 100
            return Forecast(probability: stated, happened: (index * index) % 7 < 3)
        }
        let scores = try #require(Reliability(forecasts))
        #expect(agree(scores.brier, golden.brier))
        #expect(agree(scores.brierSkill, golden.brierSkill))
        #expect(agree(scores.logScore, golden.logScore))
        #expect(agree(scores.calibrationError, golden.calibrationError))
        #expect(scores.bins.map(\.count) == golden.counts)
    }
}
