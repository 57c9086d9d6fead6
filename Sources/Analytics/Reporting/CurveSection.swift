import Evaluation
import Kernels
import Market
import Regimes

/// Wealth and falls of all candidates on one market, with the labels of the one in focus.
struct CurveSection {
    /// One market's periods one after the other.
    private struct Series {
        let names: [String]
        var days: [Double] = []
        /// ln of the wealth, candidates · rows.
        var growth: [[Double]]
        /// Of the candidate in focus; empty for several markets.
        var labels: [Regime] = []

        init(_ periods: [PeriodEvaluation], focus: String) {
            names = periods.first?.cards.map(\.candidate) ?? []
            growth = names.map { _ in [] }
            for period in periods {
                days += period.curves.days.map { Double($0.daysSinceEpoch) }
                for (index, returns) in period.curves.returns.enumerated() {
                    var sum = growth[index].last ?? 0
                    for value in returns {
                        sum += VectorMath.log(1 + value)
                        growth[index].append(sum)
                    }
                }
                if let place = names.firstIndex(of: focus), place < period.curves.labels.count {
                    labels += period.curves.labels[place]
                }
            }
        }

        /// Distances below the running maximum, as shares, 0 or below.
        func falls(_ index: Int) -> [Double] {
            var peak = 0.0
            return growth[index].map { value in
                peak = max(peak, value)
                return VectorMath.exp(value - peak) - 1
            }
        }
    }

    private static let width = 960.0
    private static let left = 52.0
    private static let right = 720.0

    private let series: Series
    private let focus: String
    private let cut: Double?
    private let turns: [MarketTurn]
    private let isOneMarket: Bool

    init(page: EvaluationPage, periods: [PeriodEvaluation]) {
        focus = page.about.focus
        series = Series(periods, focus: focus)
        cut = page.about.settings.cut.map { Double($0.daysSinceEpoch) }
        isOneMarket = !(periods.first?.curves.labels.isEmpty ?? true)
        turns = isOneMarket ? periods.flatMap(\.turns) : []
    }

    var parts: [Markup] {
        guard series.days.count > 1 else { return [] }
        var notes = "Wealth of 1 at the start, net of costs, on a logarithmic scale."
        if isOneMarket {
            notes += " Behind it the label that \(focus) published; triangles: turning points,"
            notes += " ▼ the market began to fall, ▲ to rise."
        } else {
            notes += " Equally weighted over the markets at every bar."
        }
        if cut != nil { notes += " The dashed line is the cut: what follows was held out." }
        return [
            figure(wealth, notes, legend: isOneMarket ? regimeLegend : []),
            figure(
                falls,
                "Distance below the highest wealth so far. What the curves say is one history: the "
                    + "intervals are in the tables below.", legend: []),
        ]
    }

    private func figure(_ drawing: Markup, _ caption: String, legend: [Markup]) -> Markup {
        .element(
            "figure", [:], [drawing.scrolling] + legend + [.element("figcaption", [:], caption)])
    }

    private var dayScale: Scale {
        Scale(
            (series.days.first ?? 0)...(series.days.last ?? 0), from: CurveSection.left,
            to: CurveSection.right)
    }

    private var yearTicks: [(value: Double, label: String)] {
        dayScale.yearTicks(10).map { ($0.day, String($0.year)) }
    }

    private var wealth: Markup {
        let all = series.growth.joined()
        let domain = min(all.min() ?? 0, 0)...max(all.max() ?? 0, 0.05)
        let height = 340.0
        var chart = Chart(
            width: CurveSection.width, height: height, x: dayScale,
            y: Scale(domain, from: height - 28, to: 22))
        addBands(to: &chart)
        chart.yGrid(
            Scale.wealthTicks(domain, logarithm: VectorMath.log).map { place, wealth in
                (place, NumberText.coordinate(wealth, wealth < 1 ? 2 : 1))
            })
        chart.xGrid(yearTicks)
        addCut(to: &chart)
        for turn in turns {
            chart.text(
                turn.direction == .falling ? "▼" : "▲",
                chart.x.place(Double(turn.date.daysSinceEpoch)), 15, "turn middle")
        }
        addCurves(to: &chart) { series.growth[$0] }
        chart.endLabels(
            series.names.indices.map { index in
                let last = series.growth[index].last ?? 0
                return (
                    "\(NumberText.number(VectorMath.exp(last), 2)) \(short(series.names[index]))",
                    last, index % Chart.styleCount
                )
            })
        return chart.svg(title: "Wealth of each candidate over time")
    }

    private var falls: Markup {
        let columns = series.names.indices.map { series.falls($0) }
        let deepest = columns.joined().min() ?? 0
        let height = 230.0
        var chart = Chart(
            width: CurveSection.width, height: height, x: dayScale,
            y: Scale(min(deepest, -0.05)...0, from: height - 28, to: 10))
        chart.yGrid(
            chart.y.ticks(5).map {
                ($0, NumberText.typeset(NumberText.number($0 * 100, 0)) + " %")
            })
        chart.xGrid(yearTicks)
        addCut(to: &chart)
        addCurves(to: &chart) { columns[$0] }
        chart.endLabels(
            series.names.indices.map { index in
                let worst = columns[index].min() ?? 0
                let text = NumberText.typeset(NumberText.number(worst * 100, 1))
                return ("\(text) % \(short(series.names[index]))", worst, index % Chart.styleCount)
            })
        return chart.svg(title: "Fall of each candidate below its highest wealth over time")
    }

    private func addBands(to chart: inout Chart) {
        var start = 0
        for row in series.labels.indices {
            let isLast = row + 1 == series.labels.count
            if isLast || series.labels[row + 1] != series.labels[row] {
                chart.band(
                    series.days[start], series.days[isLast ? row : row + 1],
                    "r-\(series.labels[row].label)")
                start = row + 1
            }
        }
    }

    private func addCut(to chart: inout Chart) {
        guard let cut, chart.x.domain.contains(cut) else { return }
        chart.line("cut", chart.x.place(cut), chart.y.start, chart.x.place(cut), chart.y.end)
    }

    /// The candidate in focus last, so that nothing covers it.
    private func addCurves(to chart: inout Chart, _ column: (Int) -> [Double]) {
        let order = series.names.indices.sorted { one, other in
            (series.names[one] == focus ? 1 : 0, one) < (
                series.names[other] == focus ? 1 : 0, other
            )
        }
        for index in order {
            let points = zip(series.days, column(index)).map { (x: $0, y: $1) }
            let weight = series.names[index] == focus ? " focus" : ""
            chart.curve(points, "curve s\(index % Chart.styleCount)\(weight)")
        }
    }

    private var regimeLegend: [Markup] {
        let present = Regime.allCases.filter(Set(series.labels).contains)
        return [
            .element(
                "ul", ["class": "legend"],
                present.map { regime in
                    .element(
                        "li", [:],
                        [
                            .element("span", ["class": "swatch r-\(regime.label)"]),
                            .text(regime.label),
                        ])
                })
        ]
    }

    private func short(_ name: String) -> String { name.shortened(to: 21) }
}

extension String {
    /// Cut with an ellipsis when it is longer.
    func shortened(to length: Int) -> String {
        count > length ? prefix(length - 1) + "…" : self
    }
}
