import Evaluation

/// Whether stated probabilities come true: of the candidate in focus, and in numbers.
struct ReliabilitySection {
    let page: EvaluationPage
    let periods: [PeriodEvaluation]

    private static let size = 300.0
    private static let left = 40.0

    var parts: [Markup] {
        let focus = page.about.focus
        let cards = periods.compactMap { period in
            period.cards.first { $0.candidate == focus && $0.reliability != nil }
                .map { (period: period, card: $0) }
        }
        guard !cards.isEmpty else { return [] }
        let horizon = page.about.settings.horizon
        return [
            .element("h3", [:], "Is the confidence of \(focus) to be believed?"),
            .element(
                "p", ["class": "note"],
                "Across: the probability stated that the label still holds \(horizon) bars later. "
                    + "Up: how often it did, with 95 % intervals. On the diagonal statements come "
                    + "true. Grey bars: how many statements. Hollow: confidence as stated, which "
                    + "is the probability of the label now. Filled: calibrated on earlier outcomes."
            ),
            .element(
                "div", ["class": "row"],
                cards.map { period, card in
                    .element(
                        "figure", [:],
                        [
                            drawing(card),
                            .element("figcaption", [:], caption(period, card)),
                        ])
                }),
            .element(
                "details", [:],
                [.element("summary", [:], "The curves in numbers")]
                    + cards.map { table($0, $1) }),
        ]
    }

    private func caption(_ period: PeriodEvaluation, _ card: Scorecard) -> String {
        func score(_ metric: Metric) -> String {
            guard let value = card.value(metric) else { return "–" }
            return metric.text(value)
                + (card.intervals[metric].map { " (\(metric.text($0)))" } ?? "")
        }
        return "\(period.title): skill over the base rate \(score(.persistenceSkill)) as stated, "
            + "\(score(.calibratedSkill)) calibrated; \(card.reliability?.count ?? 0) statements."
    }

    private func drawing(_ card: Scorecard) -> Markup {
        let size = ReliabilitySection.size
        var chart = Chart(
            width: size, height: size,
            x: Scale(0...1, from: ReliabilitySection.left, to: size - 18),
            y: Scale(0...1, from: size - 26, to: 8))
        let ticks = [0, 0.25, 0.5, 0.75, 1].map { (value: $0, label: "\(Int($0 * 100)) %") }
        if let bins = card.reliability?.bins {
            let most = Double(bins.map(\.count).max() ?? 1)
            for bin in bins {
                let height = Double(bin.count) / most * 40
                let left = chart.x.place(bin.lower)
                chart.rectangle(
                    left + 2, chart.y.start - height, chart.x.place(bin.upper) - left - 4, height,
                    "bar")
            }
        }
        chart.yGrid(ticks)
        chart.xGrid(ticks)
        chart.line("axis", chart.x.place(0), chart.y.place(0), chart.x.place(1), chart.y.place(1))
        add(card.reliability, "span raw", "rawdot", shift: -2, &chart)
        add(card.calibratedReliability, "span sure", "solid", shift: 2, &chart)
        return chart.svg(
            title: "Stated probability against how often it came true, \(card.candidate)")
    }

    private func add(
        _ reliability: Reliability?, _ span: String, _ dot: String, shift: Double,
        _ chart: inout Chart
    ) {
        for bin in reliability?.bins ?? [] {
            let place = chart.x.place(bin.stated) + shift
            if let interval = bin.interval {
                chart.line(
                    span, place, chart.y.place(interval.lowerBound), place,
                    chart.y.place(interval.upperBound))
            }
            chart.dot(place, chart.y.place(bin.observed), radius: 4, dot)
        }
    }

    private func table(_ period: PeriodEvaluation, _ card: Scorecard) -> Markup {
        var table = HTMLTable(
            "\(period.title): stated and observed", ["Kind, bin", "Count", "Stated", "Observed"])
        for (kind, reliability) in [
            ("as stated", card.reliability), ("calibrated", card.calibratedReliability),
        ] {
            for bin in reliability?.bins ?? [] {
                let interval = bin.interval.map {
                    "\(NumberText.number($0.lowerBound, 2)) … "
                        + NumberText.number($0.upperBound, 2)
                }
                table.append(
                    "\(kind), \(NumberText.number(bin.lower, 1)) – "
                        + NumberText.number(bin.upper, 1),
                    [
                        .init("\(bin.count)"), .init(NumberText.number(bin.stated, 3)),
                        .init(NumberText.number(bin.observed, 3), interval: interval),
                    ])
            }
        }
        return table.markup
    }
}
