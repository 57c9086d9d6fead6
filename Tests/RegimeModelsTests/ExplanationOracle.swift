import Kernels
import Market
import RegimeModels
import Regimes

/// A change with all that is needed to ask «what if» by other means than the explainer's.
struct ExplainedChange: Sendable {
    let date: CivilDate
    let specification: RegimeSpecification
    let explanation: Explanation
    let reasoning: String
    let publishedBefore: Regime
    /// Bars since the model in force was adopted, the changing one last: the filter before each,
    /// its observation and its raw label.
    let history: [(filter: RegimeFilter, observation: Observation, raw: Regime)]
    /// The observation before the first of `history`.
    let earlier: Observation?
    let hysteresis: Hysteresis

    var observation: Observation? { history.last?.observation }

    /// The bar of the change as it would have been published with another observation.
    func published(_ observation: Observation) -> Regime? {
        guard var filter = history.last?.filter else { return nil }
        var hysteresis = hysteresis
        return filter.advance(with: observation).map {
            hysteresis.advance($0.probabilities, raw: $0.rawRegime)
        }
    }

    /// As `published`, with one indicator at another value.
    func published(_ name: String, at value: Double) -> Regime? {
        observation.flatMap { published(setting(name, to: value, in: $0)) }
    }

    func setting(_ name: String, to value: Double, in observation: Observation) -> Observation {
        var changed = observation
        if specification.model != .rules,
            let index = specification.features.firstIndex(of: name)
        {
            changed.features[index] = value
        }
        switch name {
        case "drawdown_252": changed.context.drawdown = value
        case "volatility_rank": changed.context.volatilityRank = value
        case "trend_200": changed.context.trend = value
        case "momentum_12_1": changed.context.momentum = value
        default: break
        }
        return changed
    }

    /// The new label's probability with the departure run again, some indicators held.
    func probability(holding held: [(name: String, value: Double)]) -> Double? {
        let departure = history.suffix(explanation.bars)
        guard var filter = departure.first?.filter else { return nil }
        var step: FilterStep?
        for bar in departure {
            var observation = bar.observation
            for (name, value) in held {
                observation = setting(name, to: value, in: observation)
            }
            step = filter.advance(with: observation)
        }
        return step?.probabilities[explanation.regime]
    }
}

extension ExplainedChange {
    /// Every explained change of a walk, with the filter and the hysteresis followed apart from it.
    static func all(
        _ bars: [DatedBar], _ specification: RegimeSpecification
    ) -> [ExplainedChange] {
        var walk = WalkForward(specification: specification, barsPerYear: 252)
        var window = TrainingWindow(specification.training, barsPerYear: 252)
        var hysteresis = Hysteresis(specification.hysteresis)
        var filter: RegimeFilter?
        var history: [(filter: RegimeFilter, observation: Observation, raw: Regime)] = []
        var latest: Observation?
        var earlier: Observation?
        var changes: [ExplainedChange] = []
        for dated in bars {
            let step = walk.advance(with: dated.bar, sessionDate: dated.date)
            if let manifest = step.adopted {
                var warm = manifest.makeFilter()
                for observation in window.observations { _ = warm.advance(with: observation) }
                filter = warm
                history = []
                earlier = latest
            }
            if let before = filter, let answer = filter?.advance(with: step.observation) {
                history.append((before, step.observation, answer.rawRegime))
                if let explanation = step.explanation {
                    changes.append(
                        ExplainedChange(
                            date: dated.date, specification: specification,
                            explanation: explanation, reasoning: step.reasoning,
                            publishedBefore: step.publishedBefore, history: history,
                            earlier: earlier, hysteresis: hysteresis))
                }
                _ = hysteresis.advance(answer.probabilities, raw: answer.rawRegime)
            }
            window.append(step.observation)
            latest = step.observation
        }
        return changes
    }
}

/// The exact value that a printed one stands for: `-12.3 %` is −0.123.
func value(printed text: String, of name: String) -> Double? {
    let number = text.split(separator: " ").first.map(String.init) ?? ""
    let digits = number.filter { $0.isNumber || $0 == "-" }
    let decimals = number.split(separator: ".").dropFirst().first?.count ?? 0
    guard let steps = Int(digits) else { return nil }
    let scale = (0..<decimals).reduce(text.hasSuffix("%") ? 100.0 : 1) { power, _ in power * 10 }
    let plain = Double(steps) / scale
    return name.hasPrefix("log_") && name != "log_return" ? VectorMath.log(plain) : plain
}
