import Evaluation
import Regimes

/// What was done, with what, and how to do it again.
struct ConfigurationSection {
    private let about: EvaluationAbout

    init(_ about: EvaluationAbout) {
        self.about = about
    }

    var section: Markup {
        .element(
            "section", [:],
            [
                .element("h2", [:], "How this was made"),
                .element("dl", [:], definitions.flatMap { ConfigurationSection.entry($0, $1) }),
                .element("h3", [:], "Data"), files,
                .element("h3", [:], "Models"),
            ] + about.models.map(model) + [
                .element("h3", [:], "To make it again"),
                .element("pre", ["tabindex": "0"], about.command),
                .element(
                    "p", ["class": "note"],
                    "Equal files, settings and seed give this page again, byte for byte."),
            ])
    }

    private static func entry(_ term: String, _ text: String) -> [Markup] {
        [.element("dt", [:], term), .element("dd", [:], text)]
    }

    private var definitions: [(term: String, text: String)] {
        let settings = about.settings
        let held = Regime.known.filter(Strategy.isRiskOn).map(\.label).joined(separator: ", ")
        return [
            (
                "Walk-forward",
                "Every label is what a live service would have published at that bar: models are "
                    + "fitted on earlier bars only and refitted on calendar dates."
            ),
            (
                "Strategy",
                "Hold the market while the label is \(held), else nothing. A label of one bar is "
                    + "traded \(settings.strategy.delayBars) bars later at the close and earns "
                    + "from the bar after that. A trade costs "
                    + "\(NumberText.number(about.costBasisPoints, 1)) hundredths of a percent of "
                    + "its value. Cash earns nothing and no interest is subtracted."
            ),
            (
                "Return, volatility, Sharpe",
                "Geometric return a year; sample deviation of simple returns × √(bars a year); "
                    + "mean "
                    + "over that deviation × √(bars a year) (Sharpe 1994)."
            ),
            (
                "Sortino",
                "Mean over the root of the mean of min(return, 0)² over all bars, annualised "
                    + "(Sortino "
                    + "and Price 1994). Without a losing bar it has no value."
            ),
            (
                "Calmar",
                "Return a year over the largest fall of the whole period (after Young 1991, who "
                    + "took "
                    + "36 months). Without a fall it has no value."
            ),
            (
                "Turning points",
                "Phases of \(NumberText.number(settings.phaseMove * 100, 0)) % by the filter of "
                    + "Lunde "
                    + "and Timmermann (2004), dated afterwards, by no bar after the cut for what "
                    + "lies before it. A lag counts bars to the first risk-off label of a fall, or "
                    + "risk-on label of a rise."
            ),
            (
                "Log score",
                "Mean log density of the next log return under a mixture of normals, one per "
                    + "label, weighted by the label probabilities (Good 1952). What has one label "
                    + "throughout, as holding has, states the normal of all earlier returns: to "
                    + "beat it takes no more than knowing wild times from quiet ones."
            ),
            (
                "Posterior, Brier and skill",
                "Mean over bars of Σ (p(label) − 1 where it is the label published "
                    + "\(settings.horizon) bars later)² over all labels, 0 best, 2 worst (Brier "
                    + "1950); skill = 1 − it ÷ that of always stating how often each label came."
            ),
            (
                "Confidence, calibrated",
                "The probability of the published label as a forecast that it still holds "
                    + "\(settings.horizon) bars later; and the same after a logistic regression "
                    + "on earlier outcomes."
            ),
            ("Intervals", intervals),
        ]
    }

    private var intervals: String {
        guard let bootstrap = about.settings.bootstrap else { return "none were asked for" }
        return
            "95 %, percentile, from \(bootstrap.replicates) replicates of the stationary "
            + "bootstrap (Politis and Romano 1994), mean block "
            + "\(NumberText.number(bootstrap.meanBlockBars, 0)) bars, seed \(about.seed), all "
            + "candidates on the same drawn bars. Largest falls, and Calmar with them, are "
            + "extremes of one path: their intervals are rough. Shares of few cases: Wilson "
            + "(1927); medians: order statistics (Thompson 1936), from six values on; both take "
            + "the turning points of several markets for independent, which they are not. Bins of "
            + "reliability: the wider of Wilson's and the bootstrap's at either end. "
            + "«Significant» means that the interval of a difference leaves 0 out; no correction "
            + "for many comparisons but the reality "
            + "check and the deflated Sharpe ratio (\(about.trials) trials)."
    }

    private var files: Markup {
        var table = HTMLTable("Files that were read", ["File", "SHA-256"])
        for file in about.files { table.append(file.name, [.init(file.sha256)]) }
        return table.markup
    }

    private func model(_ model: EvaluationAbout.Model) -> Markup {
        guard !model.specifications.isEmpty else {
            return .element("p", [:], "\(model.candidate): no model.")
        }
        return .element(
            "details", [:],
            [.element("summary", [:], model.candidate)]
                + model.specifications.map { .element("pre", ["tabindex": "0"], $0) })
    }
}
