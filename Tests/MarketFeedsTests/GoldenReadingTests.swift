import Foundation
import Market
import MarketFeeds
import Testing

/// Every fixture, read as Python's csv module reads it (Benchmarks/peers/csv_reading.py).
@Suite("Fixtures read as Python reads them")
struct GoldenReadingTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        struct Options: Decodable, Sendable {
            var timeframe: String?
            var calendar: String?
            var price: String?
            var stamp: String?
            var timeZone: String?
            var market: String?
        }

        struct Written: Decodable, Sendable {
            var stamp: Int
            var values: [Double?]
        }

        var file: String
        var options: Options
        var rows: Int
        var bars: Int
        var paddedRows: Int
        var offSessionRows: Int
        var outOfPlaceRows: Int
        var newestFirst: Bool
        var missingCloses: Int
        var first: Written
        var last: Written
        var checksum: String

        var testDescription: String {
            [file, options.market, options.price].compactMap { $0 }.joined(separator: " ")
        }

        var readOptions: CSVReadOptions {
            CSVReadOptions(
                timeframe: options.timeframe.flatMap { Timeframe($0) } ?? .daily,
                calendar: options.calendar.flatMap(SessionCalendar.init) ?? .nyse,
                price: options.price.flatMap(PriceColumn.init) ?? .close,
                stamp: options.stamp.flatMap(BarStamp.init) ?? .close,
                timeZone: options.timeZone, market: options.market)
        }

        static let all: [Case] = {
            guard let data = try? Data(contentsOf: Fixture.url("golden/csv_reading.json")),
                let cases = try? JSONDecoder().decode([Case].self, from: data)
            else { return [] }
            return cases
        }()
    }

    @Test func everyFixtureHasItsCase() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Fixture.path(""))
            .filter { $0.hasSuffix(".csv") || $0.hasSuffix(".csv.gz") }
        #expect(files.count == 8)
        #expect(Set(files) == Set(Case.all.map(\.file)))
    }

    @Test(arguments: Case.all)
    func readsLikePython(_ golden: Case) throws {
        let options = golden.readOptions
        let reader = try CSVBarReader(path: Fixture.path(golden.file), options: options)
        #expect(reader.rowsExpected == golden.rows)
        var bars: [Bar] = []
        while let bar = try reader.next() { bars.append(bar) }
        let report = reader.report
        #expect(report.rows == golden.rows)
        #expect(report.bars == golden.bars)
        #expect(report.paddedRows == golden.paddedRows)
        #expect(report.offSessionRows == golden.offSessionRows)
        #expect(report.outOfPlaceRows == golden.outOfPlaceRows)
        #expect(report.newestFirst == golden.newestFirst)
        #expect(report.missingCloses == golden.missingCloses)
        #expect(report.identicalDuplicates == 0)
        #expect(report.skippedRows == 0)
        #expect(report.warningCount == golden.offSessionRows + golden.outOfPlaceRows)
        expect(try #require(bars.first), golden.first, options)
        expect(try #require(bars.last), golden.last, options)
        #expect(report.firstBar == bars.first?.timestamp)
        #expect(report.lastBar == bars.last?.timestamp)
        #expect(checksum(bars, options) == golden.checksum)
        if !options.timeframe.isIntraday {
            let calendar = options.calendar
            #expect(
                bars.map(\.timestamp)
                    == bars.map { calendar.close(on: calendar.date(ofClose: $0.timestamp)) })
        }
    }

    /// Python stamps daily bars with their day's number, so as not to need the calendar.
    private func stamp(_ bar: Bar, _ options: CSVReadOptions) -> Int {
        options.timeframe.isIntraday
            ? Int(bar.timestamp.nanoseconds)
            : options.calendar.date(ofClose: bar.timestamp).daysSinceEpoch
    }

    private func expect(_ bar: Bar, _ written: Case.Written, _ options: CSVReadOptions) {
        #expect(stamp(bar, options) == written.stamp)
        #expect(bar.values.map { $0.isNaN ? nil : $0 } == written.values)
        #expect(bar.availableAt == bar.timestamp)
    }

    /// FNV-1a over 64-bit words.
    private func checksum(_ bars: [Bar], _ options: CSVReadOptions) -> String {
        var total: UInt64 = 0xcbf2_9ce4_8422_2325
        for bar in bars {
            let values = bar.values.map { $0.isNaN ? 0x7ff8_0000_0000_0000 : $0.bitPattern }
            for word in [UInt64(bitPattern: Int64(stamp(bar, options)))] + values {
                total = (total ^ word) &* 0x100_0000_01b3
            }
        }
        let digits = String(total, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test func fixturesSayWhatTheyHold() throws {
        let wide = try CSVInspection.markets(
            path: Fixture.path("us_equities_20_close_1990_2022.csv.gz"))
        #expect(wide.choices.count == 20)
        #expect(wide.choices.first == "AAPL")
        let long = try CSVInspection.markets(
            path: Fixture.path("us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz"))
        #expect(long == .long(tickers: ["AAPL", "FB", "GOOG", "IBM", "MSFT"]))
        for single in [
            "spx_daily_1999_2018.csv", "vix_daily_2014_2019.csv",
            "btcusd_coinbase_1h_2017_2019.csv.gz",
        ] {
            #expect(try CSVInspection.markets(path: Fixture.path(single)) == .single)
        }
    }

    @Test func aTableOfSeveralMarketsAsksForOne() throws {
        for file in [
            "us_equities_20_close_1990_2022.csv.gz",
            "us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz",
        ] {
            let path = Fixture.path(file)
            for market in [nil, "SPX"] {
                let error = try #require(throws: CSVError.self) {
                    _ = try CSVBarReader(path: path, options: CSVReadOptions(market: market))
                }
                #expect(error.problem.isWrongUsage)
                #expect("\(error)".contains("AAPL"))
                #expect("\(error)".contains("MSFT"))
                #expect("\(error)".contains("--market"))
            }
        }
    }

    @Test func minuteBarsReadAsDailyAreNoticed() throws {
        let error = try #require(throws: CSVError.self) {
            _ = try CSVBarReader(path: Fixture.path("emini_sp500_1min_2013-09.csv"))
        }
        #expect(error.problem == .wrongTimeframe(timeframe: "1d"))
    }
}
