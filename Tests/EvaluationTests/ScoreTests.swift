import Market
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Phases, reliability, predictive score")
struct ScoreTests {
    static func path(_ published: [Regime], _ confidence: Double = 0.75) -> LabelPath {
        LabelPath(
            name: "made", published: published,
            probabilities: published.map { regime in
                regime == .unknown
                    ? .unknown
                    : RegimeProbabilities(
                        summing: [
                            (regime, confidence),
                            (regime == .crisis ? .normalBull : .crisis, 1 - confidence),
                        ])
            }, hasProbabilities: true)
    }

    @Test("phases turn at the extremes, not where they are noticed")
    func phases() {
        let closes = [100, 105, .nan, 120, 110, 95, 90, 91, 109, 130, 125, 100]
        let phases = MarketPhase.phases(closes: closes, fall: 0.2, rise: 0.2)
        #expect(phases.map(\.direction) == [.rising, .falling, .rising, .falling])
        #expect(phases.map(\.start) == [0, 3, 6, 9])
        #expect(phases.map(\.end) == [3, 6, 9, 11])
        let moves = [0.2, -0.25, 4.0 / 9, 100.0 / 130 - 1]
        #expect(zip(phases.map(\.move), moves).allSatisfy { agree($0, $1) })
        #expect(MarketPhase.phases(closes: [.nan, 1, 1.1], fall: 0.2, rise: 0.2).isEmpty)
        #expect(MarketPhase.phases(closes: [], fall: 0.2, rise: 0.2).isEmpty)
    }

    @Test("a lag counts from the turning point; what never showed is not detected")
    func lags() {
        let closes = [100.0, 120, 110, 95, 90, 91, 109, 130]
        let phases = MarketPhase.phases(closes: closes, fall: 0.2, rise: 0.2)
        let labels: [Regime] = [
            .normalBull, .normalBull, .normalBull, .crisis, .crisis, .normalBear, .normalBear,
            .normalBear,
        ]
        let falls = DetectionLag(Self.path(labels), phases, .falling, in: 0..<8)
        #expect(falls.phases == 1 && falls.lags == [2] && falls.median == 2 && falls.mean == 2)
        let rises = DetectionLag(Self.path(labels), phases, .rising, in: 1..<8)
        #expect(rises.phases == 1 && rises.detected == 0 && rises.median == nil)
        #expect(DetectionLag(Self.path(labels), phases, .falling, in: 5..<8).phases == 0)
        let unknown = Self.path([Regime](repeating: .unknown, count: 8))
        #expect(DetectionLag(unknown, phases, .falling, in: 0..<8).detected == 0)
        let both = DetectionLag(merging: [falls, rises])
        #expect(both.phases == 2 && both.detected == 1 && both.lags == [2])
    }

    @Test("a forecast is right when the label holds so many bars later, inside the range")
    func forecasts() {
        let labels: [Regime] = [.unknown, .crisis, .crisis, .crisis, .normalBull, .normalBull]
        let forecasts = Self.path(labels).persistenceForecasts(horizon: 2, in: 0..<6)
        #expect(forecasts.map(\.happened) == [true, false, false])
        #expect(forecasts.map(\.probability) == [0.75, 0.75, 0.75])
        let short = Self.path(labels).persistenceForecasts(
            horizon: 2, in: 0..<4, confidence: [0, 0.1, 0.2, 0.3, 0.4, 0.5])
        #expect(short == [Forecast(probability: 0.1, happened: true)])
        #expect(Self.path(labels).persistenceForecasts(horizon: 9, in: 0..<6).isEmpty)
    }

    @Test func reliabilityByHand() throws {
        let reliability = try #require(
            Reliability([
                Forecast(probability: 0.8, happened: true),
                Forecast(probability: 0.8, happened: false),
                Forecast(probability: 1, happened: true),
                Forecast(probability: 0, happened: true),
            ]))
        #expect(agree(reliability.brier, (0.04 + 0.64 + 0 + 1) / 4))
        #expect(agree(try #require(reliability.brierSkill), 1 - 0.42 / 0.1875))
        #expect(reliability.bins.map(\.count) == [1, 2, 1])
        #expect(reliability.bins.map(\.observed) == [1, 0.5, 1])
        #expect(agree(reliability.calibrationError, (1 + 2 * 0.3 + 0) / 4))
        #expect(reliability.logScore.isFinite && reliability.logScore < -3)
        #expect(Reliability([]) == nil)
        let sure = try #require(Reliability([Forecast(probability: 1, happened: true)]))
        #expect(sure.brier == 0 && sure.brierSkill == nil)
    }

    @Test("a label that says nothing scores as no label does, to the last bit but a few")
    func neutralLabels() {
        for seed in Sweep.seeds(5) {
            let history = Histories.randomWalk(300, seed: seed, missingShare: 0.05)
            let constant = PredictiveScore.logDensities(
                Self.path([Regime](repeating: .normalBull, count: 300), 1).probabilities, history)
            let mixed = PredictiveScore.logDensities(
                Self.path([Regime](repeating: .normalBull, count: 300), 0.3).probabilities, history)
            for (one, other) in zip(constant, mixed) {
                #expect((one == nil) == (other == nil))
                if let one, let other { #expect(agree(one, other, within: 1e-9), "seed \(seed)") }
            }
            #expect(constant.compactMap { $0 }.count > 150)
        }
    }

    @Test("a later bar changes no score before it")
    func causality() {
        for seed in Sweep.seeds(10) {
            let history = Histories.randomWalk(200, seed: seed)
            let altered = Histories.closes(
                history.bars.close.enumerated().map { $0 < 150 ? $1 : 1 })
            var generator = SplitMix64(seed: seed)
            let labels = (0..<200).map { _ in Regime.known[Int(generator.unit() * 6)] }
            let probabilities = Self.path(labels).probabilities
            let one = PredictiveScore.logDensities(probabilities, history)
            let other = PredictiveScore.logDensities(probabilities, altered)
            #expect(one.prefix(150) == other.prefix(150), "seed \(seed)")
        }
    }

    @Test("labels that tell wild bars from quiet ones score better than none")
    func informativeLabels() throws {
        var generator = SplitMix64(seed: 7)
        var close = 100.0
        var labels: [Regime] = []
        let closes = (0..<2000).map { bar -> Double in
            let isWild = bar / 100 % 2 == 1
            close *= 1 + (isWild ? 0.03 : 0.005) * generator.normal()
            // Known at the bar before the return it is about.
            labels.append((bar + 1) / 100 % 2 == 1 ? .crisis : .lowVolatility)
            return close
        }
        let history = Histories.closes(closes)
        func mean(_ confidence: Double, _ labels: [Regime]) -> Double {
            let scores = PredictiveScore.logDensities(
                Self.path(labels, confidence).probabilities, history
            ).compactMap { $0 }
            return scores.reduce(0, +) / Double(scores.count)
        }
        let blind = mean(1, [Regime](repeating: .normalBull, count: 2000))
        #expect(mean(1, labels) > blind + 0.2)
        #expect(mean(1, labels) > mean(0.7, labels))
    }
}
