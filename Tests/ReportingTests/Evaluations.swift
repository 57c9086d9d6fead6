import Market
import RegimeModels
import Regimes
import TestSupport

@testable import Evaluation
@testable import Reporting

/// Made evaluations to write about.
enum Evaluations {
    static let nastyName = "<b onload=\"x\">&'\u{1}</b>"

    static func history(_ count: Int, seed: UInt64, name: String) -> MarketHistory {
        var generator = SplitMix64(seed: seed)
        let first = CivilDate(daysSinceEpoch: 10_959)
        var close = 100.0
        let bars = (0..<count).map { index -> Bar in
            close *= 1 + 0.015 * generator.normal()
            return Bar(
                timestamp: SessionCalendar.none.close(on: first.advanced(byDays: index)),
                close: close)
        }
        return MarketHistory(
            name: name, bars: BarColumns(bars), calendar: .none, barsPerYear: 252)
    }

    static func raw(_ count: Int, seed: UInt64) -> [RegimeProbabilities?] {
        var generator = SplitMix64(seed: seed)
        var label = Regime.normalBull
        return (0..<count).map { _ in
            if generator.unit() < 0.03 { label = Regime.known[Int(generator.unit() * 6)] }
            let other = Regime.known[Int(generator.unit() * 6)]
            let stated = 0.55 + 0.45 * generator.unit()
            return RegimeProbabilities(summing: [(label, stated), (other, 1 - stated)])
        }
    }

    static var settings: EvaluationSettings {
        var settings = EvaluationSettings()
        settings.bootstrap = StationaryBootstrap(replicates: 100, meanBlockBars: 10, seed: 1)
        return settings
    }

    static let model = "model <1>"

    /// Two markets and both together, with a candidate that is never in the market.
    static func periods(
        _ settings: EvaluationSettings = settings, count: Int = 500, seed: UInt64 = 1,
        markets: Int = 2
    ) -> [PeriodEvaluation] {
        let evaluator = Evaluator(settings)
        let histories = (0..<markets).map { index in
            history(
                count, seed: seed + UInt64(index), name: index == 0 ? nastyName : "plain, \(index)")
        }
        let raws = histories.indices.map { raw(count, seed: seed + UInt64($0)) }
        let paths = zip(histories, raws).map { history, raw in
            [
                Candidate.buyAndHold.path(over: history, walks: [:]),
                LabelPath(
                    name: "never", published: [Regime](repeating: .crisis, count: count),
                    probabilities: [RegimeProbabilities](
                        repeating: .init(concentratedOn: .crisis), count: count),
                    hasProbabilities: true),
                LabelPath(name: model, raw, HysteresisParameters()),
            ]
        }
        let all = histories.indices.map { (history: histories[$0], paths: paths[$0]) }
        var periods = all.flatMap { evaluator.evaluate($0.history, $0.paths) }
        if markets > 1 { periods += evaluator.evaluatePool(all) }
        for index in periods.indices {
            let own = histories.indices.filter {
                markets > 1 && periods[index].market == "all \(markets) markets"
                    || histories[$0].name == periods[index].market
            }
            let costs = evaluator.hysteresisCosts(
                of: model, inForce: HysteresisParameters(),
                over: own.map {
                    RawLabels(
                        history: histories[$0], probabilities: raws[$0], paths: paths[$0])
                }, grid: HysteresisGrid())
            periods[index].hysteresis =
                costs.first { $0.period == periods[index].period }?.cost
        }
        return periods
    }

    static func about(
        _ settings: EvaluationSettings = settings, focus: String = model,
        against: String? = Candidate.buyAndHold.name
    ) -> EvaluationAbout {
        EvaluationAbout(
            files: [.init(name: "a<b>.csv", sha256: "00ff")],
            models: [
                .init(candidate: "buy-and-hold", specifications: []),
                .init(candidate: model, specifications: [#"{"states":3}"#]),
            ], settings: settings, costBasisPoints: 10, seed: 1, trials: 1, focus: focus,
            against: against, command: "bloasis evaluate --csv 'a<b>.csv'")
    }
}
