import Market
import Testing

@testable import MarketFeeds

/// Tables as real tools write them.
@Suite("Awkward CSV files")
struct AwkwardFileTests {
    /// One table in many spellings.
    struct Spelling: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String

        init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }

        init(_ name: String, _ lines: [String]) {
            self.init(name, lines.map { $0 + "\n" }.joined())
        }

        var testDescription: String { name }
    }

    static let header = "date,open,high,low,close,volume"
    static let plain = header + "\n2018-12-27,1,4,1,2,10\n2018-12-28,2,4,2,3,20\n"

    static let spellings = [
        Spelling("CRLF", plain.replacing("\n", with: "\r\n")),
        Spelling("CR", plain.replacing("\n", with: "\r")),
        Spelling("byte-order mark", "\u{feff}" + plain),
        Spelling("semicolons", plain.replacing(",", with: ";")),
        Spelling("tabs", plain.replacing(",", with: "\t")),
        Spelling("no final newline", String(plain.dropLast())),
        Spelling("blank lines", "\n\n" + plain.replacing("\n", with: "\n\n") + "  \n,,,,,\n"),
        Spelling("blanks around", plain.replacing(",", with: " , ")),
        Spelling("trailing delimiters", plain.replacing("\n", with: ",\n")),
        Spelling("trailing delimiters in rows", plain.replacing("0\n", with: "0,\n")),
        Spelling("capitals", plain.replacing(header, with: "DATE,Open,HIGH,Low,CLOSE,Volume")),
        Spelling(
            "quotes",
            [
                #""date","open","high","low","close","volume""#,
                #""2018-12-27","1",4,1,2,10"#, #"2018-12-28,2,4,2,"3","20""#,
            ]),
        Spelling("newest first", [header, "2018-12-28,2,4,2,3,20", "2018-12-27,1,4,1,2,10"]),
        Spelling(
            "columns in another order",
            [
                "volume,close,low,high,open,timestamp", "10,2,1,4,1,2018-12-27",
                "20,3,2,4,2,2018-12-28",
            ]),
        Spelling(
            "unknown columns",
            [
                "id,date,open,high,low,close,volume,note", "1,2018-12-27,1,4,1,2,10,a b",
                #"2,2018-12-28,2,4,2,3,20,"x, y""#,
            ]),
        Spelling("index without a name", plain.replacing("date", with: "")),
        Spelling(
            "constant symbol",
            [
                "date,symbol,open,high,low,close,volume_btc,volume",
                "2018-12-27,B,1,4,1,2,7,10", "2018-12-28,B,2,4,2,3,8,20",
            ]),
        Spelling("compact dates", plain.replacing("2018-12-", with: "201812")),
        Spelling("slashes", plain.replacing("2018-12-", with: "2018/12/")),
        Spelling("US dates", [header, "12/27/2018,1,4,1,2,10", "12/28/18,2,4,2,3,20"]),
        Spelling(
            "midnights", [header, "2018-12-27 00:00,1,4,1,2,10", "2018-12-28 0:00,2,4,2,3,20"]),
        Spelling(
            "numbers otherwise",
            [header, "2018-12-27,1.,4e0,+1.0,2.00,1E1", "2018-12-28,02,.4e1,2,3,200e-1"]),
        Spelling("identical rows", plain + "2018-12-28,2.0,4,2,3,20\n2018-12-27,1,4,1,2,10\n"),
        Spelling(
            "a long table",
            [
                "Ticker,Date,Open,High,Low,Close,Volume", "B,2018-12-27,9,9,9,9,9",
                "M,2018-12-27,1,4,1,2,10", "B,2018-12-28,bad,9,9,9,9", "M,2018-12-28,2,4,2,3,20",
            ]),
    ]

    @Test(arguments: spellings)
    func readsTheSameBars(_ spelling: Spelling) throws {
        let options = CSVReadOptions(market: "m")
        let expected = try read(AwkwardFileTests.plain, options).bars
        #expect(expected.times == ["2018-12-27T21:00:00Z", "2018-12-28T21:00:00Z"])
        #expect(expected.map(\.values) == [[1, 4, 1, 2, 10], [2, 4, 2, 3, 20]])
        #expect(try read(spelling.text, options).bars.sayTheSame(as: expected))
    }

    @Test func quotesMayHoldDelimitersQuotesAndNewlines() throws {
        let text =
            "note,date,\"close\"\n\"a \"\"b\"\", c\",2018-12-27,\"1,234.5\"\n"
            + "\"x\r\ny\nz\",2018-12-28,\"12,345\"\nbad,2018-12-31,abc\n"
        #expect(try read(text, CSVReadOptions(onBadRow: .skip)).bars.closes == [1234.5, 12345])
        #expect(try failure(text).line == 6)
    }

    @Test func blankIsMissing() throws {
        let words = ["", " ", "null", "NaN", "N/A", "#N/A", ".", "-", "NA", "None"]
        for word in words {
            let (bars, report) = try read("date,close\n2018-12-27,\(word)\n2018-12-28,3\n")
            #expect(bars.map(\.close.isNaN) == [true, false], "'\(word)'")
            #expect(report.missingCloses == 1)
        }
    }

    @Test func aValueOfAnyNameIsTheClose() throws {
        #expect(try read("DATE,VIXCLS\n2018-12-27,28.34\n").bars.closes == [28.34])
        let bar = try read("date,value,volume\n2018-12-27,28.34,5\n").bars[0]
        #expect(bar.close == 28.34)
        #expect(bar.volume == 5)
    }

    @Test func wideTablesTakeOneColumn() throws {
        let text = "Date,LOW,brk.b,C\n2018-12-27,1,,x\n2018-12-28,2,5,x\n"
        #expect(try read(text, CSVReadOptions(market: "low")).bars.closes == [1, 2])
        let gaps = try read(text, CSVReadOptions(market: "BRK.B"))
        #expect(gaps.bars[0].close.isNaN)
        #expect(gaps.bars[1].close == 5)
        let error = try failure(text, CSVReadOptions(market: "C"))
        #expect("\(error)".hasPrefix("bars.csv:2:4: C: 'x' is not a number"))
        #expect(try failure(text).problem == .marketNotChosen(choices: ["LOW", "brk.b", "C"]))
    }

    @Test func tickersDifferingInCaseAreToldApart() throws {
        let text = "ticker,date,close\naa,2018-12-27,1\nAA,2018-12-27,2\n"
        #expect(try read(text, CSVReadOptions(market: "aa")).bars.closes == [1])
        #expect(try read(text, CSVReadOptions(market: "AA")).bars.closes == [2])
        #expect(try read(text, CSVReadOptions(market: "Aa")).bars.closes == [1])
    }

    @Test func adjustedPricesScaleTheWholeBar() throws {
        let text = """
            date,open,high,low,close,adj close,volume
            2018-12-27,8,12,6,10,5,100
            2018-12-28,8,12,6,10,,100
            2018-12-31,8,12,6,,5,100

            """
        let bars = try read(text, CSVReadOptions(price: .adjusted)).bars
        #expect(bars[0].values == [4, 6, 3, 5, 100])
        #expect(bars[1...].allSatisfy { $0.close.isNaN && $0.open.isNaN && $0.volume == 100 })
        #expect(try read(text).bars[0].close == 10)
        let without = try failure("date,close\n2018-12-27,1\n", CSVReadOptions(price: .adjusted))
        #expect(without.problem == .noAdjustedClose)
        let negative = try failure(
            "date,close,adj_close\n2018-12-27,1,-2\n", CSVReadOptions(price: .adjusted))
        #expect("\(negative)".contains("bars.csv:2:3: adj_close: '-2': close must be greater"))
    }

    @Test func rowsOutOfPlaceAreSortedIn() throws {
        let text = "date,close\n2018-12-26,1\n2018-12-28,3\n2018-12-27,2\n2018-12-31,4\n"
        let (bars, report) = try read(text)
        #expect(bars.closes == [1, 2, 3, 4])
        #expect(report.outOfPlaceRows == 1)
        #expect(report.newestFirst == false)
        #expect(report.warnings.map(\.line) == [4])
    }

    @Test func identicalDuplicatesAreCountedWhereverTheyStand() throws {
        let (bars, report) = try read(
            "date,close\n2018-12-26,1\n2018-12-26,1.0\n2018-12-27,2\n2018-12-28,\n2018-12-28,\n"
                + "2018-12-26,1\n")
        #expect(bars.count == 3)
        #expect(report.identicalDuplicates == 3)
    }

    @Test func paddingIsDroppedAndOtherRowsOfShutDaysAreKept() throws {
        let text = """
            date,open,high,low,close,volume
            2018-12-21,1,4,1,2,10
            2018-12-22,1,4,1,2,10
            2018-12-23,1,4,1,2,0
            2018-12-24,1,4,1,2,10
            2018-12-25,1,4,1,3,10
            2018-12-26,1,4,1,3,10
            """
        let (bars, report) = try read(text)
        #expect(
            bars.times == [
                "2018-12-21T21:00:00Z", "2018-12-24T18:00:00Z", "2018-12-25T21:00:00Z",
                "2018-12-26T21:00:00Z",
            ])
        #expect(report.paddedRows == 2)
        #expect(report.offSessionRows == 1)
        #expect(report.warnings.map(\.kind) == [.offSession, .noFinalNewline])
        #expect(report.warnings[0].line == 6)
        let continuous = try read(text, CSVReadOptions(calendar: .continuous))
        #expect(continuous.report.bars == 6)
        #expect(continuous.report.offSessionRows == 0)
        #expect(continuous.bars[0].timestamp == time("2018-12-22T00:00:00Z"))
    }

    @Test func datesThatTellNotWhichIsTheMonthAreNamed() throws {
        let ambiguous = try read("date,close\n01/02/2018,1\n02/02/2018,2\n03/01/2018,3\n").report
        #expect(ambiguous.warnings.map(\.kind) == [.ambiguousDates])
        #expect(ambiguous.warnings.map(\.line) == [2])
        #expect(ambiguous.warnings[0].message.contains("'01/02/2018' is read as month, day, year"))
        let sameEitherWay = "date,close\n02/02/2018,1\n08/08/2018,2\n"
        for clear in ["date,close\n01/02/2018,1\n01/16/2018,2\n", sameEitherWay, Self.plain] {
            #expect(try read(clear).report.warnings.isEmpty)
        }
    }

    @Test func theEndIsWarnedOfOnce() throws {
        let reader = try CSVBarReader(
            bytes: Array("date,close\n01/02/2018,1\n03/05/2018,2".utf8), name: "bars.csv")
        while try reader.next() != nil {}
        #expect(try reader.next() == nil)
        #expect(reader.report.warnings.map(\.kind) == [.noFinalNewline, .ambiguousDates])
        #expect(reader.report.warningCount == 2)
    }

    @Test func warningsAreBoundedButCounted() throws {
        var text = "date,close\n"
        for index in 0..<500 { text += "2018-12-27,x\(index)\n" }
        text += "2018-12-28,1\n"
        let report = try read(text, CSVReadOptions(onBadRow: .skip)).report
        #expect(report.skippedRows == 500)
        #expect(report.warningCount == 500)
        #expect(report.warnings.count == CSVReport.warningsKept)
        #expect(report.warnings[0].description.contains("bars.csv:2:2: close: 'x0'"))
    }
}
