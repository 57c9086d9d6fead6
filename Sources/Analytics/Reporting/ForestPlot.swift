import Evaluation

/// Differences to the candidate that all are compared with, as points with intervals.
struct ForestPlot {
    static let metrics: [Metric] = [.sharpe, .maximumDrawdown, .logScore]
    private static let width = 960.0
    private static let labelWidth = 232.0
    private static let gap = 22.0
    private static let rowHeight = 26.0
    private static let top = 44.0

    private let period: PeriodEvaluation
    private let against: String
    private let cards: [Scorecard]

    /// `nil` when nobody is compared with.
    init?(_ period: PeriodEvaluation, against: String?) {
        guard let against else { return nil }
        self.period = period
        self.against = against
        cards = period.cards.filter { !($0.differences[against] ?? [:]).isEmpty }
        guard !cards.isEmpty else { return nil }
    }

    var figure: Markup {
        .element(
            "figure", [:],
            [
                drawing.scrolling,
                .element(
                    "figcaption", [:],
                    "Differences to \(against) with 95 % intervals from resampled blocks of the "
                        + "same bars. A filled point: the interval leaves 0 out."),
            ])
    }

    private var drawing: Markup {
        let height = ForestPlot.top + Double(cards.count) * ForestPlot.rowHeight + 26
        let panels = Double(ForestPlot.metrics.count)
        let panelWidth =
            (ForestPlot.width - ForestPlot.labelWidth - ForestPlot.gap * panels) / panels
        var chart = Chart(
            width: ForestPlot.width, height: height, x: Scale(0...1, from: 0, to: 1),
            y: Scale(0...1, from: height - 24, to: ForestPlot.top - 8))
        for (row, card) in cards.enumerated() {
            chart.text(card.candidate.shortened(to: 34), 0, place(of: row) + 4, "label")
        }
        for (index, metric) in ForestPlot.metrics.enumerated() {
            let left =
                ForestPlot.labelWidth + Double(index) * (panelWidth + ForestPlot.gap)
            add(metric, from: left, to: left + panelWidth, &chart)
        }
        return chart.svg(title: "Differences to \(against) with intervals")
    }

    private func place(of row: Int) -> Double {
        ForestPlot.top + (Double(row) + 0.5) * ForestPlot.rowHeight
    }

    private func add(_ metric: Metric, from left: Double, to right: Double, _ chart: inout Chart) {
        let intervals = cards.map { $0.differences[against]?[metric] }
        let ends = intervals.compactMap { $0 }.flatMap { [$0.lower, $0.upper, $0.estimate] }
            .map { $0 * metric.shownFactor }
        let scale = Scale(
            min(ends.min() ?? 0, 0)...max(ends.max() ?? 0, 0), from: left + 6, to: right - 6)
        let unit =
            switch metric {
            case .maximumDrawdown: ", points"
            case .logScore: ", nat/1000 a bar"
            default: ""
            }
        chart.text(metric.title + unit, left, 14, "label head")
        let isHigher = metric.better == .higher
        chart.text(
            isHigher ? "better →" : "← better", isHigher ? right : left, 30,
            "tick" + (isHigher ? " end" : ""))
        let (top, bottom) = (ForestPlot.top - 6, chart.y.start)
        let ticks = scale.ticks(4)
        for tick in ticks {
            chart.line("grid", scale.place(tick), top, scale.place(tick), bottom)
            chart.text(
                NumberText.typeset(NumberText.number(tick, Scale.decimals(ticks))),
                scale.place(tick), bottom + 15, "tick middle")
        }
        chart.line("axis", scale.place(0), top, scale.place(0), bottom)
        for (row, interval) in intervals.enumerated() {
            guard let interval else { continue }
            let y = place(of: row)
            let places = [interval.lower, interval.estimate, interval.upper].map {
                scale.place($0 * metric.shownFactor)
            }
            chart.line(
                interval.excludesZero ? "span sure" : "span", places[0], y, places[2], y)
            chart.dot(places[1], y, radius: 4.5, interval.excludesZero ? "solid" : "hollow")
        }
    }
}
