import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("Property: labels, hysteresis and probabilities")
struct LabelTests {
    static let parameters = HysteresisParameters(
        entryProbability: 0.6, exitProbability: 0.4, minimumDwellBars: 6, confirmationBars: 2,
        recoveryConfirmationBars: 4)

    @Test(arguments: Sweep.seeds(5))
    func hysteresisKeepsItsLaws(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var hysteresis = Hysteresis(Self.parameters)
        var favourite = Regime.normalBull
        var raws: [Regime] = []
        var (stood, changes) = (0, 0)
        for bar in 0..<3_000 {
            if generator.unit() < 0.1 {
                favourite = Regime.known[Int(generator.unit() * 6)]
            }
            let mass = 0.2 + 0.8 * generator.unit()
            let rest = (1 - mass) / 6
            let probabilities = RegimeProbabilities(
                summing: [(favourite, mass)] + Regime.known.map { ($0, rest) })
            let raw = probabilities.mode
            raws.append(raw)
            let before = hysteresis.published
            let after = hysteresis.advance(probabilities, raw: raw)
            stood += 1
            guard after != before else { continue }
            if before == .unknown {
                #expect(bar == 0 && after == raw)
            } else {
                changes += 1
                #expect(after == raw, "bar \(bar)")
                #expect(probabilities[after] >= 0.6)
                #expect(probabilities[before] <= 0.4)
                #expect(stood > Self.parameters.minimumDwellBars)
                let needed = after.riskLevel >= before.riskLevel ? 2 : 4
                #expect(raws.suffix(needed).allSatisfy { $0 == after })
            }
            stood = 1
        }
        #expect(changes > 20)
    }

    @Test func hysteresisCountsLiveOnUnderOtherParameters() {
        var hysteresis = Hysteresis(Self.parameters)
        let calm = RegimeProbabilities(concentratedOn: .normalBull)
        for _ in 0..<10 { _ = hysteresis.advance(calm, raw: .normalBull) }
        hysteresis.parameters.confirmationBars = 1
        #expect(hysteresis.dwellBars == 10)
        let crisis = RegimeProbabilities(concentratedOn: .crisis)
        #expect(hysteresis.advance(crisis, raw: .crisis) == .crisis)
    }

    private func context(
        rank: Double, drawdown: Double, trend: Double = 0.01, momentum: Double = 0.05
    ) -> MarketContext {
        var context = MarketContext.unknown
        context.longRunVolatility = 0.2
        context.volatilityRank = rank
        context.drawdown = drawdown
        context.trend = trend
        context.momentum = momentum
        return context
    }

    @Test func statesMapToLabelsAsDocumented() {
        let taxonomy = TaxonomyParameters()
        #expect(
            StateClass.allCases == [0.5, 1, 2].map { taxonomy.stateClass(volatilityRatio: $0) })
        let panic = context(rank: 0.95, drawdown: -0.3, trend: -0.2)
        #expect(taxonomy.label(of: .stressed, in: panic) == .crisis)
        #expect(taxonomy.label(of: .normal, in: panic) == .normalBear)
        let slide = context(rank: 0.6, drawdown: -0.15, trend: -0.05)
        for state in StateClass.allCases {
            #expect(taxonomy.label(of: state, in: slide) == .normalBear)
        }
        let nervous = context(rank: 0.9, drawdown: -0.05)
        #expect(taxonomy.label(of: .stressed, in: nervous) == .highVolatility)
        #expect(taxonomy.label(of: .normal, in: nervous) == .highVolatility)
        #expect(taxonomy.label(of: .calm, in: nervous) == .normalBull)
        let quiet = context(rank: 0.1, drawdown: 0)
        #expect(taxonomy.label(of: .calm, in: quiet) == .lowVolatility)
        #expect(taxonomy.label(of: .normal, in: quiet) == .normalBull)
        #expect(taxonomy.label(of: .stressed, in: quiet) == .normalBull)
        let mania = context(rank: 0.3, drawdown: 0, trend: 0.15, momentum: 0.4)
        #expect(taxonomy.label(of: .calm, in: mania) == .euphoria)
        let labels = StateClass.allCases.map { taxonomy.label(of: $0, in: .unknown) }
        #expect(labels == [.lowVolatility, .normalBull, .highVolatility])
    }

    @Test func ruleScoresAreSharesOfTheWhole() {
        let rules = RuleParameters()
        for seed in UInt64(1)...50 {
            var generator = SplitMix64(seed: seed)
            let probabilities = rules.probabilities(
                in: context(
                    rank: generator.unit(), drawdown: -0.5 * generator.unit(),
                    trend: generator.normal() * 0.1, momentum: generator.normal() * 0.3))
            #expect((probabilities.values.reduce(0, +) - 1).magnitude < 1e-12)
            #expect(probabilities.values.allSatisfy { $0 >= 0 })
        }
        let panic = rules.probabilities(in: context(rank: 0.95, drawdown: -0.3, trend: -0.2))
        #expect(panic[.crisis] == 1)
        let halfway = rules.probabilities(in: context(rank: 0.8, drawdown: 0))
        #expect((halfway[.highVolatility] - 0.5).magnitude < 1e-12)
        #expect((halfway[.normalBull] - 0.5).magnitude < 1e-12)
        let slide = rules.probabilities(in: context(rank: 0.5, drawdown: -0.2, trend: -0.1))
        #expect(slide[.normalBear] == 1)
        let quiet = rules.probabilities(in: context(rank: 0.1, drawdown: -0.01))
        #expect(quiet[.lowVolatility] == 1)
        let mania = rules.probabilities(
            in: context(rank: 0.5, drawdown: 0, trend: 0.2, momentum: 0.5))
        #expect(mania[.euphoria] == 1)
        #expect(rules.probabilities(in: .unknown)[.normalBull] == 1)
    }
}
