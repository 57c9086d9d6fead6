import Market
import TestSupport
import Testing

@testable import MarketFeeds

@Suite("Property: a series read with others is the series read alone")
struct TableReaderTests {
    /// A table of random closes with gaps, repeated and misplaced rows and, if asked, bad cells.
    private static func wide(
        _ generator: inout SplitMix64, withBadCells: Bool
    ) -> (text: String, markets: [String]) {
        let markets = (0..<Int.random(in: 2...9, using: &generator)).map { "M\($0)" }
        var rows: [String] = []
        var date = day("2015-01-02")
        for _ in 0..<60 {
            date = date.advanced(byDays: Int.random(in: 1...3, using: &generator))
            let cells = markets.map { _ -> String in
                switch Int.random(in: 0..<40, using: &generator) {
                case 0: return ""
                case 1 where withBadCells: return "-3"
                case 2 where withBadCells: return "n.v.t."
                default: return "\(Double.random(in: 1...200, using: &generator))"
                }
            }
            rows.append(([date.iso] + cells).joined(separator: ","))
            if Int.random(in: 0..<20, using: &generator) == 0 { rows.append(rows[rows.count - 1]) }
        }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: rows.reverse()
        case 1: rows.swapAt(3, 40)
        default: break
        }
        let header = (["date"] + markets).joined(separator: ",")
        return (([header] + rows).joined(separator: "\n") + "\n", markets)
    }

    /// The same closes as rows of tickers.
    private static func long(_ text: String, _ markets: [String]) -> String {
        let rows = text.split(separator: "\n").dropFirst().flatMap { row in
            let cells = row.split(separator: ",", omittingEmptySubsequences: false)
            return zip(markets, cells.dropFirst()).map { "\(cells[0]),\($0),\($1)" }
        }
        return "date,ticker,close\n" + rows.joined(separator: "\n") + "\n"
    }

    private func compare(
        _ text: String, _ markets: [String], _ options: CSVReadOptions, cellBudget: Int
    ) throws {
        let input = CSVInput.memory(bytes: Array(text.utf8), name: "table.csv")
        let holding = try CSVInspection.inspect(input)
        var reader = try TableReader(input, holding, options, cellBudget: cellBudget)
        var seen: [String] = []
        while true {
            let share = try reader.next()
            if share.isEmpty { break }
            for series in share {
                seen.append(series.market)
                var alone = options
                alone.market = series.market
                let expected = Result { try read(text, alone) }
                switch (expected, Result { try series.bars() }) {
                case (.success(let one), .success(let other)):
                    #expect(one.bars.sayTheSame(as: other.bars))
                    #expect(one.report.bars == other.report.bars)
                    #expect(one.report.skippedRows == other.report.skippedRows)
                    #expect(one.report.identicalDuplicates == other.report.identicalDuplicates)
                    #expect(one.report.missingCloses == other.report.missingCloses)
                case (.failure(let one as CSVError), .failure(let other as CSVError)):
                    #expect(one.problem == other.problem)
                    #expect(one.line == other.line && one.column == other.column)
                case (let one, let other):
                    Issue.record("\(series.market): alone \(one), with others \(other)")
                }
            }
        }
        #expect(seen == markets)
    }

    @Test("wide and long tables, in shares of any size", arguments: Sweep.seeds(30))
    func same(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let withBadCells = Bool.random(using: &generator)
        let (text, markets) = Self.wide(&generator, withBadCells: withBadCells)
        var options = CSVReadOptions(calendar: .continuous)
        if withBadCells, Bool.random(using: &generator) { options.onBadRow = .skip }
        let budget = Int.random(in: 1...4_000, using: &generator)
        try compare(text, markets, options, cellBudget: budget)
        try compare(Self.long(text, markets), markets, options, cellBudget: budget)
    }

    @Test("the table of twenty shares, one pass for all or one for each")
    func fixture() throws {
        let path = Fixture.path("us_equities_20_close_1990_2022.csv.gz")
        let holding = try CSVInspection.markets(path: path)
        for budget in [1, TableReader.cellBudget] {
            var reader = try TableReader(
                path: path, holding, options: CSVReadOptions(), cellBudget: budget)
            let first = try #require(try reader.next().first)
            let alone = try CSVBarReader(
                path: path, options: CSVReadOptions(market: first.market))
            var bars: [Bar] = []
            while let bar = try alone.next() { bars.append(bar) }
            #expect(bars.count == 8_313)
            #expect(try first.bars().bars.sayTheSame(as: bars))
        }
    }

    @Test("a stamp that cannot be read ends the file, unless bad rows are skipped")
    func badStamp() throws {
        let text = "date,A,B\n2015-01-02,1,2\n2015-13-02,1,2\n2015-01-06,3,4\n"
        let input = CSVInput.memory(bytes: Array(text.utf8), name: "table.csv")
        let holding = try CSVInspection.inspect(input)
        let error = try #require(throws: CSVError.self) {
            var reader = try TableReader(input, holding, CSVReadOptions(), cellBudget: 100)
            _ = try reader.next()
        }
        #expect(error.line == 3)
        var reader = try TableReader(
            input, holding, CSVReadOptions(onBadRow: .skip), cellBudget: 100)
        let series = try #require(try reader.next().last)
        let (bars, report) = try series.bars()
        #expect(bars.closes == [2, 4])
        #expect(report.skippedRows == 1)
    }
}
