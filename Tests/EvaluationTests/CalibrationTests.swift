import Market
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Calibration of persistence")
struct CalibrationTests {
    /// Labels that switch, with confidences that say nothing.
    static func path(_ count: Int, seed: UInt64) -> LabelPath {
        var generator = SplitMix64(seed: seed)
        var isWild = false
        let labels = (0..<count).map { _ -> Regime in
            if generator.unit() < 0.04 { isWild.toggle() }
            return isWild ? .crisis : .normalBull
        }
        return LabelPath(
            name: "made", published: labels,
            probabilities: labels.map { label in
                let stated = 0.05 + 0.9 * generator.unit()
                let other: Regime = label == .crisis ? .normalBull : .crisis
                return RegimeProbabilities(summing: [(label, stated), (other, 1 - stated)])
            }, hasProbabilities: true)
    }

    static let dates = (0..<1600).map { CivilDate(daysSinceEpoch: 10_959 + $0) }

    @Test("calibrated confidence is better where the stated one says nothing")
    func improvement() throws {
        for seed in Sweep.seeds(3) {
            let path = Self.path(1600, seed: seed)
            let calibrated = path.calibratedConfidence(horizon: 5, dates: Self.dates)
            #expect(calibrated.allSatisfy { (0...1).contains($0) })
            let range = 800..<1600
            let before = try #require(
                Reliability(path.persistenceForecasts(horizon: 5, in: range)))
            let after = try #require(
                Reliability(
                    path.persistenceForecasts(horizon: 5, in: range, confidence: calibrated)))
            #expect(after.brier < before.brier - 0.05, "seed \(seed)")
            #expect(after.calibrationError < before.calibrationError, "seed \(seed)")
            #expect(after.logScore > before.logScore, "seed \(seed)")
        }
    }

    @Test("a later label changes no earlier calibrated confidence")
    func causality() {
        for seed in Sweep.seeds(5) {
            let path = Self.path(1600, seed: seed)
            let altered = LabelPath(
                name: "altered",
                published: path.published.enumerated().map { $0 < 1200 ? $1 : .euphoria },
                probabilities: path.probabilities, hasProbabilities: true)
            let one = path.calibratedConfidence(horizon: 5, dates: Self.dates)
            let other = altered.calibratedConfidence(horizon: 5, dates: Self.dates)
            #expect(one.prefix(1200) == other.prefix(1200), "seed \(seed)")
        }
    }
}
