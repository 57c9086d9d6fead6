import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("Property: calibrated confidence comes from the past alone and changes nothing else")
struct CalibratedWalkTests {
    static func specification(_ kind: ModelKind = .hmm) -> RegimeSpecification {
        var specification = RegimeSpecification.quick(kind)
        specification.calibration = CalibrationPlan()
        return specification
    }

    @Test("no later bar changes an earlier confidence", arguments: Sweep.seeds(3))
    func noLookAhead(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let bars = History.randomWalk(900, seed: seed, missingShare: 0.01)
        let whole = History.walk(bars, Self.specification())
        #expect(whole.count { $0.calibratedConfidence != nil } > 200)
        let bits = whole.map(AnswerBits.init)
        for _ in 0..<2 {
            let cut = 500 + Int(generator.unit() * 399)
            let truncated = History.walk(Array(bars.prefix(cut)), Self.specification())
            #expect(truncated.map(AnswerBits.init) == Array(bits.prefix(cut)))
            var changed = bars
            for index in cut..<bars.count { changed[index].bar.close *= 1 + generator.unit() }
            let altered = History.walk(changed, Self.specification())
            #expect(altered.prefix(cut).map(AnswerBits.init) == Array(bits.prefix(cut)))
        }
    }

    @Test("labels, models and probabilities are those of a raw walk", arguments: ModelKind.allCases)
    func nothingElseChanges(kind: ModelKind) {
        let bars = History.randomWalk(900, seed: 51)
        let raw = History.walk(bars, .quick(kind))
        let calibrated = History.walk(bars, Self.specification(kind))
        var answers = 0
        for (one, other) in zip(raw, calibrated) {
            #expect(one.calibratedConfidence == nil && one.calibrationFailure == nil)
            #expect(one.published == other.published && one.modelVersion == other.modelVersion)
            #expect(one.step?.probabilities == other.step?.probabilities)
            #expect(one.adopted == other.adopted)
            guard let confidence = other.calibratedConfidence else {
                #expect(one.reasoning == other.reasoning)
                continue
            }
            answers += 1
            #expect(confidence > 0 && confidence < 1 && other.published != .unknown)
            #expect(other.reasoning.contains("still so 5 bars later"))
        }
        #expect(answers > 0)
    }

    @Test("a replay with known models says the same without a fit of a model")
    func replay() {
        let bars = History.randomWalk(900, seed: 52)
        let first = History.walk(bars, Self.specification())
        let known = first.compactMap(\.adopted).map { ($0.fitKey, $0) }
        let again = History.walk(
            bars, Self.specification(),
            knownModels: Dictionary(known) { one, _ in one })
        #expect(again.allSatisfy { !$0.fitted })
        #expect(again.map(AnswerBits.init) == first.map(AnswerBits.init))
    }

    @Test("a copied walk goes on with the same confidence")
    func copy() {
        WalkForwardLawTests.expectCopyGoesOn(
            History.randomWalk(900, seed: 53), Self.specification(), from: 600)
    }

    @Test("it begins at a refit date, once enough outcomes are known, and says why not before")
    func beginning() throws {
        let bars = History.randomWalk(900, seed: 54)
        let steps = History.walk(bars, Self.specification())
        let first = try #require(steps.firstIndex { $0.calibratedConfidence != nil })
        #expect(bars[first].date.month != bars[first - 1].date.month)
        let answered = try #require(steps.firstIndex { $0.published != .unknown })
        #expect(first - answered - 5 >= PersistenceCalibration.minimumOutcomes)
        #expect(steps[first...].allSatisfy { $0.calibratedConfidence != nil })
        let failures = steps.prefix(first).compactMap(\.calibrationFailure)
        #expect(failures.count > 2)
        #expect(failures.first == .tooFewOutcomes(have: 0, need: 250))
        #expect(steps[first].calibrationFailure == nil)
    }

    @Test("without refit dates, and on a label that never goes, it stays raw")
    func neverCalibrated() {
        var specification = Self.specification()
        specification.training.refitMonths = []
        specification.model = .rules
        let steps = History.walk(History.randomWalk(900, seed: 55), specification)
        #expect(steps.contains { $0.published != .unknown })
        #expect(steps.allSatisfy { $0.calibratedConfidence == nil })
        var sticky = Self.specification()
        sticky.hysteresis.minimumDwellBars = 10_000
        let stuck = History.walk(History.randomWalk(900, seed: 56), sticky)
        #expect(stuck.allSatisfy { $0.calibratedConfidence == nil })
        #expect(
            stuck.contains {
                if case .oneSided(_, lost: 0, _) = $0.calibrationFailure { true } else { false }
            })
    }

    @Test("on the S&P 500, what it says comes true as often as it says")
    func historical() throws {
        var specification = RegimeSpecification.standard(.rules)
        specification.calibration = CalibrationPlan()
        let steps = History.walk(History.standardAndPoors, specification)
        var (count, stated, held, raw) = (0, 0.0, 0.0, 0.0)
        var (error, rawError) = (0.0, 0.0)
        for bar in steps.indices.dropLast(5) {
            guard let confidence = steps[bar].calibratedConfidence,
                let probability = steps[bar].step?.probabilities[steps[bar].published]
            else { continue }
            let outcome = steps[bar + 5].published == steps[bar].published ? 1.0 : 0
            count += 1
            stated += confidence
            held += outcome
            raw += probability
            error += (confidence - outcome) * (confidence - outcome)
            rawError += (probability - outcome) * (probability - outcome)
        }
        #expect(count > 3_000)
        let total = Double(count)
        #expect(abs(stated - held) / total < 0.03)
        #expect(abs(stated - held) < abs(raw - held))
        #expect(error < rawError)
    }

    @Test("a plan is part of the specification's text; none leaves the text as it was")
    func canonicalText() throws {
        let raw = RegimeSpecification.standard
        #expect(!raw.canonicalJSON.contains("calibration"))
        var calibrated = raw
        calibrated.calibration = CalibrationPlan()
        #expect(calibrated.canonicalJSON.contains(#""calibration":{"horizonBars":5}"#))
        #expect(try RegimeSpecification(canonicalJSON: calibrated.canonicalJSON) == calibrated)
        #expect(calibrated.differences(from: raw).count == 1)
        for (horizon, isValid) in [
            (0, false), (1, true), (CalibrationPlan.horizonLimit, true),
            (CalibrationPlan.horizonLimit + 1, false),
        ] {
            calibrated.calibration = CalibrationPlan(horizonBars: horizon)
            var isAccepted = true
            do { try calibrated.validate() } catch { isAccepted = false }
            #expect(isAccepted == isValid, "\(horizon)")
        }
    }
}
