import Kernels
import Regimes
import TestSupport
import Testing

@testable import RegimeModels

@Suite("Calibration of persistence")
struct CalibrationTests {
    /// Statements whose outcome follows a known logistic law.
    static func outcomes(
        _ count: Int, seed: UInt64, intercept: Double, slope: Double
    ) -> [PersistenceCalibration.Outcome] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let inputs = PersistenceCalibration.Inputs(
                probability: 0.02 + 0.96 * generator.unit(),
                dwell: Int(generator.unit() * 20), minimumDwell: 10)
            let score = intercept + slope * inputs.logit + 2 * inputs.dwellAhead
            let truth = 1 / (1 + VectorMath.exp(-score))
            return .init(inputs: inputs, held: generator.unit() < truth)
        }
    }

    @Test("the law that made the outcomes is found again")
    func recovery() throws {
        let outcomes = Self.outcomes(20_000, seed: 3, intercept: 1, slope: 0.4)
        let calibration = try PersistenceCalibration(outcomes)
        #expect(abs(calibration.coefficients[0] - 1) < 0.1)
        #expect(abs(calibration.coefficients[1] - 0.4) < 0.05)
        #expect(abs(calibration.coefficients[2] - 2) < 0.3)
    }

    @Test("at the optimum, stated probabilities sum to what happened")
    func scoreEquations() throws {
        for seed in Sweep.seeds(5) {
            let outcomes = Self.outcomes(600, seed: seed, intercept: 0.5, slope: 1)
            let calibration = try PersistenceCalibration(outcomes)
            let stated = outcomes.reduce(0) { $0 + calibration.probability($1.inputs) }
            let held = Double(outcomes.count(where: \.held))
            #expect(abs(stated - held) < 1e-6, "seed \(seed)")
        }
    }

    @Test("equal outcomes give equal bits, and a slice is what it holds")
    func determinism() throws {
        let outcomes = Self.outcomes(700, seed: 8, intercept: 0.5, slope: 1)
        let one = try PersistenceCalibration(outcomes.suffix(500))
        let other = try PersistenceCalibration(Array(outcomes.dropFirst(200)))
        #expect(one.coefficients.map(\.bitPattern) == other.coefficients.map(\.bitPattern))
    }

    @Test("both sides of what a fit needs: outcomes, and of each kind")
    func bounds() throws {
        let need = PersistenceCalibration.minimumOutcomes
        let each = PersistenceCalibration.minimumOfEachKind
        let all = Self.outcomes(4_000, seed: 1, intercept: 0.5, slope: 1)
        let (held, lost) = (all.filter(\.held), all.filter { !$0.held })
        func mixed(_ count: Int, lost number: Int) -> [PersistenceCalibration.Outcome] {
            Array(lost.prefix(number) + held.prefix(count - number))
        }
        _ = try PersistenceCalibration(mixed(need, lost: each))
        #expect(throws: CalibrationError.tooFewOutcomes(have: need - 1, need: need)) {
            try PersistenceCalibration(mixed(need - 1, lost: 50))
        }
        #expect(
            throws: CalibrationError.oneSided(held: need - each + 1, lost: each - 1, need: each)
        ) {
            try PersistenceCalibration(mixed(need, lost: each - 1))
        }
        #expect(throws: CalibrationError.oneSided(held: 0, lost: need, need: each)) {
            try PersistenceCalibration(Array(lost.prefix(need)))
        }
        #expect(throws: CalibrationError.tooFewOutcomes(have: 0, need: need)) {
            try PersistenceCalibration([PersistenceCalibration.Outcome]())
        }
    }

    @Test("a fit cut short tells how far it came")
    func notConverged() throws {
        let outcomes = Self.outcomes(600, seed: 2, intercept: 0.5, slope: 1)
        let error = try #require(throws: CalibrationError.self) {
            try PersistenceCalibration(outcomes, iterationLimit: 2)
        }
        guard case .notConverged(iterations: 2, let likelihoods) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(likelihoods.count == 3 && likelihoods == likelihoods.sorted())
        #expect("\(error)".contains("2 iterations"))
    }

    @Test("probabilities at the ends are bounded; a dwell that is over asks for nothing")
    func inputs() throws {
        typealias Inputs = PersistenceCalibration.Inputs
        let sure = Inputs(probability: 1, dwell: 3, minimumDwell: 10)
        let less = Inputs(probability: 0.995, dwell: 3, minimumDwell: 10)
        #expect(sure == less && sure.dwellAhead == 0.7 && sure.logit.isFinite)
        let over = Inputs(probability: 0.5, dwell: 40, minimumDwell: 10)
        #expect(over.logit == 0 && over.dwellAhead == 0)
        #expect(Inputs(probability: 0.5, dwell: 1, minimumDwell: 0).dwellAhead == 0)
        // However strong the law, nobody is told that a label is certain to hold, or to go.
        let outcomes = (0..<400).map { number in
            PersistenceCalibration.Outcome(
                inputs: Inputs(probability: number < 200 ? 1 : 0, dwell: 20, minimumDwell: 10),
                held: number < 200)
        }
        let calibration = try PersistenceCalibration(outcomes)
        for probability in [0, 0.5, 1.0] {
            let stated = calibration.probability(
                Inputs(probability: probability, dwell: 20, minimumDwell: 10))
            #expect(stated > 0 && stated < 1)
        }
    }
}

@Suite("Confidence that learns what came of it")
struct ConfidenceCalibratorTests {
    /// Labels that switch, with probabilities that say little.
    static func script(_ count: Int, seed: UInt64) -> [(regime: Regime, probability: Double)] {
        var generator = SplitMix64(seed: seed)
        var isWild = false
        return (0..<count).map { _ in
            if generator.unit() < 0.04 { isWild.toggle() }
            return (isWild ? .crisis : .normalBull, 0.05 + 0.9 * generator.unit())
        }
    }

    /// Answers, with a refit before each bar that is a multiple of `period`.
    static func answers(
        _ script: [(regime: Regime, probability: Double)], horizon: Int = 5, period: Int = 100
    ) -> [Double?] {
        var calibrator = ConfidenceCalibrator(horizon: horizon, minimumDwell: 0)
        return script.enumerated().map { bar, said in
            if bar % period == 0 { try? calibrator.refit() }
            return calibrator.advance(
                published: said.regime,
                probability: said.regime == .unknown ? nil : said.probability, dwell: 1)
        }
    }

    @Test("a label that is published H bars later held, whatever lay between")
    func outcomes() throws {
        for (horizon, seed) in zip([1, 3, 5, 20], Sweep.seeds(4)) {
            let script = Self.script(1_200, seed: seed)
            // Known at bar t: what was said at t − H. So before bar 1000, H of them are open.
            let known = (0..<(1_000 - horizon)).map { bar in
                PersistenceCalibration.Outcome(
                    inputs: .init(
                        probability: script[bar].probability, dwell: 1, minimumDwell: 0),
                    held: script[bar + horizon].regime == script[bar].regime)
            }
            let expected = try PersistenceCalibration(known)
            let answers = Self.answers(script, horizon: horizon, period: 1_000)
            #expect(answers.prefix(1_000).allSatisfy { $0 == nil })
            for bar in 1_000..<1_200 {
                let stated = expected.probability(
                    .init(probability: script[bar].probability, dwell: 1, minimumDwell: 0))
                #expect(answers[bar] == stated, "H \(horizon), bar \(bar)")
            }
        }
    }

    @Test("no later label or probability changes an earlier answer", arguments: Sweep.seeds(4))
    func causality(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let script = Self.script(1_200, seed: seed)
        let whole = Self.answers(script)
        for _ in 0..<4 {
            let cut = 300 + Int(generator.unit() * 899)
            let altered = script.enumerated().map { bar, said in
                bar < cut ? said : (regime: .euphoria, probability: generator.unit())
            }
            #expect(Self.answers(altered).prefix(cut) == whole.prefix(cut), "cut at \(cut)")
        }
    }

    @Test("where nothing is said, nothing is learnt and nothing answered")
    func unknown() {
        let script = Self.script(900, seed: 5)
        let silence = [(regime: Regime.unknown, probability: 0.0)]
        let late = (0..<150).map { _ in silence[0] } + script
        let answers = Self.answers(late, period: 1)
        #expect(answers.prefix(150).allSatisfy { $0 == nil })
        #expect(answers.dropFirst(150).elementsEqual(Self.answers(script, period: 1)))
    }

    @Test("a refit that fails leaves what was before in force")
    func failure() throws {
        var calibrator = ConfidenceCalibrator(horizon: 5, minimumDwell: 0)
        #expect(throws: CalibrationError.self) { try calibrator.refit() }
        for said in Self.script(600, seed: 6) {
            _ = calibrator.advance(
                published: said.regime, probability: said.probability, dwell: 1)
        }
        try calibrator.refit()
        var frozen = calibrator
        let one = calibrator.advance(published: .crisis, probability: 0.5, dwell: 1)
        let other = frozen.advance(published: .crisis, probability: 0.5, dwell: 1)
        #expect(one != nil && one == other)
    }

    @Test("only the latest outcomes are looked at")
    func limit() throws {
        let limit = ConfidenceCalibrator.outcomeLimit
        let script = Self.script(limit + 700, seed: 7)
        var all = ConfidenceCalibrator(horizon: 1, minimumDwell: 0)
        var late = ConfidenceCalibrator(horizon: 1, minimumDwell: 0)
        for (bar, said) in script.enumerated() {
            _ = all.advance(published: said.regime, probability: said.probability, dwell: 1)
            guard bar >= script.count - limit - 1 else { continue }
            _ = late.advance(published: said.regime, probability: said.probability, dwell: 1)
        }
        try all.refit()
        try late.refit()
        let one = all.advance(published: .crisis, probability: 0.4, dwell: 1)
        #expect(one == late.advance(published: .crisis, probability: 0.4, dwell: 1))
    }
}
