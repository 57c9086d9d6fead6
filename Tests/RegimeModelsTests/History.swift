import Foundation
import Market
import RegimeModels
import Regimes
import TestSupport

/// Bars with the date of their session.
struct DatedBar: Sendable {
    var bar: Bar
    var date: CivilDate
}

/// Bars to walk through: real ones from `Fixtures`, and made ones.
enum History {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let standardAndPoors = csv("spx_daily_1999_2018.csv")
    static let nasdaq = csv("nasdaq_daily_1999_2018.csv")

    /// A plain daily file: `date,open,high,low,close,…`.
    static func csv(_ name: String) -> [DatedBar] {
        let url = root.appending(path: "Fixtures/\(name)")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let prices = fields.dropFirst().prefix(4).compactMap { Double($0) }
            guard let date = CivilDate(iso: fields[0]), prices.count == 4 else { return nil }
            let bar = Bar(
                timestamp: SessionCalendar.nyse.close(on: date), open: prices[0], high: prices[1],
                low: prices[2], close: prices[3])
            return DatedBar(bar: bar, date: date)
        }
    }

    /// A walk whose volatility switches; every weekday from 2000-01-03 on.
    static func randomWalk(_ count: Int, seed: UInt64, missingShare: Double = 0) -> [DatedBar] {
        var generator = SplitMix64(seed: seed)
        var date = CivilDate(daysSinceEpoch: 10_959)
        var close = 100.0
        var isWild = false
        var bars: [DatedBar] = []
        while bars.count < count {
            date = date.advanced(byDays: 1)
            if date.weekday == .saturday || date.weekday == .sunday { continue }
            if generator.unit() < 0.02 { isWild.toggle() }
            close *= 1 + (isWild ? 0.025 : 0.007) * generator.normal()
            let isMissing = generator.unit() < missingShare
            let instant = SessionCalendar.none.close(on: date)
            let bar = Bar(timestamp: instant, close: isMissing ? .nan : close)
            bars.append(DatedBar(bar: bar, date: date))
        }
        return bars
    }

    static func walk(
        _ bars: [DatedBar], _ specification: RegimeSpecification = .standard,
        knownModels: [String: ModelManifest] = [:]
    ) -> [WalkForwardStep] {
        var walk = WalkForward(
            specification: specification, barsPerYear: 252, knownModels: knownModels)
        return bars.map { walk.advance(with: $0.bar, sessionDate: $0.date) }
    }

    /// Observations of a whole file.
    static func observations(
        _ bars: [DatedBar], _ specification: RegimeSpecification
    ) -> [Observation] {
        var observer = BarObserver(specification: specification, barsPerYear: 252)
        return bars.map { observer.observe($0.bar) }
    }

    static func window(
        _ bars: [DatedBar], _ specification: RegimeSpecification
    ) -> TrainingWindow {
        var window = TrainingWindow(specification.training, barsPerYear: 252)
        for observation in observations(bars, specification) { window.append(observation) }
        return window
    }
}

extension RegimeSpecification {
    /// Quick to fit, and refitted often: for laws, not for history.
    static var quick: RegimeSpecification {
        var specification = RegimeSpecification.standard
        specification.starts = 4
        specification.states = 2
        specification.maximumIterations = 40
        specification.training = TrainingPlan(
            warmUpBars: 120, windowBars: 250, refitMonths: [1, 4, 7, 10])
        return specification
    }

    /// The same for a kind of model, with what that kind needs.
    static func quick(_ kind: ModelKind) -> RegimeSpecification {
        var specification = RegimeSpecification.standard(kind)
        specification.starts = quick.starts
        specification.states = quick.states
        specification.maximumIterations = quick.maximumIterations
        specification.training = quick.training
        return specification
    }

    /// One feature in its own units, all data: what the peers fit.
    static func returns(states: Int) -> RegimeSpecification {
        var specification = RegimeSpecification.standard
        specification.features = ["log_return"]
        specification.states = states
        specification.scaling = .none
        specification.clip = nil
        specification.maximumIterations = 2_000
        specification.training = TrainingPlan(warmUpBars: 100, windowBars: nil, refitMonths: [])
        return specification
    }
}

/// Everything an answer says, in a form that compares bit for bit.
struct AnswerBits: Equatable {
    let numbers: [UInt64]
    let words: [String]

    init(_ step: WalkForwardStep) {
        let answer = step.step
        let states: [Double] = answer.map { Array($0.stateProbabilities) } ?? []
        let values =
            states + (answer?.probabilities.values ?? [])
            + [step.calibratedConfidence ?? .nan] + step.observation.features
            + step.observation.context.values
        numbers = values.map { $0.isNaN ? 0 : $0.bitPattern }
        words = [
            step.published.rawValue, step.publishedBefore.rawValue, step.modelVersion.text,
            step.reasoning, "\(step.changedByRefitAlone) \(answer?.inputMissing ?? false)",
            answer?.rawRegime.rawValue ?? "none",
        ]
    }
}
