import Market
import TestSupport
import Testing

@Suite("Bars")
struct BarTests {
    static let good = Bar(
        timestamp: Timestamp(nanoseconds: 0), open: 10, high: 12, low: 9, close: 11, volume: 5)

    @Test("a sound bar has no fault, whatever is missing")
    func sound() {
        #expect(BarTests.good.fault == nil)
        for missing in [\Bar.open, \.high, \.low, \.close, \.volume] {
            var bar = BarTests.good
            bar[keyPath: missing] = .nan
            bar.exogenous = ["term_spread": -0.5]
            #expect(bar.fault == nil)
        }
        var flat = Bar(timestamp: Timestamp(nanoseconds: 0), close: 7)
        #expect(flat.fault == nil)
        flat.volume = 0
        #expect(flat.fault == nil)
    }

    @Test(
        "an impossible price names its column",
        arguments: [("open", \Bar.open), ("high", \.high), ("low", \.low), ("close", \.close)])
    func impossiblePrice(column: String, path: any WritableKeyPath<Bar, Double> & Sendable) {
        for price in [0, -0.0, -1, -Double.leastNonzeroMagnitude] {
            var bar = BarTests.good
            bar[keyPath: path] = price
            #expect(bar.fault == .notPositive(column: column))
        }
        for price in [Double.infinity, -.infinity] {
            var bar = BarTests.good
            bar[keyPath: path] = price
            #expect(bar.fault == .notFinite(column: column))
        }
    }

    @Test("an impossible volume")
    func impossibleVolume() {
        var bar = BarTests.good
        bar.volume = -1
        #expect(bar.fault == .negativeVolume)
        bar.volume = .infinity
        #expect(bar.fault == .notFinite(column: "volume"))
    }

    @Test("impossible values from outside, too many of them, and names that are none")
    func impossibleExogenous() {
        var bar = BarTests.good
        bar.exogenous["vix"] = .infinity
        #expect(bar.fault == .notFinite(column: "exogenous.vix"))
        for name in ["", "VIX", "1d", "_vix", "v-x", "ü", String(repeating: "v", count: 33)] {
            bar.exogenous = ExogenousValues([(name, 1)])
            #expect(bar.fault == .exogenousName(String(name.prefix(32))))
        }
        bar.exogenous = ExogenousValues((0..<32).map { ("v\($0)", 1.0) })
        #expect(bar.fault == nil)
        bar.exogenous["one_more"] = 1
        #expect(bar.fault == .tooManyExogenous)
    }

    @Test("exogenous values are a map in the order of names, a missing one absent")
    func exogenousValues() {
        var generator = SplitMix64(seed: 12)
        var values = ExogenousValues()
        var model: [String: Double] = [:]
        for _ in 0..<2_000 {
            let name = "v\(Int.random(in: 0..<20, using: &generator))"
            let value = generator.unit() < 0.3 ? Double.nan : generator.normal()
            values[name] = value
            model[name] = value.isNaN ? nil : value
            #expect(values[name] == model[name] || value.isNaN && values[name].isNaN)
        }
        #expect(values.entries.map(\.name) == model.keys.sorted())
        #expect(values == ExogenousValues(model))
        #expect(values != ExogenousValues() && ExogenousValues(["vix": .nan]).isEmpty)
        #expect(ExogenousValues(["a": 0.0]) != ExogenousValues(["a": -0.0]))
    }

    @Test("prices that contradict one another, with either end of the range missing too")
    func contradiction() {
        var bar = BarTests.good
        bar.low = 13
        #expect(bar.fault == .highBelowLow)
        bar = BarTests.good
        bar.close = 12.1
        #expect(bar.fault == .outsideRange(column: "close"))
        bar.low = .nan
        #expect(bar.fault == .outsideRange(column: "close"))
        bar = BarTests.good
        bar.open = 8
        #expect(bar.fault == .outsideRange(column: "open"))
        bar.high = .nan
        #expect(bar.fault == .outsideRange(column: "open"))
    }

    @Test("rounding of one part in a million is let pass, ten are not")
    func rounding() {
        var bar = BarTests.good
        bar.close = 12 * (1 + 0.9e-6)
        #expect(bar.fault == nil)
        bar.close = 12 * (1 + 1e-5)
        #expect(bar.fault == .outsideRange(column: "close"))
        bar.close = 9 * (1 - 0.9e-6)
        #expect(bar.fault == nil)
        bar.close = 9 * (1 - 1e-5)
        #expect(bar.fault == .outsideRange(column: "close"))
    }

    @Test("faults describe themselves")
    func descriptions() {
        #expect(BarFault.notFinite(column: "low").description == "low is not a finite number")
        #expect(BarFault.notPositive(column: "low").description == "low must be greater than zero")
        #expect(BarFault.negativeVolume.description == "volume is negative")
        #expect(BarFault.highBelowLow.description == "high is below low")
        #expect(BarFault.outsideRange(column: "open").description.hasPrefix("open lies outside"))
        #expect(BarFault.tooManyExogenous.description.hasPrefix("more than 32 exogenous"))
        #expect(BarFault.exogenousName("X").description.hasPrefix("'X' cannot name"))
    }

    @Test("a bar is never available before its close")
    func availability() {
        let close = Timestamp(nanoseconds: 100_000)
        #expect(Bar(timestamp: close, close: 1).availableAt == close)
        let early = Bar(timestamp: close, close: 1, availableAt: Timestamp(nanoseconds: 99_000))
        #expect(early.availableAt == close)
        let late = Bar(timestamp: close, close: 1, availableAt: Timestamp(nanoseconds: 101_000))
        #expect(late.availableAt == Timestamp(nanoseconds: 101_000))
    }

    @Test("two bars say the same bit for bit, missing values and availability aside")
    func same() {
        var other = BarTests.good
        other.availableAt = Timestamp(nanoseconds: 9)
        #expect(BarTests.good.saysTheSame(as: other))
        other.close = 11.nextUp
        #expect(!BarTests.good.saysTheSame(as: other))
        var left = BarTests.good
        var right = BarTests.good
        other = BarTests.good
        other.exogenous["vix"] = 20
        #expect(!BarTests.good.saysTheSame(as: other))
        left.volume = .nan
        right.volume = -.nan
        #expect(left.saysTheSame(as: right))
        #expect(!left.saysTheSame(as: BarTests.good))
        right = left
        right.timestamp = Timestamp(nanoseconds: 1)
        #expect(!left.saysTheSame(as: right))
    }

    @Test("a stamp finer than a microsecond is a fault; when it was known is rounded up")
    func microseconds() {
        var bar = BarTests.good
        bar.timestamp = bar.timestamp.advanced(byNanoseconds: 1)
        #expect(bar.fault == .finerThanMicroseconds)
        for (nanoseconds, rounded) in [
            (5_000, 5_000), (5_001, 6_000), (-5_001, -5_000), (-5_000, -5_000),
            (Int64.max, Int64.max / 1_000 * 1_000),
        ] as [(Int64, Int64)] {
            let instant = Timestamp(nanoseconds: nanoseconds)
            #expect(instant.roundedUpToMicrosecond.nanoseconds == rounded)
            #expect(instant.isWholeMicrosecond == (nanoseconds == rounded))
        }
        let known = Bar(
            timestamp: Timestamp(nanoseconds: 0), close: 1,
            availableAt: Timestamp(nanoseconds: 1))
        #expect(known.availableAt == Timestamp(nanoseconds: 1_000))
    }

    @Test("columns give back the bars they were made of")
    func columns() {
        var generator = SplitMix64(seed: 31)
        let bars = (0..<500).map { index in
            let close = 100 * generator.unit() + 1
            return Bar(
                timestamp: Timestamp(nanoseconds: Int64(index) * 60_000), open: close,
                high: close + 1, low: close - 1, close: close, volume: index % 7 == 0 ? .nan : 3,
                availableAt: Timestamp(nanoseconds: Int64(index) * 60_000 + 5_000))
        }
        let columns = BarColumns(bars)
        #expect(columns.count == bars.count && !columns.isEmpty && BarColumns().isEmpty)
        for (index, bar) in bars.enumerated() {
            #expect(columns[index].saysTheSame(as: bar))
            #expect(columns[index].availableAt == bar.availableAt)
        }
        for first in [0, 1, 250, 499] {
            var carrying = bars
            for index in stride(from: first, to: bars.count, by: 3) {
                carrying[index].exogenous = ["vix": Double(index)]
            }
            let columns = BarColumns(carrying)
            #expect(carrying.indices.allSatisfy { columns[$0].saysTheSame(as: carrying[$0]) })
        }
        #expect(columns.close == bars.map(\.close))
        #expect(columns.timestamps.last == bars.last?.timestamp)
    }
}
