import Foundation
import Indicators
import Market
import Testing

/// Every price indicator on the S&P 500, whole and with gaps, as pandas has it.
@Suite("Indicators equal pandas")
struct GoldenTests {
    struct Golden: Decodable {
        struct Series: Decodable {
            let name: String
            let features: [String: [Double?]]
        }

        let barsPerYear: Double
        let rows: [Int]
        let series: [Series]
    }

    static func fixture(_ name: String) throws -> Data {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return try Data(contentsOf: folder.appending(path: "../../Fixtures/\(name)"))
    }

    /// The bundled bars, read without the program's own reader.
    static func bars() throws -> [Bar] {
        let text = String(decoding: try fixture("spx_daily_1999_2018.csv"), as: UTF8.self)
        return text.split(separator: "\n").dropFirst().enumerated().map { row, line in
            let fields = line.split(separator: ",").map { Double($0) ?? .nan }
            return Bar(
                timestamp: Timestamp(nanoseconds: Int64(row) * Timestamp.nanosecondsPerDay),
                open: fields[1], high: fields[2], low: fields[3], close: fields[4])
        }
    }

    /// The gaps that the script makes.
    static func withGaps(_ bars: [Bar]) -> [Bar] {
        bars.enumerated().map { row, bar in
            var bar = bar
            if row % 31 == 7 { bar.open = .nan }
            if row % 37 == 5 { bar.high = .nan }
            if row % 41 == 11 { bar.low = .nan }
            if row % 43 == 13 || row % 997 < 4 { bar.close = .nan }
            return bar
        }
    }

    @Test(arguments: ["whole", "gaps"])
    func featuresEqualPandas(series: String) throws {
        let golden = try JSONDecoder().decode(
            Golden.self, from: try Self.fixture("golden/indicators.json"))
        let expected = try #require(golden.series.first { $0.name == series }).features
        let bars = try Self.bars()
        let columns = BarColumns(series == "gaps" ? Self.withGaps(bars) : bars)
        let exogenous: Set = ["vix", "vix_change", "term_spread", "credit_spread"]
        #expect(Set(expected.keys) == Set(Feature.names).subtracting(exogenous))
        for (name, values) in expected {
            let feature = try Feature(name: name)
            let column = IndicatorEngine.columns(
                of: columns, features: [feature], barsPerYear: golden.barsPerYear)[0]
            for (row, value) in zip(golden.rows, values) {
                guard let value else {
                    #expect(column[row].isNaN, "\(name) of row \(row)")
                    continue
                }
                // A value near zero is a difference of values near one: it has their rounding.
                let tolerance = max(1e-9 * value.magnitude, 1e-14)
                #expect(
                    (column[row] - value).magnitude <= tolerance,
                    "\(name) of row \(row): \(column[row]) is not \(value)")
            }
        }
    }
}
