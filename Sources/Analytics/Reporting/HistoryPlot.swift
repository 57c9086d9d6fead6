package import Market
import Regimes

/// A series' history as one drawing: the price over bands of its regimes, the probabilities as a
/// stacked area beneath, on light paper. Bars stand side by side.
package struct HistoryPlot: Sendable {
    private static let width = 1120.0
    private static let height = 640.0
    private static let left = 72.0
    private static let right = 1096.0
    private static let priceTop = 72.0
    private static let priceEnd = 400.0
    private static let areaTop = 452.0
    private static let areaEnd = 560.0
    private static let tickLimit = 12
    /// Differences of probabilities that cannot be seen.
    private static let alike = 0.002
    /// Room for half a label at the right end.
    private static let labelRoom = 34.0

    private let series: Series
    private let points: [HistoryPoint]

    /// - Parameter points: oldest first.
    package init(_ series: Series, _ points: [HistoryPoint]) {
        self.series = series
        self.points = points
    }

    /// A whole SVG document.
    package var svg: String {
        let bars = Double(max(points.count, 1))
        let across = Scale(0...bars, from: HistoryPlot.left, to: HistoryPlot.right)
        let scale = PriceScale(points.map(\.close))
        var price = Chart(
            width: HistoryPlot.width, height: HistoryPlot.height, x: across,
            y: Scale(
                padded(scale?.domain ?? 0...1), from: HistoryPlot.priceEnd,
                to: HistoryPlot.priceTop))
        for run in RegimeRun.runs(of: points.map(\.regime)) {
            price.band(
                Double(run.bars.lowerBound), Double(run.bars.upperBound),
                "band-\(run.regime.label)")
        }
        addPrice(to: &price, scale)
        var area = Chart(
            width: HistoryPlot.width, height: HistoryPlot.height, x: across,
            y: Scale(0...1, from: HistoryPlot.areaEnd, to: HistoryPlot.areaTop))
        addProbabilities(to: &area)
        addWords(to: &price, scale)
        let drawing = price.svg(title: title, style: style, before: area)
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + drawing.text + "\n"
    }

    private var title: String {
        guard let first = points.first, let last = points.last else {
            return "\(series): no bars"
        }
        return "\(series), \(first.timestamp.utcDate) to \(last.timestamp.utcDate)"
    }

    /// A little room above and below the line.
    private func padded(_ domain: ClosedRange<Double>) -> ClosedRange<Double> {
        let room = (domain.upperBound - domain.lowerBound) * 0.03
        return (domain.lowerBound - room)...(domain.upperBound + room)
    }

    private func addPrice(to chart: inout Chart, _ scale: PriceScale?) {
        let ticks = TimeTicks(points.map(\.timestamp), limit: HistoryPlot.tickLimit).ticks
        chart.xGrid(
            ticks.map { (Double($0.bar) + 0.5, $0.label) }.filter { bar, _ in
                chart.x.place(bar) <= HistoryPlot.width - HistoryPlot.labelRoom
            })
        guard let scale else {
            chart.text(
                points.isEmpty ? "No bars in this range." : "The prices are not known.",
                (HistoryPlot.left + HistoryPlot.right) / 2,
                (HistoryPlot.priceTop + HistoryPlot.priceEnd) / 2, "tick middle")
            return
        }
        chart.yGrid(priceTicks(scale).map { (scale.scaled($0), scale.text($0)) })
        for run in runsOfPrices(scale) { chart.curve(run, "curve") }
    }

    /// Round prices.
    private func priceTicks(_ scale: PriceScale) -> [Double] {
        guard scale.isLogarithmic else {
            return Scale(scale.domain, from: 0, to: 1).ticks(6)
        }
        return Scale.wealthTicks(scale.domain) { scale.scaled($0) }.map(\.wealth)
    }

    /// Where prices follow each other without a gap. One that stands alone is a short dash.
    private func runsOfPrices(_ scale: PriceScale) -> [[(x: Double, y: Double)]] {
        var runs: [[(x: Double, y: Double)]] = [[]]
        for (bar, point) in points.enumerated() {
            let value = scale.scaled(point.close)
            if value.isFinite {
                runs[runs.count - 1].append((Double(bar) + 0.5, value))
            } else if !runs[runs.count - 1].isEmpty {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }.map { run in
            run.count > 1 ? run : [(run[0].x - 0.5, run[0].y), (run[0].x + 0.5, run[0].y)]
        }
    }

    /// Stacked in the regimes' order from the bottom; what is thinner than a dot is the mean of the
    /// bars under it.
    private func addProbabilities(to chart: inout Chart) {
        guard !points.isEmpty else { return }
        let columns = min(points.count, Int(HistoryPlot.right - HistoryPlot.left))
        var floor = [Double](repeating: 0, count: columns)
        for (place, regime) in Regime.allCases.enumerated() {
            let top = (0..<columns).map { column in
                let bars = bars(of: column, of: columns)
                let mass = points[bars].reduce(0) { $0 + $1.probabilities.values[place] }
                return floor[column] + mass / Double(bars.count)
            }
            let steps = steps(from: floor, to: top)
            if steps.contains(where: { $0.high - $0.low > 1e-9 }) {
                chart.area(steps, "area-\(regime.label)")
            }
            floor = top
        }
        chart.yGrid([(0, "0 %"), (0.5, "50 %"), (1, "100 %")])
    }

    /// Neighbours that are alike are one.
    private func steps(
        from floor: [Double], to top: [Double]
    ) -> [(from: Double, to: Double, low: Double, high: Double)] {
        var steps: [(from: Double, to: Double, low: Double, high: Double)] = []
        for column in floor.indices {
            let bars = bars(of: column, of: floor.count)
            let end = Double(bars.upperBound)
            if let last = steps.last, abs(last.low - floor[column]) < HistoryPlot.alike,
                abs(last.high - top[column]) < HistoryPlot.alike
            {
                steps[steps.count - 1].to = end
            } else {
                steps.append((Double(bars.lowerBound), end, floor[column], top[column]))
            }
        }
        return steps
    }

    private func bars(of column: Int, of columns: Int) -> Range<Int> {
        (column * points.count / columns)..<((column + 1) * points.count / columns)
    }

    private func addWords(to chart: inout Chart, _ scale: PriceScale?) {
        chart.text("\(series)", HistoryPlot.left, 32, "title")
        let kind = scale?.isLogarithmic ?? false ? "close, logarithmic" : "close"
        chart.text(
            (points.isEmpty ? "" : title.drop { $0 != "," }.dropFirst(2) + ", ") + kind,
            HistoryPlot.left, 54, "tick")
        chart.text("probabilities", HistoryPlot.left, HistoryPlot.areaTop - 8, "tick")
        let present = Regime.allCases.filter(Set(points.map(\.regime)).contains)
        var left = HistoryPlot.left
        for regime in present {
            chart.rectangle(left, 596, 14, 14, "area-\(regime.label)")
            chart.text(regime.label, left + 20, 608, "label")
            left += 20 + Double(regime.label.count) * 7.4 + 26
        }
    }

    private var style: [Markup] {
        [
            .style(
                """
                text{font-family:"Noto Sans","DejaVu Sans",Helvetica,Arial,sans-serif;\
                font-size:13px;fill:#1b1f24}
                .paper{fill:#fff}
                .title{font-size:20px;font-weight:600}
                .tick{fill:#5a6370;font-size:12px}
                .end{text-anchor:end}.middle{text-anchor:middle}
                .grid{stroke:#5a6370;stroke-opacity:.25;stroke-width:.7}
                .curve{fill:none;stroke:#1b1f24;stroke-width:1.3;stroke-linejoin:round}
                """),
            .regimeRules { regime, colours in
                ".band-\(regime.label){fill:\(colours.tint.hex)}"
                    + ".area-\(regime.label){fill:\(colours.strong.hex)}"
            },
        ]
    }
}
