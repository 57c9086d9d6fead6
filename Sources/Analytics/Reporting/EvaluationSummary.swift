import Evaluation

/// Sentences and cells that are made from numbers; none goes without its interval.
enum ScorecardText {
    /// «7.1 (95 %: 6.0 … 8.3)»; the bare figure where it has no interval.
    static func figure(_ metric: Metric, _ card: Scorecard) -> String {
        guard let value = card.value(metric) else { return "no value" }
        guard let interval = card.intervals[metric] else { return metric.text(value) }
        return "\(metric.text(value)) (95 %: \(metric.text(interval)))"
    }

    static func difference(_ metric: Metric, _ interval: BootstrapInterval) -> String {
        let sign = interval.estimate * metric.shownFactor > 0 ? "+" : ""
        return sign + metric.bare(interval.estimate) + metric.differenceUnit
            + " (95 %: \(metric.text(interval)))"
    }
}

/// What the page says first: computed, never judged by anything but intervals.
struct EvaluationSummary {
    private let page: EvaluationPage
    private let focus: String

    init(_ page: EvaluationPage) {
        self.page = page
        focus = page.about.focus
    }

    /// Compared in the verdict and in the list of what is not significant.
    static let compared: [Metric] = [
        .annualisedReturn, .sharpe, .sortino, .calmar, .maximumDrawdown, .logScore,
    ]

    private typealias Difference = (
        market: String, candidate: String, metric: Metric, interval: BootstrapInterval
    )

    var section: Markup {
        var parts: [Markup] = [.element("h2", [:], "In short")]
        parts += verdict
        for period in page.telling where !page.isMany || page.pools.contains(period.market) {
            parts += sentences(period)
        }
        if page.isMany { parts += MarketTable(page).parts }
        parts += significance
        return .element("section", ["class": "summary", "aria-label": "Summary"], parts)
    }

    private func differences(_ candidate: String? = nil) -> [Difference] {
        guard let against = page.about.against else { return [] }
        return page.telling.flatMap { period in
            period.cards.filter { candidate == nil || $0.candidate == candidate }.flatMap { card in
                EvaluationSummary.compared.compactMap { metric -> Difference? in
                    guard let interval = card.differences[against]?[metric] else { return nil }
                    return (period.market, card.candidate, metric, interval)
                }
            }
        }
    }

    /// One sentence a figure: where the difference is significant. Markets are counted; all of them
    /// together are no further one.
    private var verdict: [Markup] {
        guard let against = page.about.against, focus != against else { return [] }
        let pools = page.pools
        let all = differences(focus)
        let names: KeyValuePairs<Metric, String> = [
            .sharpe: "Sharpe ratio", .maximumDrawdown: "largest fall", .logScore: "log score",
        ]
        let sentences = names.compactMap { metric, name -> String? in
            let own = all.filter { $0.metric == metric }
            let each = own.filter { !pools.contains($0.market) }.map(\.interval)
            guard !each.isEmpty else { return nil }
            let judgement = EvaluationSummary.judged(metric, each)
            let together = own.filter { pools.contains($0.market) }.map {
                let word = EvaluationSummary.judged(metric, [$0.interval])
                guard judgement.hasPrefix(word), !judgement.contains(" and ") else {
                    return "; on all together it is " + word
                }
                return $0.interval.excludesZero ? ", and on all together" : ", nor on all together"
            }
            return "Its \(name) is \(judgement)\(together.joined())."
        }
        return [
            .element(
                "p", ["class": "verdict"],
                "\(focus) against \(against): " + sentences.joined(separator: " "))
        ]
    }

    private static func judged(_ metric: Metric, _ intervals: [BootstrapInterval]) -> String {
        let sure = intervals.filter(\.excludesZero)
        let several = intervals.count > 1
        guard !sure.isEmpty else {
            return "not significantly different"
                + (several ? " on any of \(intervals.count) markets" : "")
        }
        let better = sure.count { isBetter(metric, $0) }
        let parts = [("better", better), ("worse", sure.count - better)].filter { $0.1 > 0 }
            .map { several ? "\($0.0) on \($0.1) of \(intervals.count) markets" : $0.0 }
        return "significantly \(parts.joined(separator: " and "))"
    }

    static func isBetter(_ metric: Metric, _ interval: BootstrapInterval) -> Bool {
        (interval.lower > 0) == (metric.better == .higher)
    }

    private func sentences(_ period: PeriodEvaluation) -> [Markup] {
        guard let card = period.cards.first(where: { $0.candidate == focus }) else { return [] }
        var items: [Markup] = []
        if let against = page.about.against, against != focus,
            let other = period.cards.first(where: { $0.candidate == against })
        {
            for metric in [Metric.annualisedReturn, .sharpe, .maximumDrawdown] {
                items.append(comparison(metric, card, other))
            }
            if let gain = card.differences[against]?[.logScore] {
                items.append(
                    item(
                        "Log score of its label probabilities, as forecasts of the next return, "
                            + "less that of \(against): "
                            + ScorecardText.difference(.logScore, gain) + " a bar: ", .logScore,
                        gain))
            }
        }
        items.append(.element("li", [:], changes(card)))
        items.append(.element("li", [:], detection(card)))
        if card.reliability != nil { items.append(.element("li", [:], confidence(card))) }
        return [
            .element("h3", [:], "\(period.market), \(period.title)"), .element("ul", [:], items),
        ]
    }

    private func comparison(_ metric: Metric, _ card: Scorecard, _ other: Scorecard) -> Markup {
        let text =
            "\(metric.title): \(ScorecardText.figure(metric, card)) against "
            + "\(ScorecardText.figure(metric, other)) of \(other.candidate)"
        guard let interval = card.differences[other.candidate]?[metric] else {
            return .element("li", [:], text + ".")
        }
        return item(
            "\(text). Difference \(ScorecardText.difference(metric, interval)): ", metric, interval)
    }

    private func item(
        _ text: String, _ metric: Metric, _ interval: BootstrapInterval
    ) -> Markup {
        let isBetter = EvaluationSummary.isBetter(metric, interval)
        let (style, judgement) =
            !interval.excludesZero
            ? ("no", "not significant.")
            : isBetter ? ("yes", "significantly better.") : ("worse", "significantly worse.")
        return .element(
            "li", [:], [.text(text), .element("span", ["class": style], judgement)])
    }

    private func changes(_ card: Scorecard) -> String {
        "The label changed \(ScorecardText.figure(.changesPerYear, card)) times a year; the "
            + "strategy "
            + "held the market \(ScorecardText.figure(.exposure, card)) of the time and traded "
            + "\(ScorecardText.figure(.turnover, card)) times its wealth a year."
    }

    private func detection(_ card: Scorecard) -> String {
        [("falls", card.falls), ("rises", card.recoveries)].map { name, lag in
            guard let lag, lag.phases > 0 else {
                let move = NumberText.number(page.about.settings.phaseMove * 100, 0)
                return "No \(name) of \(move) % began in it."
            }
            let share = SmallSamples.share(lag.detected, of: lag.phases).map {
                " (95 %: \(NumberText.number($0.lowerBound * 100, 0)) … "
                    + "\(NumberText.number($0.upperBound * 100, 0)) %)"
            }
            var text = "\(lag.detected) of \(lag.phases) \(name) seen\(share ?? "")"
            if let median = lag.median {
                let interval =
                    SmallSamples.median(lag.lags).map {
                        " (95 %: \($0.lowerBound) … \($0.upperBound))"
                    } ?? " (too few for an interval)"
                text += ", after a median of \(median) bars\(interval)"
            }
            return text + "."
        }.joined(separator: " ")
    }

    private func confidence(_ card: Scorecard) -> String {
        "As a forecast that the label still holds \(page.about.settings.horizon) bars later, "
            + "confidence as stated has a skill over the base rate of "
            + "\(ScorecardText.figure(.persistenceSkill, card)), calibrated "
            + "\(ScorecardText.figure(.calibratedSkill, card)); the whole posterior "
            + "\(ScorecardText.figure(.posteriorSkill, card))."
    }

    /// Of all candidates: what is not significant, what is, and how much of it luck would bring.
    private var significance: [Markup] {
        let all = differences()
        guard let against = page.about.against, !all.isEmpty else { return [] }
        let sure = all.filter { $0.interval.excludesZero }
        var parts: [Markup] = [.element("h3", [:], "What is not significant")]
        parts.append(
            .element(
                "p", [:],
                "Of \(all.count) differences to \(against), \(all.count - sure.count) are not "
                    + "significant at 95 %. Of as many without any substance about "
                    + "\(NumberText.number(Double(all.count) * 0.05, 0)) would look significant; "
                    + "\(sure.count) do."))
        parts.append(significanceTable(all, against))
        return parts
    }

    /// Columns of the table of what is significant: a title, and the markets it is about.
    private var columns: [(title: String, markets: Set<String>)] {
        let markets = page.telling.map(\.market)
        guard page.isMany else { return markets.map { ($0, [$0]) } }
        let single = markets.filter { !page.pools.contains($0) }
        return markets.filter(page.pools.contains).map { ($0, [$0]) }
            + [("each of \(single.count) markets", Set(single))]
    }

    private func significanceTable(_ all: [Difference], _ against: String) -> Markup {
        var table = HTMLTable(
            "Differences to \(against) that are significant; all others are not. Their intervals "
                + "are in the sections below.", ["Figure"] + columns.map(\.title))
        for metric in EvaluationSummary.compared {
            table.append(
                metric.title,
                columns.map { column in
                    let own = all.filter {
                        $0.metric == metric && column.markets.contains($0.market)
                    }
                    return .init(
                        EvaluationSummary.significant(own, on: column.markets.count),
                        style: "list")
                })
        }
        return table.markup
    }

    /// «3 of 5, better: a, b; worse: c», with the number of markets where there are several.
    private static func significant(_ own: [Difference], on markets: Int) -> String {
        let sure = own.filter { $0.interval.excludesZero }
        guard !sure.isEmpty else { return "none of \(own.count)" }
        let parts = [("better", true), ("worse", false)].compactMap { word, better -> String? in
            let names = sure.filter { isBetter($0.metric, $0.interval) == better }
                .map(\.candidate)
            guard !names.isEmpty else { return nil }
            var seen: Set<String> = []
            let each = names.filter { seen.insert($0).inserted }.map { name in
                markets > 1 ? "\(name) on \(names.count { $0 == name })" : name
            }
            return word + ": " + each.joined(separator: ", ")
        }
        return "\(sure.count) of \(own.count), " + parts.joined(separator: "; ")
    }
}
