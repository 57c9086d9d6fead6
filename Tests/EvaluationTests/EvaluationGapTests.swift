import Foundation
import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Evaluation of what is ragged, flat, scarce or yet to come")
struct EvaluationGapTests {
    static let settings = EvaluatorTests.settings

    private static func paths(_ history: MarketHistory) -> [LabelPath] {
        EvaluatorTests.paths(history)
    }

    /// A made market that begins later than the others.
    private static func late(_ count: Int, seed: UInt64, after days: Int) -> MarketHistory {
        let whole = Histories.randomWalk(count + days, seed: seed)
        var bars = BarColumns()
        for bar in days..<whole.count { bars.append(whole.bars[bar]) }
        return MarketHistory(
            name: "late", bars: bars, calendar: .none, barsPerYear: whole.barsPerYear)
    }

    @Test(
        "replicates of a pool of unequal markets lie about its figures", arguments: Sweep.seeds(3))
    func raggedPool(seed: UInt64) throws {
        let markets = [
            Histories.randomWalk(700, seed: seed), Self.late(300, seed: seed + 90, after: 400),
        ].map { (history: $0, paths: Self.paths($0)) }
        let evaluator = Evaluator(Self.settings)
        let pool = try #require(evaluator.evaluatePool(markets).first)
        let samples = try #require(
            EvaluationSamples.pooled(
                markets.flatMap { market in
                    evaluator.samples(
                        market.history, market.paths,
                        in: evaluator.ranges(market.history, market.paths), .everything)
                }, market: "all"))
        let bootstrap = StationaryBootstrap(replicates: 1500, meanBlockBars: 2, seed: seed)
        let figures: [(EvaluationSamples.Table, Metric, Double)] = [
            (samples.exposures, .exposure, 1), (samples.traded, .turnover, 252),
            (samples.changed, .changesPerYear, 252), (samples.logScores, .logScore, 1),
        ]
        for (table, metric, factor) in figures {
            for (index, card) in pool.cards.enumerated() {
                let moments = SampleMoments(bootstrap.means(of: table)[index].map { $0 * factor })
                let error = 6 * moments.deviation / 1500.0.squareRoot() + 1e-12
                let value = try #require(card.value(metric))
                #expect(abs(moments.mean - value) <= error, "\(metric) of \(card.candidate)")
            }
        }
        // Labels are each market's own: their changes are counted bar by bar.
        let changes = markets.map { $0.paths[1].changes(in: 51..<$0.history.count) }
        #expect(
            agree(
                pool.cards[1].changesPerYear,
                Double(changes.reduce(0, +)) / Double(pool.bars) * 252))
    }

    @Test("a market without figures is none of the pool's; one alone is still the pool")
    func absentMarkets() throws {
        let markets = [
            Histories.randomWalk(400, seed: 1), Histories.randomWalk(30, seed: 2),
            Self.late(200, seed: 3, after: 300),
        ].map { (history: $0, paths: Self.paths($0)) }
        var settings = Self.settings
        settings.cut = markets[0].history.dates[300]
        let pools = Evaluator(settings).evaluatePool(markets)
        #expect(pools.map(\.market) == ["all 2 markets", "all 2 markets"])
        #expect(pools.map(\.period) == [.tuned, .heldOut] && pools.map(\.markets) == [1, 2])
        #expect(pools.allSatisfy { $0.curves.labels.isEmpty })
        let alone = Evaluator(settings).evaluate(markets[0].history, markets[0].paths)
        #expect(alone.map(\.markets) == [1, 1] && pools[0].bars == alone[0].bars)
        for (one, other) in zip(alone[0].cards, pools[0].cards) {
            #expect(one.performance == other.performance)
            #expect(one.value(.exposure) == other.value(.exposure))
        }
    }

    @Test("prices that do not move, or evenly, have finite figures or none")
    func flat() throws {
        for rate in [1.0, 1.001, 1.01] {
            let history = Histories.closes((0..<900).map { 100 * pow(rate, Double($0)) })
            let period = try #require(
                Evaluator(Self.settings).evaluate(history, Self.paths(history)).first)
            #expect(period.deflatedSharpe == nil)
            for card in period.cards {
                #expect(card.performance.sharpe == 0 && card.logScore == nil)
                let intervals =
                    Array(card.intervals.values) + card.differences.values.flatMap(\.values)
                for interval in intervals {
                    #expect(interval.lower.isFinite && interval.upper.isFinite)
                    #expect(interval.estimate.isFinite && interval.pValue.isFinite)
                }
            }
        }
    }

    @Test("a skill has no interval where a replicate may have no base rate to be better than")
    func rareOutcomes() throws {
        let history = Histories.randomWalk(400, seed: 5)
        func card(_ turns: Set<Int>) throws -> Scorecard {
            var label = Regime.normalBull
            let labels = (0..<400).map { bar -> Regime in
                if turns.contains(bar) { label = label == .crisis ? .normalBull : .crisis }
                return label
            }
            return try #require(
                Evaluator(Self.settings).evaluate(history, [ScoreTests.path(labels)]).first?.cards[
                    0])
        }
        let once = try card([200])
        #expect(once.intervals[.persistenceBrier] != nil && once.intervals[.posteriorBrier] != nil)
        #expect(once.intervals[.persistenceSkill] == nil && once.intervals[.calibratedSkill] == nil)
        let often = try card(Set(stride(from: 10, to: 400, by: 8)))
        #expect(
            often.intervals[.persistenceSkill] != nil && often.intervals[.posteriorSkill] != nil)
        let never = try card([])
        #expect(never.value(.posteriorSkill) == nil && never.value(.persistenceSkill) == nil)
        #expect(never.intervals[.posteriorSkill] == nil && never.posterior?.brier != nil)
    }

    @Test("one ratio does not say what the best of many trials would reach")
    func oneContender() throws {
        let history = Histories.randomWalk(400, seed: 6)
        let two = Array(Self.paths(history).prefix(2))
        func deflated(_ paths: [LabelPath], trials: Int) throws -> Double? {
            try #require(
                Evaluator(Self.settings, trials: trials).evaluate(history, paths).first
            ).deflatedSharpe
        }
        #expect(try deflated(two, trials: 1) != nil)
        #expect(try deflated(two, trials: 60) == nil)
        #expect(try deflated(Self.paths(history), trials: 60) != nil)
    }

    @Test(
        "no bar after the cut changes anything said of the time before it",
        arguments: Sweep.seeds(3))
    func heldOut(seed: UInt64) throws {
        let cut = 640
        let history = Histories.randomWalk(900, seed: seed, missingShare: 0.01)
        var generator = SplitMix64(seed: seed)
        let altered = Histories.closes(
            history.bars.close.enumerated().map { bar, close in
                bar <= cut ? close : close * (0.2 + 2 * generator.unit())
            })
        var settings = Self.settings
        settings.cut = history.dates[cut]
        settings.phaseMove = 0.08
        let candidates = try [
            "buy-and-hold", "sma50", CandidateTests.quick,
            CandidateTests.quick + ":confidence=calibrated",
        ].map { try Candidate($0, seed: 1) }
        func tuned(_ history: MarketHistory) throws -> PeriodEvaluation {
            let walks = CandidateTests.walks(candidates, history)
            let paths = candidates.map { $0.path(over: history, walks: walks) }
            return try #require(Evaluator(settings).evaluate(history, paths).first)
        }
        let (one, other) = (try tuned(history), try tuned(altered))
        #expect(one.period == .tuned && one.through == history.dates[cut])
        #expect(!one.turns.isEmpty && one.turns == other.turns)
        #expect(one.realityCheck == other.realityCheck)
        #expect(one.deflatedSharpe == other.deflatedSharpe)
        #expect(
            one.curves.returns == other.curves.returns && one.curves.labels == other.curves.labels)
        for (mine, theirs) in zip(one.cards, other.cards) {
            for metric in Metric.allCases { #expect(mine.value(metric) == theirs.value(metric)) }
            #expect(mine.intervals == theirs.intervals && mine.differences == theirs.differences)
            #expect(mine.falls == theirs.falls && mine.recoveries == theirs.recoveries)
            #expect(mine.reliability == theirs.reliability)
            #expect(mine.calibratedReliability == theirs.calibratedReliability)
        }
    }
}
