import Foundation
import Market
import RegimeModels
import Regimes
import TestSupport
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
            var sortino: Double
            var calmar: Double

            func agrees(with performance: Performance) -> Bool {
                agree(annualisedReturn, performance.annualisedReturn, within: 1e-12)
                    && agree(annualisedVolatility, performance.annualisedVolatility, within: 1e-12)
                    && agree(sharpe, performance.sharpe, within: 1e-12)
                    && agree(maximumDrawdown, performance.maximumDrawdown, within: 1e-12)
                    && agree(sortino, performance.sortino ?? .nan, within: 1e-12)
                    && agree(calmar, performance.calmar ?? .nan, within: 1e-12)
            }
        }

        struct Market: Decodable {
            var bars: Int
            var movingAverage: Figures
            var buyAndHold: Figures
            var drawn: [Figures]
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

        struct Posterior: Decodable {
            var brier: Double
            var baseBrier: Double
            var skill: Double
        }

        struct Intervals: Decodable {
            /// Successes, count, and the ends.
            var shares: [[Double]]
            var medianDepths: [[Int]]
        }

        struct Hysteresis: Decodable {
            var dwell: Int
            var confirmation: Int
            var changes: Int
            var falseFlips: Int
            var delaySum: Int
            var delayMedian: Int
            var missedRuns: Int
        }

        /// A strategy's figures in the one object with its others.
        struct Held: Decodable {
            var figures: Figures
            var bars: Int
            var exposure: Double
            var turnover: Double
            var changesPerYear: Double?

            private enum CodingKeys: String, CodingKey {
                case bars, exposure, turnover, changesPerYear
            }

            init(from decoder: any Decoder) throws {
                figures = try Figures(from: decoder)
                let values = try decoder.container(keyedBy: CodingKeys.self)
                bars = try values.decode(Int.self, forKey: .bars)
                exposure = try values.decode(Double.self, forKey: .exposure)
                turnover = try values.decode(Double.self, forKey: .turnover)
                changesPerYear = try values.decodeIfPresent(Double.self, forKey: .changesPerYear)
            }
        }

        struct Calibration: Decodable {
            var coefficients: [Double]
        }

        var series: [String: Market]
        var reliability: Scores
        var posterior: Posterior
        var intervals: Intervals
        var hysteresis: [Hysteresis]
        var gaps: Held
        var pool: Held
        var calibration: Calibration
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
        #expect(held.intervals.isEmpty && held.reliability == nil && mean.reliability == nil)
        let bootstrap = StationaryBootstrap(replicates: 3, meanBlockBars: 21, seed: 11)
        let drawn = bootstrap.performances(of: [period.curves.returns[1]], barsPerYear: 252)
        #expect(drawn.count == 3)
        for (mine, theirs) in zip(drawn, golden.drawn) { #expect(theirs.agrees(with: mine[0])) }
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
            agree(scores.reduce(0, +) / Double(scores.count), golden.logScore, within: 1e-12))
        let start = path.firstKnown + 2
        let outcome = Strategy().outcome(path.published, history, in: start..<history.count)
        let moments = SampleMoments(outcome.returns)
        #expect(agree(moments.skewness, golden.skewness, within: 1e-12))
        #expect(agree(moments.kurtosis, golden.kurtosis, within: 1e-12))
    }

    @Test func reliability() throws {
        let golden = try Self.golden().reliability
        let forecasts = (0..<500).map { (index: Int) -> Forecast in
            let stated = Double((index * 37) % 101) / 100
            return Forecast(probability: stated, happened: (index * index) % 7 < 3)
        }
        let scores = try #require(Reliability(forecasts))
        #expect(agree(scores.brier, golden.brier))
        #expect(agree(try #require(scores.brierSkill), golden.brierSkill))
        #expect(agree(scores.logScore, golden.logScore))
        #expect(agree(scores.calibrationError, golden.calibrationError))
        #expect(scores.bins.map(\.count) == golden.counts)
    }

    @Test func posterior() throws {
        let golden = try Self.golden().posterior
        var generator = SplitMix64(seed: 5)
        let labels: [Regime] = [.crisis, .normalBear, .normalBull]
        let forecasts = (0..<400).map { _ -> PosteriorForecast in
            let masses = labels.map { _ in generator.unit() }
            let total = masses.reduce(0, +)
            let came = labels[Int(generator.unit() * 3)]
            return PosteriorForecast(
                RegimeProbabilities(summing: zip(labels, masses.map { $0 / total })),
                outcome: came)
        }
        let score = try #require(PosteriorScore(forecasts))
        #expect(agree(score.brier, golden.brier) && agree(score.baseBrier, golden.baseBrier))
        #expect(agree(try #require(score.skill), golden.skill))
    }

    @Test func intervals() throws {
        let golden = try Self.golden().intervals
        for row in golden.shares {
            let share = try #require(SmallSamples.share(Int(row[0]), of: Int(row[1])))
            #expect(agree(share.lowerBound, row[2], within: 1e-9))
            #expect(agree(share.upperBound, row[3], within: 1e-9))
        }
        for row in golden.medianDepths { #expect(SmallSamples.depth(of: row[0]) == row[1]) }
    }

    @Test("false flips, delays and missed runs are those that pandas counts")
    func hysteresis() throws {
        let golden = try Self.golden().hysteresis
        var generator = SplitMix64(seed: 7)
        var raw: [Regime] = [Regime.known[0]]
        while raw.count < 1500 {
            let stays = generator.unit() >= 0.15
            raw.append(stays ? raw[raw.count - 1] : Regime.known[Int(generator.unit() * 6)])
        }
        let history = Histories.randomWalk(1500, seed: 1)
        let path = LabelPath(
            name: "made", published: raw,
            probabilities: raw.map { RegimeProbabilities(concentratedOn: $0) },
            hasProbabilities: true)
        var grid = HysteresisGrid()
        grid.dwells = [1, 10]
        grid.confirmations = [1, 3]
        var settings = EvaluationSettings()
        settings.bootstrap = nil
        let costs = Evaluator(settings).hysteresisCosts(
            of: "made", inForce: HysteresisParameters(),
            over: [
                RawLabels(history: history, probabilities: path.probabilities, paths: [path])
            ], grid: grid)
        let cost = try #require(costs.first?.cost)
        #expect(cost.settings.count == golden.count && cost.bars == 1498)
        for (mine, theirs) in zip(cost.settings, golden) {
            #expect(mine.parameters?.minimumDwellBars == theirs.dwell)
            #expect(mine.parameters?.confirmationBars == theirs.confirmation)
            #expect(mine.changes.changes == theirs.changes)
            #expect(mine.changes.falseFlips == theirs.falseFlips)
            #expect(mine.delays.reduce(0, +) == theirs.delaySum)
            #expect(mine.medianDelay == theirs.delayMedian)
            #expect(mine.missedRuns == theirs.missedRuns)
        }
    }

    @Test("a strategy over missing closes is that of pandas, its delay ending at a close")
    func gaps() throws {
        let golden = try Self.golden().gaps
        let whole = Histories.standardAndPoors
        var bars = BarColumns()
        for bar in 0..<whole.count {
            var value = whole.bars[bar]
            if bar > 0, bar * bar % 11 == 4 { value.close = .nan }
            bars.append(value)
        }
        let history = MarketHistory(name: "gaps", bars: bars, calendar: .nyse, barsPerYear: 252)
        var settings = EvaluationSettings()
        settings.bootstrap = nil
        let path = Candidate.movingAverage(bars: 50).path(over: history, walks: [:])
        let card = try #require(
            Evaluator(settings).evaluate(history, [path]).first?.cards.first)
        #expect(
            card.performance.bars == golden.bars && golden.figures.agrees(with: card.performance))
        #expect(agree(card.exposure, golden.exposure) && agree(card.turnover, golden.turnover))
    }

    @Test("a portfolio of markets that begin apart is that of pandas")
    func pool() throws {
        let golden = try Self.golden().pool
        let whole = Histories.standardAndPoors
        var bars = BarColumns()
        for bar in 1500..<whole.count { bars.append(whole.bars[bar]) }
        let late = MarketHistory(name: "late", bars: bars, calendar: .nyse, barsPerYear: 252)
        let markets = [Histories.csv("nasdaq_daily_1999_2018.csv"), late].map { history in
            (
                history: history,
                paths: [Candidate.movingAverage(bars: 200).path(over: history, walks: [:])]
            )
        }
        var settings = EvaluationSettings()
        settings.bootstrap = nil
        let period = try #require(Evaluator(settings).evaluatePool(markets).first)
        let card = try #require(period.cards.first)
        #expect(period.bars == golden.bars && golden.figures.agrees(with: card.performance))
        #expect(agree(card.exposure, golden.exposure) && agree(card.turnover, golden.turnover))
        #expect(agree(card.changesPerYear, try #require(golden.changesPerYear)))
    }

    @Test("a calibration is the regression that numpy makes of the same outcomes")
    func calibration() throws {
        let golden = try Self.golden().calibration
        var generator = SplitMix64(seed: 13)
        let outcomes = (0..<900).map { _ -> PersistenceCalibration.Outcome in
            let (probability, dwell) = (generator.unit(), 1 + Int(generator.unit() * 20))
            let held = generator.unit() < 0.2 + 0.6 * probability + (dwell < 6 ? 0.19 : 0)
            return PersistenceCalibration.Outcome(
                inputs: PersistenceCalibration.Inputs(
                    probability: probability, dwell: dwell, minimumDwell: 10), held: held)
        }
        let fitted = try PersistenceCalibration(outcomes).coefficients
        #expect(fitted.count == golden.coefficients.count)
        for (mine, theirs) in zip(fitted, golden.coefficients) { #expect(agree(mine, theirs)) }
    }
}
