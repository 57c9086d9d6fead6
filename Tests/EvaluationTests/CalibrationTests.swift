import Kernels
import Market
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Calibration of persistence")
struct CalibrationTests {
    /// Forecasts whose outcome follows a known logistic law.
    static func examples(
        _ count: Int, seed: UInt64, intercept: Double, slope: Double
    ) -> [PersistenceCalibration.Example] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let inputs = PersistenceCalibration.inputs(
                probability: 0.02 + 0.96 * generator.unit(),
                dwell: Int(generator.unit() * 20), minimumDwell: 10)
            let score = intercept + slope * inputs[1] + 2 * inputs[2]
            let truth = 1 / (1 + VectorMath.exp(-score))
            return .init(inputs: inputs, happened: generator.unit() < truth)
        }
    }

    @Test("the law that made the outcomes is found again")
    func recovery() throws {
        let examples = Self.examples(20_000, seed: 3, intercept: 1, slope: 0.4)
        let calibration = try #require(PersistenceCalibration(examples))
        #expect(abs(calibration.coefficients[0] - 1) < 0.1)
        #expect(abs(calibration.coefficients[1] - 0.4) < 0.05)
        #expect(abs(calibration.coefficients[2] - 2) < 0.3)
    }

    @Test("at the optimum, stated probabilities sum to what happened")
    func scoreEquations() throws {
        for seed in Sweep.seeds(5) {
            let examples = Self.examples(600, seed: seed, intercept: 0.5, slope: 1)
            let calibration = try #require(PersistenceCalibration(examples))
            let stated = examples.reduce(0) { $0 + calibration.probability($1.inputs) }
            let happened = Double(examples.count(where: \.happened))
            #expect(agree(stated, happened, within: 1e-8), "seed \(seed)")
        }
    }

    @Test("too few forecasts, or of one outcome only, make no calibration")
    func tooLittle() {
        let examples = Self.examples(600, seed: 1, intercept: 0.5, slope: 1)
        #expect(PersistenceCalibration(Array(examples.prefix(100))) == nil)
        #expect(PersistenceCalibration(examples.filter(\.happened)) == nil)
        #expect(PersistenceCalibration([]) == nil)
    }

    @Test("probabilities at the ends are bounded; a dwell that is over asks for nothing")
    func inputs() {
        let sure = PersistenceCalibration.inputs(probability: 1, dwell: 3, minimumDwell: 10)
        let less = PersistenceCalibration.inputs(probability: 0.995, dwell: 3, minimumDwell: 10)
        #expect(sure == less && sure[2] == 0.7 && sure[1].isFinite)
        #expect(
            PersistenceCalibration.inputs(probability: 0.5, dwell: 40, minimumDwell: 10)
                == [1, 0, 0])
        #expect(
            PersistenceCalibration.inputs(probability: 0.5, dwell: 1, minimumDwell: 0)[2] == 0)
    }

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
