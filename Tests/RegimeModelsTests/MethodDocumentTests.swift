import Foundation
import RegimeModels
import Testing

/// The numbers in the explanation of the method are those in force.
@Suite("The page about the method")
struct MethodDocumentTests {
    private static let text: String = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Documentation/Method.md")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    private func expect(_ words: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(Self.text.contains(words), "\(words)", sourceLocation: location)
    }

    /// As the page writes it: `0.8`, `25`.
    private func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }

    private func ramp(_ name: String, _ ramp: Ramp) -> String {
        "\\langle \(name) \\rangle_{\(number(ramp.none))}^{\(number(ramp.full))}"
    }

    @Test("the rules' soft thresholds")
    func rules() throws {
        let rules = RuleParameters()
        expect(ramp("\\text{depth}", rules.deepDrawdown))
        expect(
            ramp("\\text{depth}", rules.bearDrawdown) + " \\cdot "
                + ramp("\\text{trend}", rules.fallingTrend))
        expect(
            ramp("\\text{trend}", rules.euphoriaTrend) + " \\cdot "
                + ramp("\\text{momentum}", rules.euphoriaMomentum))
        expect(ramp("\\rho", rules.calmRank))
        expect(ramp("\\rho", rules.stressedRank))
        expect(ramp("\\text{VIX}", try #require(rules.stressedVIX)))
    }

    @Test("the thresholds between states and labels")
    func taxonomy() {
        let taxonomy = TaxonomyParameters()
        expect("at least \(number(taxonomy.stressedRatio)) times its training window's")
        expect("**calm** at \(number(taxonomy.calmRatio)) and below")
        let crisis = (number(taxonomy.crisisDrawdown), number(taxonomy.crisisRank))
        expect("depth ≥ \(crisis.0) and $\\rho$ ≥ \(crisis.1)")
        expect("depth ≥ \(number(taxonomy.bearDrawdown)) and $g < 0$")
        expect("| not calm | $\\rho$ ≥ \(number(taxonomy.highRank)) |")
        expect("| stressed | not $\\rho$ < \(number(taxonomy.ordinaryRank)) |")
        expect(
            "trend ≥ \(number(taxonomy.euphoriaTrend)) and "
                + "momentum ≥ \(number(taxonomy.euphoriaMomentum))")
        expect("| calm | not $\\rho$ > \(number(taxonomy.lowRank)) |")
    }

    @Test("hysteresis, training and the default model")
    func specification() throws {
        let standard = RegimeSpecification.standard
        let hysteresis = standard.hysteresis
        expect("p_t(\\hat l) \\ge \(number(hysteresis.entryProbability))")
        expect("p_t(l) \\le \(number(hysteresis.exitProbability))")
        #expect(hysteresis.confirmationBars == hysteresis.recoveryConfirmationBars)
        expect("\\hat l \\text{ raw for } \(hysteresis.confirmationBars) \\text{ bars")
        expect("published for} \\ge \(hysteresis.minimumDwellBars) \\text{ bars}")
        #expect(standard.training.windowBars == 2520)
        #expect(standard.training.refitMonths == [1, 7])
        expect("first session of January and July a model is fitted on the latest 2,520 obs")
        expect("if there are \(standard.training.warmUpBars),")
        expect("$K = \(standard.states)$")
        #expect(standard.features == ["log_downside_deviation_20", "sortino_20"])
        expect("both with $h = 20$ bars")
        expect("limited to $\\pm \(number(try #require(standard.clip)))$")
        expect("at least \(PersistenceCalibration.minimumOutcomes) of them")
        #expect(CalibrationPlan().horizonBars == 5)
        expect("\\Pr(l_{t+5} = l_t)")
    }
}
