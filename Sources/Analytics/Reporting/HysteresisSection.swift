import Evaluation
import RegimeModels

/// What not flickering costs: a map of the grid for each figure, and all of them in a table.
struct HysteresisSection {
    private let cost: HysteresisCost
    private let about: EvaluationAbout
    private let remark: String

    init(_ cost: HysteresisCost, about: EvaluationAbout, remark: String) {
        self.cost = cost
        self.about = about
        self.remark = remark
    }

    private static let shades = 6

    var parts: [Markup] {
        [
            .element("h3", [:], "What hysteresis costs \(cost.candidate), \(remark)"),
            .element("p", ["class": "note"], explanation),
            .element(
                "div", ["class": "row"],
                maps.map { title, decimals, value in map(title, decimals, value) }),
            .element(
                "details", [:],
                [
                    .element(
                        "summary", [:],
                        "All settings, with 95 % intervals and differences to the one in force"),
                    table,
                ]),
        ]
    }

    private var explanation: String {
        let raw = cost.raw
        let force = cost.inForce
        var text =
            "Left unfiltered, the label changes \(rate(raw.card)) times a year; "
            + "\(raw.changes.falseFlips) of \(raw.changes.changes) changes are taken back within "
            + "\(cost.grid.flipBars) bars. "
        if let parameters = force.parameters {
            text +=
                "In force, outlined where it is on the grid: at least "
                + "\(parameters.minimumDwellBars) "
                + "bars, \(parameters.confirmationBars) confirmations to more risk and "
                + "\(parameters.recoveryConfirmationBars) to less: \(rate(force.card)) changes a "
                + "year, \(force.changes.falseFlips) of \(force.changes.changes) taken back, "
        }
        let median = force.medianDelay.map(String.init) ?? "no"
        let interval = SmallSamples.median(force.delays).map {
            " (95 %: \($0.lowerBound) … \($0.upperBound))"
        }
        return text
            + "a median of \(median) bars\(interval ?? "") after the raw label's own change."
            + " Rows: minimum dwell in bars; columns: confirmations in bars, in both directions."
    }

    private func rate(_ card: Scorecard) -> String {
        ScorecardText.figure(.changesPerYear, card)
    }

    private typealias Figure = (HysteresisOutcome) -> Double?

    private var maps: [(title: String, decimals: Int, value: Figure)] {
        [
            ("Changes a year", 1, { $0.card.changesPerYear }),
            ("False flips a year", 1, { cost.perYear($0.changes.falseFlips) }),
            ("Median bars behind the raw label", 0, { $0.medianDelay.map(Double.init) }),
            ("Median lag at falls, bars", 0, { $0.card.falls?.median.map(Double.init) }),
            ("Median lag at rises, bars", 0, { $0.card.recoveries?.median.map(Double.init) }),
            ("Raw runs missed", 0, { Double($0.missedRuns) }),
            (
                "Cost of trading, hundredths of a percent a year", 0,
                { $0.card.turnover * about.costBasisPoints }
            ),
        ]
    }

    private func map(_ title: String, _ decimals: Int, _ value: Figure) -> Markup {
        let values = cost.settings.map(value)
        let known = values.compactMap { $0 }
        guard let lowest = known.min(), let highest = known.max() else { return Markup() }
        var table = HTMLTable(title, ["dwell"] + cost.grid.confirmations.map(String.init))
        let width = cost.grid.confirmations.count
        for (row, dwell) in cost.grid.dwells.enumerated() {
            let cells = cost.grid.confirmations.indices.map { column -> HTMLTable.Cell in
                let place = row * width + column
                guard let value = values[place] else { return .init("–") }
                let share = highest > lowest ? (value - lowest) / (highest - lowest) : 0
                let shade = min(
                    Int(share * Double(HysteresisSection.shades)), HysteresisSection.shades - 1)
                let outcome = cost.settings[cost.settings.startIndex + place]
                let isInForce = outcome.parameters == cost.inForce.parameters
                return .init(
                    NumberText.number(value, decimals),
                    style: "h\(shade)" + (isInForce ? " force" : ""))
            }
            table.append(String(dwell), cells)
        }
        return .element("figure", ["class": "heat"], [table.markup])
    }

    private var table: Markup {
        var table = HTMLTable(
            "Dwell / confirmations; delays in bars; Sharpe less that of the setting in force",
            [
                "Setting", "Changes a year", "Taken back", "Flips suppressed", "Behind raw, median",
                "Falls seen", "Lag", "Rises seen", "Lag", "Runs missed", "Turnover a year",
                "Largest fall", "Sharpe less in force",
            ])
        for outcome in cost.outcomes {
            let card = outcome.card
            let delay = SmallSamples.median(outcome.delays).map {
                "\($0.lowerBound) … \($0.upperBound)"
            }
            let back = SmallSamples.share(outcome.changes.falseFlips, of: outcome.changes.changes)
                .map {
                    "\(NumberText.number($0.lowerBound * 100, 0)) … "
                        + "\(NumberText.number($0.upperBound * 100, 0)) %"
                }
            let sharpe = card.differences[Evaluator.inForceName]?[.sharpe]
            table.append(
                card.candidate,
                [
                    ScorecardSection.cell(.changesPerYear, card),
                    .init(
                        "\(outcome.changes.falseFlips) of \(outcome.changes.changes)",
                        interval: back),
                    .init(
                        cost.suppressed(outcome).map {
                            NumberText.typeset(NumberText.number($0 * 100, 0)) + " %"
                        } ?? "–"),
                    .init(outcome.medianDelay.map(String.init) ?? "–", interval: delay),
                ] + ScorecardSection.lag(card.falls) + ScorecardSection.lag(card.recoveries) + [
                    .init("\(outcome.missedRuns)"), ScorecardSection.cell(.turnover, card),
                    ScorecardSection.cell(.maximumDrawdown, card),
                    sharpe.map {
                        .init(Metric.sharpe.bare($0.estimate), interval: Metric.sharpe.text($0))
                    } ?? .init("–"),
                ], style: card.candidate == Evaluator.inForceName ? "focus" : "")
        }
        return table.markup
    }
}
