import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

/// The laws of the classifier, over the whole path from bar to published label.
@Suite("Property: no look-ahead, and a resumed walk is the same walk")
struct WalkForwardLawTests {
    @Test(arguments: Sweep.seeds(3))
    func noAnswerLooksAhead(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let bars = History.randomWalk(700, seed: seed, missingShare: 0.01)
        let whole = History.walk(bars, .quick).map(AnswerBits.init)
        for _ in 0..<3 {
            let cut = 200 + Int(generator.unit() * 499)
            let truncated = History.walk(Array(bars.prefix(cut)), .quick).map(AnswerBits.init)
            #expect(truncated == Array(whole.prefix(cut)), "seed \(seed), cut at \(cut)")
            var changed = bars
            for index in cut..<bars.count {
                changed[index].bar.close *= 1 + 3 * generator.unit()
            }
            let altered = History.walk(changed, .quick).map(AnswerBits.init)
            #expect(Array(altered.prefix(cut)) == Array(whole.prefix(cut)), "changed from \(cut)")
            #expect(altered != whole)
        }
    }

    @Test(arguments: ModelKind.allCases)
    func aReplayWithKnownModelsGivesTheSameBitsWithoutAFit(model: ModelKind) {
        let specification = RegimeSpecification.quick(model)
        let bars = History.randomWalk(700, seed: 41)
        let first = History.walk(bars, specification)
        let models = first.compactMap(\.adopted)
        #expect(models.count == first.count(where: \.fitted))
        #expect(models.count >= (model == .hmm ? 6 : 1))
        let known = Dictionary(uniqueKeysWithValues: models.map { ($0.fitKey, $0) })
        let again = History.walk(bars, specification, knownModels: known)
        #expect(again.map(AnswerBits.init) == first.map(AnswerBits.init))
        #expect(again.allSatisfy { !$0.fitted })
        #expect(again.compactMap(\.adopted) == models)
    }

    static func expectCopyGoesOn(
        _ bars: [DatedBar], _ specification: RegimeSpecification, from index: Int
    ) {
        var walk = WalkForward(specification: specification, barsPerYear: 252)
        for dated in bars.prefix(index) {
            _ = walk.advance(with: dated.bar, sessionDate: dated.date)
        }
        var copy = walk
        for dated in bars.dropFirst(index) {
            let one = walk.advance(with: dated.bar, sessionDate: dated.date)
            let other = copy.advance(with: dated.bar, sessionDate: dated.date)
            #expect(AnswerBits(one) == AnswerBits(other))
        }
    }

    @Test func aCopiedWalkGoesOnLikeTheOriginal() {
        Self.expectCopyGoesOn(History.randomWalk(500, seed: 42), .quick, from: 333)
    }

    @Test func probabilitiesSumToOneAndMissingBarsAreMarked() {
        let bars = History.randomWalk(900, seed: 43, missingShare: 0.03)
        var marked = 0
        var started = false
        for step in History.walk(bars, .quick) {
            guard let answer = step.step else {
                #expect(!started && step.published == .unknown && step.modelVersion == .unfitted)
                continue
            }
            started = true
            #expect((answer.stateProbabilities.reduce(0, +) - 1).magnitude < 1e-12)
            #expect((answer.probabilities.values.reduce(0, +) - 1).magnitude < 1e-12)
            #expect(answer.probabilities.values.allSatisfy { $0 >= 0 && $0 <= 1 })
            #expect(answer.inputMissing == !step.observation.isComplete)
            #expect(step.published != .unknown)
            #expect(step.reasoning.contains("%"))
            if answer.inputMissing {
                marked += 1
                #expect(step.reasoning.contains("predicted, not observed"))
            }
        }
        #expect(marked > 20)
    }

    @Test func hostileSeriesGiveAnswersOrTypedErrors() {
        let hostile: [@Sendable (Int) -> Double] = [
            { $0 % 2 == 0 ? 1e300 : 1e-300 }, { _ in 100 },
            { $0 < 400 ? 100 + Double($0 % 7) : 10 }, { _ in .nan },
            { $0 % 97 == 0 ? 1 : 1000 + Double($0 % 13) },
        ]
        for (number, price) in hostile.enumerated() {
            var bars = History.randomWalk(600, seed: 44)
            for index in bars.indices { bars[index].bar.close = price(index) }
            for specification in [RegimeSpecification.quick, .returnsQuick] {
                var failures = 0
                for step in History.walk(bars, specification) {
                    let sum = step.step?.probabilities.values.reduce(0, +) ?? 1
                    #expect((sum - 1).magnitude < 1e-12, "hostile series \(number)")
                    failures += step.fitFailure == nil ? 0 : 1
                }
                if number == 1, specification == .returnsQuick { #expect(failures > 0) }
            }
        }
    }

    @Test func refitsAreAnchoredOnTheCalendar() throws {
        let plan = RegimeSpecification.standard
        func date(_ text: String) throws -> CivilDate { try #require(CivilDate(iso: text)) }
        let cases: [(String, String, Bool)] = [
            ("2008-12-31", "2009-01-02", true), ("2009-01-02", "2009-01-05", false),
            ("2009-06-30", "2009-07-01", true), ("2009-05-29", "2009-08-03", true),
            ("2009-07-01", "2009-12-31", false), ("2008-12-31", "2011-03-01", true),
        ]
        for (previous, current, isDue) in cases {
            let due = plan.isRefitDue(previous: try date(previous), current: try date(current))
            #expect(due == isDue, "\(previous) → \(current)")
        }
        #expect(!plan.isRefitDue(previous: nil, current: try date("2009-01-02")))
        let bars = History.randomWalk(700, seed: 45)
        let late = History.walk(bars, .quick).enumerated().filter { $1.adopted != nil }
        for (index, _) in late {
            #expect(bars[index].date.month != bars[index - 1].date.month)
            #expect([1, 4, 7, 10].contains(bars[index].date.month))
        }
    }
}

extension RegimeSpecification {
    static var returnsQuick: RegimeSpecification {
        var specification = RegimeSpecification.quick
        specification.features = ["log_return"]
        specification.scaling = .none
        specification.clip = nil
        return specification
    }
}
