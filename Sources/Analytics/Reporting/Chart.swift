extension Markup {
    /// A wide drawing that a narrow screen scrolls, rather than make its text too small to read.
    var scrolling: Markup { .element("div", ["class": "plot", "tabindex": "0"], [self]) }
}

/// A drawing with two axes, as a value; becomes SVG.
struct Chart {
    /// Where a line's colour and dashes come from; the style sheet knows them by number.
    static let styleCount = 8

    let width: Double
    let height: Double
    let x: Scale
    let y: Scale
    private var marks: [Markup] = []

    init(width: Double, height: Double, x: Scale, y: Scale) {
        self.width = width
        self.height = height
        self.x = x
        self.y = y
    }

    /// - Parameters:
    ///   - title: what assistive technology reads out.
    func svg(title: String) -> Markup {
        .element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": title,
                "viewBox": "0 0 \(NumberText.coordinate(width)) \(NumberText.coordinate(height))",
                "class": "chart",
            ], [.element("title", [:], title)] + marks)
    }

    /// A drawing of its own, on paper, with the marks of another of the same size under these.
    func svg(title: String, style: [Markup], before other: Chart) -> Markup {
        let size = (width: NumberText.coordinate(width), height: NumberText.coordinate(height))
        let paper = Markup.element(
            "rect", ["class": "paper", "width": size.width, "height": size.height])
        return .element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": title,
                "width": size.width, "height": size.height,
                "viewBox": "0 0 \(size.width) \(size.height)",
            ], [.element("title", [:], title)] + style + [paper] + other.marks + marks)
    }

    mutating func yGrid(_ ticks: [(value: Double, label: String)]) {
        for (value, label) in ticks {
            line("grid", x.start, y.place(value), x.end, y.place(value))
            text(label, x.start - 6, y.place(value) + 4, "tick end")
        }
    }

    mutating func xGrid(_ ticks: [(value: Double, label: String)], grid: Bool = true) {
        for (value, label) in ticks {
            if grid { line("grid", x.place(value), y.start, x.place(value), y.end) }
            text(label, x.place(value), y.start + 16, "tick middle")
        }
    }

    /// A band over the whole height.
    mutating func band(_ from: Double, _ through: Double, _ style: String) {
        let left = x.place(from)
        rectangle(left, min(y.start, y.end), x.place(through) - left, abs(y.start - y.end), style)
    }

    mutating func rectangle(
        _ left: Double, _ top: Double, _ width: Double, _ height: Double, _ style: String
    ) {
        marks.append(
            .element(
                "rect",
                [
                    "x": NumberText.coordinate(left), "y": NumberText.coordinate(top),
                    "width": NumberText.coordinate(max(width, 0)),
                    "height": NumberText.coordinate(max(height, 0)), "class": style,
                ]))
    }

    mutating func line(
        _ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
    ) {
        marks.append(
            .element(
                "line",
                [
                    "x1": NumberText.coordinate(x1), "y1": NumberText.coordinate(y1),
                    "x2": NumberText.coordinate(x2), "y2": NumberText.coordinate(y2),
                    "class": style,
                ]))
    }

    mutating func dot(_ centerX: Double, _ centerY: Double, radius: Double, _ style: String) {
        marks.append(
            .element(
                "circle",
                [
                    "cx": NumberText.coordinate(centerX), "cy": NumberText.coordinate(centerY),
                    "r": NumberText.coordinate(radius), "class": style,
                ]))
    }

    mutating func text(_ content: String, _ left: Double, _ baseline: Double, _ style: String) {
        marks.append(
            .element(
                "text",
                [
                    "x": NumberText.coordinate(left), "y": NumberText.coordinate(baseline),
                    "class": style,
                ], content))
    }

    /// A line through points in the order of x, thinned to what the drawing can show.
    mutating func curve(_ points: [(x: Double, y: Double)], _ style: String) {
        let places = points.map { (x: x.place($0.x), y: y.place($0.y)) }
        var path = ""
        for (index, place) in Chart.thinned(places).enumerated() {
            path += (index == 0 ? "M" : "L") + NumberText.coordinate(place.x) + ","
            path += NumberText.coordinate(place.y)
        }
        marks.append(.element("path", ["d": path, "class": style]))
    }

    /// Steps side by side, each from a low to a high value, as one shape.
    mutating func area(
        _ steps: [(from: Double, to: Double, low: Double, high: Double)], _ style: String
    ) {
        let above = steps.flatMap { [($0.from, $0.high), ($0.to, $0.high)] }
        let below = steps.reversed().flatMap { [($0.to, $0.low), ($0.from, $0.low)] }
        var path = ""
        for (left, value) in above + below {
            path += (path.isEmpty ? "M" : "L") + NumberText.coordinate(x.place(left)) + ","
            path += NumberText.coordinate(y.place(value))
        }
        marks.append(.element("path", ["d": path + "Z", "class": style]))
    }

    /// Keeps of every pixel's column the first, the lowest, the highest and the last point (Jugel
    /// et
    /// al. 2014): what is drawn is the same.
    static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        var kept: [(x: Double, y: Double)] = []
        var start = 0
        while start < points.count {
            var end = start
            while end < points.count, points[end].x.rounded() == points[start].x.rounded() {
                end += 1
            }
            let column = start..<end
            let lowest = column.min { points[$0].y < points[$1].y } ?? start
            let highest = column.max { points[$0].y < points[$1].y } ?? start
            let wanted = Set([start, lowest, highest, end - 1]).sorted()
            kept += wanted.map { points[$0] }
            start = end
        }
        return kept
    }

    /// Labels beside the ends of lines, moved apart as far as they must be.
    mutating func endLabels(_ labels: [(text: String, y: Double, style: Int)]) {
        let spacing = 15.0
        let sorted = labels.sorted { $0.y < $1.y }
        var places = sorted.map { y.place($0.y) }
        // Upside down on the drawing: from the lowest place upwards.
        let order = places.indices.sorted { places[$0] < places[$1] }
        for (before, index) in zip(order, order.dropFirst()) {
            places[index] = max(places[index], places[before] + spacing)
        }
        let overhang = max((order.last.map { places[$0] } ?? 0) - (height - 6), 0)
        for index in sorted.indices {
            let place = places[index] - overhang
            line("s\(sorted[index].style)", x.end + 6, place - 4, x.end + 26, place - 4)
            text(sorted[index].text, x.end + 31, place, "label")
        }
    }
}
