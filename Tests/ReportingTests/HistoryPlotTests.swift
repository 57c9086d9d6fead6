import Kernels
import Market
import Regimes
import TestSupport
import Testing

@testable import Reporting

@Suite("The drawing of a history")
struct HistoryPlotTests {
    private static let name = MarketName(String(repeating: "M", count: 32))

    private func points(_ count: Int, close: (Int) -> Double?) -> [HistoryPoint] {
        (0..<count).map { bar in
            let regime = Regime.allCases[bar * 7 / count]
            return HistoryPoint(
                timestamp: Timestamp(
                    clamping: CivilDate(daysSinceEpoch: 17_532 + bar), secondsOfDay: 75_600),
                close: close(bar), regime: regime, confidence: 0.8,
                probabilities: RegimeProbabilities(summing: [(regime, 0.8), (.unknown, 0.2)]))
        }
    }

    private func svg(_ points: [HistoryPoint]) throws -> String {
        let svg = HistoryPlot(Series(market: try #require(HistoryPlotTests.name)), points).svg
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        #expect(svg.hasPrefix(head + "<svg "))
        #expect(WellFormed.problem(String(svg.dropFirst(head.count))) == nil)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
        return svg
    }

    @Test("bands, a line, an area for each regime, a legend, both axes")
    func whole() throws {
        let svg = try svg(points(700) { 100 + Double($0) })
        for regime in Regime.allCases {
            #expect(svg.contains("class=\"band-\(regime.label)\""))
            #expect(svg.contains(">\(regime.label)</text>"))
            #expect(svg.contains(".area-\(regime.label){fill:"))
        }
        #expect(svg.split(separator: "class=\"curve\"").count == 2)
        #expect(svg.contains(">2019-01</text>") && svg.contains(">100 %</text>"))
        #expect(svg.contains(", logarithmic</text>") && svg.contains(">200</text>"))
        #expect(try self.svg(points(700) { 100 + Double($0) }) == svg)
    }

    @Test("no bars, one, no prices, one price, gaps, what does not move, prices below nothing")
    func edges() throws {
        #expect(try svg([]).contains("No bars in this range."))
        #expect(try svg(points(1) { _ in 7 }).contains("class=\"curve\""))
        #expect(try svg(points(9) { _ in nil }).contains("The prices are not known."))
        #expect(try svg(points(9) { _ in .nan }).contains("The prices are not known."))
        #expect(try svg(points(9) { $0 == 4 ? 3 : nil }).contains("class=\"curve\""))
        let gaps = try svg(points(30) { $0 % 10 == 5 ? nil : Double($0) })
        #expect(gaps.split(separator: "class=\"curve\"").count == 5)
        #expect(try svg(points(9) { _ in 1700 }).contains("class=\"curve\""))
        #expect(try svg(points(9) { Double($0) - 40 }).contains(">-36.0</text>"))
    }

    @Test("many bars make a drawing of the same size")
    func large() throws {
        let large = try svg(points(50_000) { 1000 + Double($0 % 997) })
        #expect(large.utf8.count < 400_000)
    }

    // MARK: - Scales

    @Test("equal ratios take equal room from a ratio of three on, where all prices are above 0")
    func logarithmic() throws {
        func scale(_ closes: [Double]) throws -> PriceScale { try #require(PriceScale(closes)) }
        #expect(try !scale([1, 2.99]).isLogarithmic && scale([1, 3]).isLogarithmic)
        #expect(try !scale([0, 30]).isLogarithmic && !scale([-1, 30]).isLogarithmic)
        let wide = try scale([1, .nan, 100])
        #expect(wide.domain == 0...VectorMath.log(100) && wide.scaled(0).isNaN)
        #expect(abs(wide.price(wide.scaled(42)) - 42) < 1e-9)
        #expect(PriceScale([]) == nil && PriceScale([.nan, .infinity]) == nil)
    }

    @Test(
        "prices have the decimals that tell them apart",
        arguments: [
            ([1000.0, 2500], 2506.85, "2,507"), ([1.1, 1.2], 1.15, "1.150"), ([5, 5], 5, "5.00"),
            ([0.00001, 0.00002], 0.000012, "0.000012"), ([-1500, -1000], -1234.5, "-1,235"),
        ])
    func decimals(_ closes: [Double], _ price: Double, _ text: String) throws {
        #expect(try #require(PriceScale(closes)).text(price) == text)
    }

    @Test(
        "groups of three",
        arguments: [
            ("1234567.25", "1,234,567.25"), ("-123", "-123"), ("-1234", "-1,234"), ("nan", "nan"),
            ("0.12345", "0.12345"),
        ])
    func groups(_ text: String, _ grouped: String) {
        #expect(NumberText.grouped(text) == grouped)
    }

    @Test("runs cover a history, and neighbours differ", arguments: Sweep.seeds(20))
    func runs(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let regimes = (0..<Int(generator.next() % 50)).map { _ in
            Regime.allCases[Int(generator.next() % 3)]
        }
        let runs = RegimeRun.runs(of: regimes)
        #expect(runs.flatMap { run in run.bars.map { _ in run.regime } } == regimes)
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.regime != $1.regime })
    }
}
