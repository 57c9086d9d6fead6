import Kernels
import Market
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Evaluation of candidates")
struct EvaluatorTests {
    static let candidates = [
        Candidate.buyAndHold, .movingAverage(bars: 20), .movingAverage(bars: 50),
    ]

    static func paths(_ history: MarketHistory) -> [LabelPath] {
        candidates.map { $0.path(over: history, walks: [:]) }
    }

    static var settings: EvaluationSettings {
        var settings = EvaluationSettings()
        settings.bootstrap = StationaryBootstrap(replicates: 50, meanBlockBars: 10, seed: 1)
        return settings
    }

    @Test("a cut divides the bars: none is lost, none counted twice")
    func cut() throws {
        let history = Histories.randomWalk(400, seed: 1)
        var settings = Self.settings
        let whole = try #require(
            Evaluator(settings).evaluate(history, Self.paths(history)).first)
        #expect(whole.period == .whole && whole.bars == 400 - 51)
        settings.cut = history.dates[250]
        let parts = Evaluator(settings).evaluate(history, Self.paths(history))
        #expect(parts.map(\.period) == [.tuned, .heldOut])
        #expect(parts[0].through == history.dates[250] && parts[1].from == history.dates[251])
        #expect(parts.reduce(0) { $0 + $1.bars } == whole.bars)
        // Growth over the whole is growth over the parts; the parts' first positions are carried.
        for index in Self.candidates.indices {
            func logGrowth(_ period: PeriodEvaluation) -> Double {
                let performance = period.cards[index].performance
                let years = Double(performance.bars) / 252
                return VectorMath.log(1 + performance.annualisedReturn) * years
            }
            #expect(
                agree(
                    logGrowth(whole), logGrowth(parts[0]) + logGrowth(parts[1]), within: 1e-10))
        }
        settings.cut = history.dates[399]
        #expect(
            Evaluator(settings).evaluate(history, Self.paths(history)).map(\.period) == [.tuned])
    }

    @Test("bars before the first one asked for are walked through, not summed up")
    func from() throws {
        let history = Histories.randomWalk(400, seed: 5)
        var settings = Self.settings
        settings.from = history.bars.timestamps[300]
        let period = try #require(
            Evaluator(settings).evaluate(history, Self.paths(history)).first)
        #expect(period.from == history.dates[300] && period.bars == 100)
        settings.from = history.bars.timestamps[10]
        #expect(Evaluator(settings).evaluate(history, Self.paths(history)).first?.bars == 349)
        settings.from = .latest
        #expect(Evaluator(settings).evaluate(history, Self.paths(history)).isEmpty)
    }

    @Test("what came after the cut changes nothing that is said of the time before it")
    func heldOutIsHeldOut() throws {
        let history = Histories.randomWalk(400, seed: 6)
        let altered = Histories.closes(
            history.bars.close.enumerated().map { $0 <= 250 ? $1 : 50 + Double($0 % 7) })
        var settings = Self.settings
        settings.cut = history.dates[250]
        let one = Evaluator(settings).evaluate(history, Self.paths(history))[0]
        let other = Evaluator(settings).evaluate(altered, Self.paths(altered))[0]
        for (mine, theirs) in zip(one.cards, other.cards) {
            #expect(mine.performance == theirs.performance)
            #expect(mine.intervals == theirs.intervals && mine.logScore == theirs.logScore)
            #expect(mine.differences == theirs.differences)
        }
        #expect(one.realityCheck == other.realityCheck)
    }

    @Test("differences are antisymmetric, of every pair and every figure that both have")
    func differences() throws {
        let history = Histories.randomWalk(300, seed: 2)
        let period = try #require(
            Evaluator(Self.settings).evaluate(history, Self.paths(history)).first)
        let figures: Set<Metric> = [
            .annualisedReturn, .annualisedVolatility, .sharpe, .sortino, .calmar,
            .maximumDrawdown, .exposure, .turnover, .changesPerYear, .logScore,
        ]
        for one in period.cards {
            #expect(one.differences.count == 2 && Set(one.intervals.keys) == figures)
            for other in period.cards where other.candidate != one.candidate {
                for metric in figures {
                    let mine = try #require(one.differences[other.candidate]?[metric])
                    let theirs = try #require(other.differences[one.candidate]?[metric])
                    #expect(mine.estimate == -theirs.estimate && mine.pValue == theirs.pValue)
                    #expect(agree(mine.lower, -theirs.upper))
                    #expect(mine.excludesZero == theirs.excludesZero)
                }
            }
        }
    }

    @Test("an estimate is the figure; its interval holds what the replicates hold")
    func estimates() throws {
        let history = Histories.randomWalk(400, seed: 8)
        let period = try #require(
            Evaluator(Self.settings).evaluate(history, Self.paths(history)).first)
        for card in period.cards {
            for (metric, interval) in card.intervals {
                #expect(interval.estimate == card.value(metric))
                #expect(interval.lower <= interval.upper)
                #expect(interval.lower.isFinite && interval.upper.isFinite)
            }
        }
        let held = period.cards[0]
        #expect(held.intervals[.exposure].map { $0.lower == 1 && $0.upper == 1 } == true)
        #expect(held.intervals[.turnover].map { $0.lower == 0 && $0.upper == 0 } == true)
    }

    @Test("whom others are compared with by the reality check can be chosen")
    func reference() throws {
        let history = Histories.randomWalk(300, seed: 2)
        var settings = Self.settings
        settings.reference = "sma20"
        let period = try #require(
            Evaluator(settings).evaluate(history, Self.paths(history)).first)
        #expect(period.reference == "sma20" && period.realityCheck != nil)
        #expect(period.bestCandidate != "sma20")
        settings.reference = "nobody"
        let alone = try #require(
            Evaluator(settings).evaluate(history, Self.paths(history)).first)
        #expect(alone.reference == nil && alone.realityCheck == nil)
    }

    @Test("turning points and curves lie in their period")
    func curves() throws {
        let history = Histories.randomWalk(1200, seed: 12)
        let paths = Self.paths(history)
        var settings = Self.settings
        settings.cut = history.dates[600]
        for period in Evaluator(settings).evaluate(history, paths) {
            #expect(period.curves.days.count == period.cards[0].performance.bars)
            for column in period.curves.returns {
                #expect(column.count == period.curves.days.count)
            }
            #expect(period.curves.labels.count == 3)
            #expect(period.curves.days == period.curves.days.sorted())
            for turn in period.turns {
                #expect((period.from...period.through).contains(turn.date))
                #expect(turn.through >= turn.date && turn.lags.count == 3)
                #expect(turn.lags[0] == (turn.direction == .rising ? 0 : nil))
            }
            let falls = period.turns.filter { $0.direction == .falling }
            for (index, card) in period.cards.enumerated() {
                #expect(card.falls?.lags == falls.compactMap { $0.lags[index] })
            }
        }
    }

    @Test("a pool of one market twice is that market")
    func pool() throws {
        let history = Histories.randomWalk(300, seed: 3)
        let paths = Self.paths(history)
        let alone = try #require(Evaluator(Self.settings).evaluate(history, paths).first)
        let twice = try #require(
            Evaluator(Self.settings).evaluatePool([(history, paths), (history, paths)]).first)
        #expect(twice.bars == 2 * alone.bars && twice.market == "all 2 markets")
        for (one, both) in zip(alone.cards, twice.cards) {
            #expect(agree(one.performance.sharpe, both.performance.sharpe))
            #expect(agree(one.changesPerYear, both.changesPerYear))
            #expect(agree(one.turnover, both.turnover))
            #expect(one.falls.map { $0.phases * 2 } == both.falls?.phases)
        }
    }

    @Test("candidates that never answer leave nothing to evaluate; no bootstrap, no intervals")
    func nothing() throws {
        let short = Histories.randomWalk(30, seed: 4)
        #expect(Evaluator(Self.settings).evaluate(short, Self.paths(short)).isEmpty)
        #expect(Evaluator(Self.settings).evaluatePool([]).isEmpty)
        var settings = Self.settings
        settings.bootstrap = nil
        let history = Histories.randomWalk(300, seed: 4)
        let period = try #require(Evaluator(settings).evaluate(history, Self.paths(history)).first)
        #expect(period.realityCheck == nil && period.cards.allSatisfy { $0.intervals.isEmpty })
    }
}
