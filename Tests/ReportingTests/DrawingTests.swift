import Kernels
import TestSupport
import Testing

@testable import Reporting

@Suite("Drawings and numbers")
struct DrawingTests {
    @Test("ticks are round, inside, ascending and about as many as asked for")
    func ticks() {
        for seed in Sweep.seeds(50) {
            var generator = SplitMix64(seed: seed)
            let low = generator.normal() * 100
            let width = 1e-3 + generator.unit() * 1000
            let scale = Scale(low...(low + width), from: 0, to: 100)
            let ticks = scale.ticks(5)
            #expect((1...6).contains(ticks.count), "seed \(seed)")
            #expect(ticks == ticks.sorted())
            for tick in ticks {
                #expect(tick >= low - 1e-9 * width && tick <= low + width * (1 + 1e-6))
            }
        }
    }

    @Test("places lie between the ends, in order; a domain without width is widened")
    func places() {
        let scale = Scale(2...4, from: 100, to: 0)
        #expect(scale.place(2) == 100 && scale.place(4) == 0 && scale.place(3) == 50)
        #expect(scale.place(9) == 0 && scale.place(-9) == 100)
        let flat = Scale(1...1, from: 0, to: 10)
        #expect(flat.place(1) == 5 && !flat.ticks(4).isEmpty)
    }

    @Test("years are first days of January, and wealths are round")
    func namedTicks() {
        // 2000-01-03 … 2018-12-31.
        let ticks = Scale(10_959...17_896, from: 0, to: 1).yearTicks(10)
        #expect(ticks.map(\.year) == [2002, 2004, 2006, 2008, 2010, 2012, 2014, 2016, 2018])
        let wealth = Scale.wealthTicks(-0.1...1.2, logarithm: VectorMath.log).map(\.wealth)
        #expect(wealth == [1, 1.5, 2, 3])
        let decades = Scale.wealthTicks(-5...6, logarithm: VectorMath.log).map(\.wealth)
        #expect(decades.map { NumberText.coordinate($0, 2) } == ["0.01", "0.1", "1", "10", "100"])
        #expect(Scale.decimals([0, 0.25]) == 2 && Scale.decimals([0, 20]) == 0)
    }

    @Test("thinning keeps the ends and the extremes of every column, in order")
    func thinning() {
        for seed in Sweep.seeds(10) {
            var generator = SplitMix64(seed: seed)
            let points = (0..<3000).map { (x: Double($0) / 30, y: generator.normal()) }
            let kept = Chart.thinned(points)
            #expect(kept.count <= 4 * 102 && kept.count < points.count)
            #expect(kept.first?.x == points.first?.x && kept.last?.x == points.last?.x)
            #expect(kept.map(\.y).max() == points.map(\.y).max())
            #expect(kept.map(\.y).min() == points.map(\.y).min())
            #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x < $1.x })
        }
        #expect(Chart.thinned([]).isEmpty)
    }

    @Test("labels at the ends do not cover each other and stay on the drawing")
    func endLabels() {
        var chart = Chart(
            width: 200, height: 120, x: Scale(0...1, from: 0, to: 100),
            y: Scale(0...1, from: 110, to: 10))
        chart.endLabels((0..<5).map { ("name \($0)", 0.01 * Double($0), $0) })
        let svg = chart.svg(title: "labels").text
        #expect(WellFormed.problem(svg) == nil)
        let places = svg.split(separator: "<text ").dropFirst().compactMap { piece -> Double? in
            guard let start = piece.firstRange(of: " y=\"") else { return nil }
            return Double(piece[start.upperBound...].prefix { $0 != "\"" })
        }.sorted()
        #expect(places.count == 5 && places.allSatisfy { $0 <= 120 })
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 14.9 })
    }

    @Test("coordinates are short numbers whatever comes")
    func coordinates() {
        #expect(NumberText.coordinate(100) == "100" && NumberText.coordinate(100, 0) == "100")
        #expect(NumberText.coordinate(1.25) == "1.3" && NumberText.coordinate(2) == "2")
        for value in [Double.nan, .infinity, -.infinity] {
            #expect(NumberText.coordinate(value) == "0")
        }
        #expect(NumberText.coordinate(1e300) == "1000000")
    }

    @Test("numbers have their decimals; 0 has no sign")
    func numbers() {
        #expect(NumberText.number(1234.5678, 2) == "1234.57")
        #expect(NumberText.number(-0.001, 2) == "0.00" && NumberText.number(-0.5, 0) == "-1")
        #expect(NumberText.number(0.05, 1) == "0.1" && NumberText.number(3, 0) == "3")
        #expect(NumberText.typeset("-0.5") == "−0.5")
    }

    @Test("markup escapes what it takes in, and closes what it opens")
    func markup() {
        let markup = Markup.element("p", ["title": "a\"<"], "x & <y>\u{0}")
        #expect(markup.text == "<p title=\"a&quot;&lt;\">x &amp; &lt;y&gt;\u{FFFD}</p>")
        #expect(Markup.element("br").text == "<br/>")
        #expect(Markup.element("span", ["class": "s"]).text == "<span class=\"s\"></span>")
    }
}
