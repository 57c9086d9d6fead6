import Foundation
import Indicators
import Market
import TestSupport
import Testing

@Suite("Values from outside the market as features")
struct ExogenousTests {
    private func columns(_ bars: [Bar], _ names: String...) throws -> [[Double]] {
        IndicatorEngine.columns(
            of: BarColumns(bars), features: try names.map { try Feature(name: $0) },
            barsPerYear: 252)
    }

    private func bars(_ values: [ExogenousValues]) -> [Bar] {
        values.enumerated().map { row, values in
            Bar(timestamp: Timestamp(nanoseconds: Int64(row)), close: 7, exogenous: values)
        }
    }

    @Test func levelsAreWhatTheBarCarries() throws {
        let found = try columns(
            bars([["vix": 20, "term_spread": -0.5], [:], ["credit_spread": 3, "vix": 21]]), "vix",
            "term_spread", "credit_spread")
        #expect(found[0][0] == 20 && found[0][1].isNaN && found[0][2] == 21)
        #expect(found[1][0] == -0.5 && found[1][1].isNaN && found[1][2].isNaN)
        #expect(found[2][0].isNaN && found[2][2] == 3)
    }

    @Test func theChangeIsOverFiveValuesThatAreThere() throws {
        var values = (0..<9).map { ExogenousValues(["vix": 10 + Double($0)]) }
        values[3] = [:]
        let change = try columns(bars(values), "vix_change")[0]
        #expect(change.prefix(6).allSatisfy { $0.isNaN })
        #expect((change[6] - log(16.0 / 10)).magnitude < 1e-15)
        #expect((change[8] - log(18.0 / 12)).magnitude < 1e-15)
        values[8] = ["vix": -1]
        #expect(try columns(bars(values), "vix_change")[0][8].isNaN)
    }

    @Test func aBarWithoutCloseStillCarriesThem() throws {
        var bars = bars([["vix": 20]])
        bars[0].close = .nan
        #expect(try columns(bars, "vix")[0][0] == 20)
    }
}
