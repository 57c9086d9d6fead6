import Foundation
import Indicators
import Market
import Testing

/// Every formula against its definition, written out anew and slowly.
@Suite("Indicator formulas")
struct FormulaTests {
    static let bars = RandomBars.make(420, seed: 99)
    static let returns = [Double.nan] + zip(bars, bars.dropFirst()).map { log($1.close / $0.close) }

    private func column(_ name: String, _ bars: [Bar] = bars) throws -> [Double] {
        let feature = try Feature(name: name)
        return IndicatorEngine.columns(
            of: BarColumns(bars), features: [feature], barsPerYear: 252)[0]
    }

    private func expectClose(_ value: Double, _ expected: Double, _ name: String) {
        #expect(
            (value - expected).magnitude <= 1e-10 * max(expected.magnitude, 1e-3),
            "\(name): \(value) is not \(expected)")
    }

    /// pandas: `ewm(halflife=h, adjust=True).mean()`, a missing value ageing the others.
    private func exponential(_ values: [Double], halfLife: Double) -> Double {
        var (sum, weight) = (0.0, 0.0)
        for (age, value) in values.reversed().enumerated() where !value.isNaN {
            let share = pow(0.5, Double(age) / halfLife)
            sum += share * value
            weight += share
        }
        return sum / weight
    }

    private func deviation(_ values: ArraySlice<Double>) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return sqrt(squares / Double(values.count - 1))
    }

    @Test func returnsAreRatiosOfCloses() throws {
        for (index, value) in try column("log_return").enumerated().dropFirst() {
            expectClose(value, Self.returns[index], "log_return")
        }
        let simple = try column("simple_return")
        expectClose(simple[5], Self.bars[5].close / Self.bars[4].close - 1, "simple_return")
        #expect(simple[0].isNaN)
    }

    @Test(arguments: [5, 20, 60])
    func exponentialFeaturesFollowPandas(halfLife: Int) throws {
        let mean = try column("ewm_mean_\(halfLife)")
        let downside = try column("downside_deviation_\(halfLife)")
        let logDownside = try column("log_downside_deviation_\(halfLife)")
        let sortino = try column("sortino_\(halfLife)")
        for bar in [10, 57, 200, 419] {
            let past = Array(Self.returns[1...bar])
            let expectedMean = exponential(past, halfLife: Double(halfLife))
            let negative = past.map { min($0, 0) * min($0, 0) }
            let expected = sqrt(exponential(negative, halfLife: Double(halfLife)))
            expectClose(mean[bar], expectedMean, "mean")
            expectClose(downside[bar], expected, "downside deviation")
            expectClose(logDownside[bar], log(expected), "its logarithm")
            expectClose(sortino[bar], expectedMean / expected, "sortino")
        }
    }

    @Test func aMissingReturnAgesTheOthers() throws {
        var bars = Self.bars
        bars[100].close = .nan
        var past = Self.returns
        past[100] = .nan
        past[101] = .nan
        let mean = try column("ewm_mean_20", bars)
        #expect(mean[100].isNaN && mean[101].isNaN)
        expectClose(mean[130], exponential(Array(past[1...130]), halfLife: 20), "mean")
    }

    @Test func volatilitiesAreAnnualisedDeviations() throws {
        let volatility = try column("volatility_21")
        #expect(volatility[20].isNaN)
        for bar in [21, 200, 419] {
            expectClose(
                volatility[bar], deviation(Self.returns[(bar - 20)...bar]) * sqrt(252), "21 bars")
        }
        expectClose(try column("log_volatility_21")[300], log(volatility[300]), "logarithm")
        let longRun = try column("long_run_volatility")
        #expect(longRun[62].isNaN)
        expectClose(longRun[419], deviation(Self.returns[1...419]) * sqrt(252), "long run")
        let rank = try column("volatility_rank")
        let history = volatility[21...300]
        let share = Double(history.count { $0 <= volatility[300] }) / Double(history.count)
        expectClose(rank[300], share, "rank")
    }

    @Test func rangeEstimatorsFollowTheirPapers() throws {
        let last = 300
        let bars = Self.bars[(last - 20)...last]
        let n = 21.0
        func average(_ term: (Bar) -> Double) -> Double { bars.map(term).reduce(0, +) / n }
        let parkinson = average { pow(log($0.high / $0.low), 2) / (4 * log(2)) }
        let garmanKlass = average {
            0.5 * pow(log($0.high / $0.low), 2)
                - (2 * log(2) - 1) * pow(log($0.close / $0.open), 2)
        }
        let rogersSatchell = average {
            log($0.high / $0.close) * log($0.high / $0.open)
                + log($0.low / $0.close) * log($0.low / $0.open)
        }
        let gaps = ((last - 20)...last).map { log(Self.bars[$0].open / Self.bars[$0 - 1].close) }
        let moves = bars.map { log($0.close / $0.open) }
        let k = 0.34 / (1.34 + (n + 1) / (n - 1))
        let yangZhang =
            pow(deviation(gaps[...]), 2) + k * pow(deviation(moves[...]), 2)
            + (1 - k) * rogersSatchell
        expectClose(try column("parkinson_21")[last], sqrt(parkinson * 252), "Parkinson")
        expectClose(try column("garman_klass_21")[last], sqrt(garmanKlass * 252), "Garman–Klass")
        expectClose(
            try column("rogers_satchell_21")[last], sqrt(rogersSatchell * 252), "Rogers–Satchell")
        expectClose(try column("yang_zhang_21")[last], sqrt(yangZhang * 252), "Yang–Zhang")
    }

    @Test func positionsCompareTheCloseWithItsPast() throws {
        let closes = Self.bars.map(\.close)
        let bar = 400
        let peak = closes[0...bar].max() ?? 0
        expectClose(try column("drawdown")[bar], closes[bar] / peak - 1, "drawdown")
        let recent = closes[(bar - 251)...bar].max() ?? 0
        expectClose(try column("drawdown_252")[bar], closes[bar] / recent - 1, "of 252 bars")
        let mean = closes[(bar - 199)...bar].reduce(0, +) / 200
        expectClose(try column("trend_200")[bar], closes[bar] / mean - 1, "trend")
        #expect(try column("trend_200")[198].isNaN)
        expectClose(
            try column("momentum_12_1")[bar], log(closes[bar - 21] / closes[bar - 252]), "momentum")
    }
}
