import Indicators
import Market
import TestSupport
import Testing

/// The laws that hold for every feature, whatever it computes.
@Suite("Property: indicators, column form and one-bar form agree")
struct IndicatorLawTests {
    static let features = Feature.names.compactMap { try? Feature(name: $0) }

    private func bitPatterns(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

    private func online(_ bars: [Bar]) -> [[UInt64]] {
        var engine = IndicatorEngine(features: Self.features, barsPerYear: 252)
        return bars.map { bitPatterns(engine.advance(with: $0)) }
    }

    @Test(arguments: Sweep.seeds(4), [0.0, 0.03])
    func batchEqualsLive(seed: UInt64, missingShare: Double) {
        let bars = RandomBars.make(700, seed: seed, missingShare: missingShare)
        let columns = IndicatorEngine.columns(
            of: BarColumns(bars), features: Self.features, barsPerYear: 252)
        let rows = online(bars)
        for (index, column) in columns.enumerated() {
            #expect(
                bitPatterns(column) == rows.map { $0[index] }, "\(Self.features[index]) \(seed)")
        }
    }

    @Test(arguments: [UInt64(5), 6, 7])
    func noFeatureLooksAhead(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let bars = RandomBars.make(600, seed: seed, missingShare: 0.01)
        let whole = online(bars)
        for _ in 0..<3 {
            let cut = 1 + Int(generator.unit() * 598)
            #expect(online(Array(bars.prefix(cut))) == Array(whole.prefix(cut)), "cut at \(cut)")
            var changed = bars
            for index in cut..<bars.count {
                changed[index].close *= 1 + 0.5 * generator.unit()
                changed[index].low = .nan
                changed[index].exogenous["vix"] = 99
            }
            #expect(
                Array(online(changed).prefix(cut)) == Array(whole.prefix(cut)),
                "changed from \(cut)")
        }
    }

    @Test func everyFeatureSpeaksAfterEnoughBarsAndNeverOfInfinity() {
        var engine = IndicatorEngine(features: Self.features, barsPerYear: 252)
        var last: [Double] = []
        for bar in RandomBars.make(400, seed: 8) { last = engine.advance(with: bar) }
        for (feature, value) in zip(Self.features, last) {
            #expect(value.isFinite, "\(feature) is missing after 400 bars")
        }
    }

    @Test func hostilePricesGiveNumbersOrNothing() {
        let prices = [1e300, 1e-300, 1, 1, 1, 0.1, 1e-308, 1.7e308, .nan, 5]
        var engine = IndicatorEngine(features: Self.features, barsPerYear: 252)
        for index in 0..<600 {
            let price = prices[index % prices.count]
            let instant = Timestamp(nanoseconds: Int64(index))
            let bar = Bar(timestamp: instant, open: price, high: price, low: price, close: price)
            for value in engine.advance(with: bar) { #expect(!value.isInfinite) }
        }
    }

    @Test func aConstantSeriesHasNoLogarithmOfItsVolatility() throws {
        let names = ["log_return", "volatility_21", "log_volatility_21", "sortino_20", "drawdown"]
        let features = try names.map { try Feature(name: $0) }
        var engine = IndicatorEngine(features: features, barsPerYear: 252)
        var last: [Double] = []
        for index in 0..<100 {
            last = engine.advance(
                with: Bar(timestamp: Timestamp(nanoseconds: Int64(index)), close: 7))
        }
        #expect(last[0] == 0 && last[1] == 0 && last[4] == 0)
        #expect(last[2].isNaN && last[3].isNaN)
    }

    @Test func anUnknownNameListsTheValidOnes() {
        let error = #expect(throws: UnknownFeature.self) { try Feature(name: "log_retrun") }
        #expect(error?.description.contains("log_retrun") == true)
        #expect(error?.description.contains("log_return, ewm_mean_5") == true)
        #expect(Feature.documentation.count == Set(Feature.names).count)
        #expect(Feature.documentation.allSatisfy { !$0.meaning.isEmpty })
    }
}
