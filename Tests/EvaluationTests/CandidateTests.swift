import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

@testable import Evaluation

@Suite("Candidates and walks")
struct CandidateTests {
    @Test("candidates are read from text")
    func texts() throws {
        #expect(try Candidate("buy-and-hold", seed: 1).walks.isEmpty)
        #expect(try Candidate("sma50", seed: 1).name == "sma50")
        let model = try Candidate(
            "hmm:states=2:features=log_return+sortino_20:refit=1+7:window=all:clip=none:dwell=0",
            seed: 9)
        let walk = try #require(model.walks.first)
        #expect(walk.states == 2 && walk.seed == 9)
        #expect(walk.features == ["log_return", "sortino_20"])
        #expect(walk.training.refitMonths == [1, 7] && walk.training.windowBars == nil)
        #expect(walk.clip == nil)
        let jump = try Candidate("jump:penalty=30:states=3", seed: 1).walks.first
        #expect(jump?.jump?.penalty == 30 && jump?.states == 3)
        #expect(try Candidate("default/rules/hmm:states=4", seed: 1).walks.count == 3)
    }

    @Test(
        "what cannot be read is an error that says what can",
        arguments: [
            "", "hm", "hmm:", "hmm:states", "hmm:states=x", "hmm:states=0", "hmm:states=9",
            "hmm:colour=red", "hmm:features=nope", "hmm/", "sma0", "sma9999999",
            "hmm:refit=13", "hmm:refit=", "hmm:horizon=-1", "hmm:entry=2", "hmm:clip=-1",
            "hmm:window=5", "hmm:penalty=5", "jump:penalty=-1", "hmm:confidence=sure",
        ])
    func badTexts(text: String) {
        #expect(throws: CandidateError.self) { try Candidate(text, seed: 1) }
    }

    @Test("errors name the valid ones")
    func advice() throws {
        let error = try #require(throws: CandidateError.self) {
            try Candidate("hm:states=2", seed: 1)
        }
        #expect("\(error)".contains("buy-and-hold") && "\(error)".contains("rules"))
        let key = try #require(throws: CandidateError.self) {
            try Candidate("hmm:colour=red", seed: 1)
        }
        #expect("\(key)".contains("states") && "\(key)".contains("«colour=red»"))
    }

    @Test("variants of what comes after the fit share a walk")
    func sharedWalks() throws {
        let texts = [
            "default", "default:dwell=40", "default:bear-drawdown=0.5:horizon=5",
            "default:confidence=calibrated",
        ]
        let walks = try texts.flatMap { try Candidate($0, seed: 1).walks }
        #expect(Set(walks.map(\.canonicalJSON)).count == 1)
    }

    static let quick =
        "hmm:states=2:features=log_volatility_21:starts=2:warmup=60:window=120:refit=1+3+5+7+9+11"

    static func walks(
        _ candidates: [Candidate], _ history: MarketHistory
    ) -> [String: ModelWalk] {
        var walks: [String: ModelWalk] = [:]
        for specification in candidates.flatMap(\.walks) {
            walks[specification.canonicalJSON] = ModelWalk(specification, over: history)
        }
        return walks
    }

    @Test("a path is what the walk itself publishes, hysteresis and taxonomy included")
    func equalsWalkForward() throws {
        for seed in Sweep.seeds(2) {
            let history = Histories.randomWalk(500, seed: seed, missingShare: 0.01)
            for text in [Self.quick, Self.quick + ":dwell=3:confirm=1:stressed=1.1:high-rank=0.7"] {
                let candidate = try Candidate(text, seed: seed)
                let path = candidate.path(
                    over: history, walks: Self.walks([candidate], history))
                guard case .models(let members) = candidate.kind else { return }
                var walk = WalkForward(
                    specification: members[0].specification, barsPerYear: history.barsPerYear)
                for bar in 0..<history.count {
                    let step = walk.advance(
                        with: history.bars[bar], sessionDate: history.dates[bar])
                    #expect(step.published == path.published[bar], "seed \(seed), bar \(bar)")
                }
                #expect(path.published.contains { $0 != .unknown })
            }
        }
    }

    @Test("a calibrated candidate states the walk's own confidence, bit for bit")
    func statedConfidence() throws {
        let text = Self.quick + ":dwell=8:confirm=1:recover=2"
        for seed in Sweep.seeds(2) {
            let history = Histories.randomWalk(900, seed: seed, missingShare: 0.01)
            let candidate = try Candidate(text + ":confidence=calibrated", seed: seed)
            let walks = Self.walks([candidate], history)
            let path = candidate.path(over: history, walks: walks)
            let raw = try Candidate(text, seed: seed).path(over: history, walks: walks)
            #expect(raw.statedConfidence == nil && raw.published == path.published)
            guard case .models(let members) = candidate.kind else { return }
            var walk = WalkForward(
                specification: members[0].specification, barsPerYear: history.barsPerYear)
            var calibrated = 0
            for bar in 0..<history.count {
                let step = walk.advance(with: history.bars[bar], sessionDate: history.dates[bar])
                let stated = step.calibratedConfidence ?? raw.confidence(at: bar)
                #expect(path.confidence(at: bar) == stated, "seed \(seed), bar \(bar)")
                calibrated += step.calibratedConfidence == nil ? 0 : 1
            }
            #expect(calibrated > 100)
            // What is calibrated afterwards rests on the label's probability, not on its product.
            #expect(
                path.calibratedConfidence(horizon: 5, dates: history.dates)
                    == raw.calibratedConfidence(horizon: 5, dates: history.dates))
        }
    }

    @Test("no later bar changes a path, whatever the candidate")
    func causality() throws {
        let history = Histories.randomWalk(420, seed: 3)
        let altered = Histories.closes(
            history.bars.close.enumerated().map { $0 < 360 ? $1 : $1 * (2 + Double($0 % 3)) })
        let texts = [
            "buy-and-hold", "sma50", "rules", Self.quick, Self.quick + ":horizon=5",
            Self.quick + ":confidence=calibrated",
            Self.quick + "/" + Self.quick + ":seed=4",
        ]
        for text in texts {
            let candidate = try Candidate(text, seed: 1)
            let one = candidate.path(over: history, walks: Self.walks([candidate], history))
            let other = candidate.path(over: altered, walks: Self.walks([candidate], altered))
            #expect(one.published.prefix(360) == other.published.prefix(360), "\(text)")
            #expect(one.probabilities.prefix(360) == other.probabilities.prefix(360), "\(text)")
            #expect(one.statedConfidence?.prefix(360) == other.statedConfidence?.prefix(360))
        }
    }

    @Test("an average of a model with itself is that model; probabilities stay probabilities")
    func averages() throws {
        let history = Histories.randomWalk(400, seed: 8)
        let one = try Candidate(Self.quick, seed: 1)
        let twice = try Candidate(Self.quick + "/" + Self.quick, seed: 1)
        let mixed = try Candidate(Self.quick + "/rules", seed: 1)
        let walks = Self.walks([one, mixed], history)
        let path = one.path(over: history, walks: walks)
        #expect(path.published == twice.path(over: history, walks: walks).published)
        for value in mixed.path(over: history, walks: walks).probabilities {
            #expect(agree(value.values.reduce(0, +), 1))
        }
    }

    @Test("label probabilities some bars ahead are a power of the transition matrix away")
    func horizon() throws {
        let history = Histories.randomWalk(300, seed: 2)
        let candidate = try Candidate(Self.quick, seed: 1)
        let walk = ModelWalk(try #require(candidate.walks.first), over: history)
        let answer = try #require(walk.answers.last??.step)
        let manifest = try #require(walk.models.last)
        guard case .gaussian(let parameters) = manifest.parameters else {
            Issue.record("a hidden Markov model")
            return
        }
        let transition = parameters.transition
        var states = Array(answer.stateProbabilities)
        for _ in 0..<3 {
            states = [0, 1].map { states[0] * transition[0][$0] + states[1] * transition[1][$0] }
        }
        let ahead = try #require(walk.probabilities(horizon: 3).last ?? nil)
        let regimes = manifest.classifier.states.map {
            manifest.classifier.taxonomy.label(of: $0.stateClass, in: answer.context)
        }
        for regime in Set(regimes) {
            let expected = zip(regimes, states).reduce(0) {
                $0 + ($1.0 == regime ? $1.1 : 0)
            }
            #expect(agree(ahead[regime], expected))
        }
    }
}
