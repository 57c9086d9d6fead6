import Evaluation

/// The scorecards of one market in one period: differences drawn, figures in tables.
struct ScorecardSection {
    let page: EvaluationPage
    let period: PeriodEvaluation

    static let earnings: [Metric] = [
        .annualisedReturn, .annualisedVolatility, .sharpe, .sortino, .calmar, .maximumDrawdown,
        .exposure, .turnover,
    ]
    static let statements: [Metric] = [
        .posteriorBrier, .posteriorSkill, .persistenceBrier, .persistenceSkill,
        .calibratedBrier, .calibratedSkill,
    ]

    var parts: [Markup] {
        var parts: [Markup] = []
        if let forest = ForestPlot(period, against: page.about.against) {
            parts.append(forest.figure)
        }
        parts += differences
        parts += [earningsTable, labelsTable, statementsTable]
        parts += remarks
        return parts
    }

    private func table(
        _ caption: String, _ columns: [String], _ cells: (Scorecard) -> [HTMLTable.Cell]
    ) -> Markup {
        var table = HTMLTable(caption, ["Candidate"] + columns)
        for card in period.cards {
            table.append(
                card.candidate, cells(card),
                style: card.candidate == page.about.focus ? "focus" : "")
        }
        return table.markup
    }

    static func cell(_ metric: Metric, _ card: Scorecard) -> HTMLTable.Cell {
        guard let value = card.value(metric) else { return .init("–") }
        return .init(metric.text(value), interval: card.intervals[metric].map(metric.text))
    }

    private var earningsTable: Markup {
        table(
            "What each earned, with 95 % intervals", ScorecardSection.earnings.map(\.title)
        ) { card in
            ScorecardSection.earnings.map { ScorecardSection.cell($0, card) }
        }
    }

    private var labelsTable: Markup {
        table(
            "How its label moved: changes, and detection of turning points; with 95 % intervals",
            [
                Metric.changesPerYear.title, "Falls seen", "Median lag, bars", "Rises seen",
                "Median lag, bars",
            ]
        ) { card in
            [ScorecardSection.cell(.changesPerYear, card)] + ScorecardSection.lag(card.falls)
                + ScorecardSection.lag(card.recoveries)
        }
    }

    private var statementsTable: Markup {
        table(
            "What its probabilities are worth, with 95 % intervals; log score gained on "
                + "\(page.about.against ?? "nobody") in thousandths of a nat a bar",
            ["Log score gained"] + ScorecardSection.statements.map(\.title)
        ) { card in
            [gain(card)] + ScorecardSection.statements.map { ScorecardSection.cell($0, card) }
        }
    }

    /// What the drawing shows and more, in numbers; coloured where the interval leaves 0 out.
    private var differences: [Markup] {
        guard let against = page.about.against else { return [] }
        let metrics = EvaluationSummary.compared
        let table = table(
            "Less \(against), with 95 % intervals and p; returns and falls in points",
            metrics.map(\.title)
        ) { card in
            metrics.map { metric in
                let interval = card.differences[against]?[metric]
                return ScorecardSection.difference(
                    metric, interval,
                    remark: interval.map { "; p \(NumberText.number($0.pValue, 3))" } ?? "")
            }
        }
        return [
            .element(
                "details", [:],
                [.element("summary", [:], "All differences to \(against) in numbers"), table])
        ]
    }

    /// A difference with its interval, coloured where that leaves 0 out.
    static func difference(
        _ metric: Metric, _ interval: BootstrapInterval?, remark: String = ""
    ) -> HTMLTable.Cell {
        guard let interval else { return .init("–") }
        let isBetter = EvaluationSummary.isBetter(metric, interval)
        return .init(
            metric.bare(interval.estimate), interval: metric.text(interval) + remark,
            style: interval.excludesZero ? (isBetter ? "yes" : "worse") : "")
    }

    private func gain(_ card: Scorecard) -> HTMLTable.Cell {
        guard let against = page.about.against,
            let gain = card.differences[against]?[.logScore]
        else { return .init("–") }
        return .init(Metric.logScore.text(gain.estimate), interval: Metric.logScore.text(gain))
    }

    static func lag(_ lag: DetectionLag?) -> [HTMLTable.Cell] {
        guard let lag, lag.phases > 0 else { return [.init("none"), .init("–")] }
        let share = SmallSamples.share(lag.detected, of: lag.phases).map {
            "\(NumberText.number($0.lowerBound * 100, 0)) … "
                + "\(NumberText.number($0.upperBound * 100, 0)) %"
        }
        let median = SmallSamples.median(lag.lags).map { "\($0.lowerBound) … \($0.upperBound)" }
        return [
            .init("\(lag.detected) of \(lag.phases)", interval: share),
            .init(
                lag.median.map(String.init) ?? "–",
                interval: lag.lags.isEmpty ? nil : median ?? "too few"),
        ]
    }

    private var remarks: [Markup] {
        var remarks: [Markup] = []
        if let check = period.realityCheck, let reference = period.reference {
            remarks.append(
                .element(
                    "p", ["class": "note"],
                    "Reality check (White 2000): were none of the others better than \(reference), "
                        + "the best Sharpe ratio among them would stand out this far or farther "
                        + "with probability \(NumberText.number(check, 3))."))
        }
        if let best = period.bestCandidate, let deflated = period.deflatedSharpe {
            remarks.append(
                .element(
                    "p", ["class": "note"],
                    "Deflated Sharpe ratio of the highest, \(best): "
                        + "\(NumberText.number(deflated, 3)), the probability that it is above "
                        + "what the best of \(max(page.about.trials, period.cards.count - 1)) "
                        + "trials without skill would reach. Skill is a ratio above 0: holding a "
                        + "market that rose has it too."
                ))
        }
        if let bootstrap = page.about.settings.bootstrap,
            bootstrap.isShort(period.curves.days.count)
        {
            remarks.append(
                .element(
                    "p", ["class": "note"],
                    "So few bars are fewer than \(StationaryBootstrap.blocksWanted) blocks of the "
                        + "bootstrap: these intervals are narrower than 95 % should be."))
        }
        return remarks
    }
}
