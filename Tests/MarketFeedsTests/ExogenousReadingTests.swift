import Market
import Testing

@testable import MarketFeeds

@Suite("Columns of exogenous values in CSV files")
struct ExogenousReadingTests {
    private func read(
        _ text: String, column: String? = nil, timeframe: String = "1d",
        onBadRow: BadRowPolicy = .fail
    ) throws -> [ExogenousHistory.Reading] {
        try CSVExogenousReader.readings(
            .memory(bytes: Array(text.utf8), name: "vix.csv"), column: column,
            timeframe: try #require(Timeframe(timeframe)),
            options: CSVReadOptions(onBadRow: onBadRow)
        ).readings
    }

    private func failure(_ text: String, column: String? = nil) throws -> CSVError {
        try #require(throws: CSVError.self) { _ = try read(text, column: column) }
    }

    @Test("the bundled VIX: a date is known at its session's end, blank days have no value")
    func bundled() throws {
        let (readings, report) = try CSVExogenousReader.readings(
            path: Fixture.path("vix_daily_2014_2019.csv"), column: nil, timeframe: .daily,
            options: CSVReadOptions())
        #expect(readings.count == report.bars && report.missingCloses > 0)
        let first = try #require(readings.first)
        #expect(first.availableAt == time("2014-01-03T21:00:00Z") && first.value == 13.76)
        #expect(readings.count { $0.value.isNaN } == report.missingCloses)
        let history = ExogenousHistory(name: "vix", readings)
        #expect(history.count == readings.count - report.missingCloses)
        var cursor = history.cursor
        cursor.advance(to: time("2014-01-03T20:59:59Z"))
        #expect(cursor.value.isNaN)
        cursor.advance(to: time("2014-01-03T21:00:00Z"))
        #expect(cursor.value == 13.76)
    }

    @Test("values may be zero or negative, and stand beside prices or other values")
    func plainValues() throws {
        let table = "date,close,Term_Spread,other\n2018-01-02,5,-0.5,1\n2018-01-03,6,0,2\n"
        #expect(try read(table, column: "term_spread").map(\.value) == [-0.5, 0])
        #expect(try read(table, column: "close").map(\.value) == [5, 6])
        #expect(try read("date,x\n2018-01-02,.\n2018-01-03,-1e-3\n")[1].value == -1e-3)
    }

    @Test("the column to take is asked for by name, and the choices are named")
    func choices() throws {
        let table = "date,a,b\n2018-01-02,1,2\n"
        #expect(try failure(table).problem == .columnNotChosen(choices: ["a", "b"]))
        #expect(
            try failure(table, column: "c").problem
                == .columnNotFound(column: "c", choices: ["a", "b"]))
        #expect(try failure(table).problem.isWrongUsage)
        #expect("\(try failure(table))".contains("FILE.csv:a"))
        let twice = "date,Vix,VIX\n2018-01-02,1,2\n"
        #expect(try read(twice, column: "VIX").map(\.value) == [2])
        #expect(try failure(twice, column: "vix").problem == .repeatedColumn(other: 2))
    }

    @Test("bad rows fail, or are passed over")
    func badRows() throws {
        let table = "date,vix\n2018-01-02,12\n2018-01-03,x\n2018-01-04,13\n"
        #expect(try failure(table).line == 3)
        #expect(try read(table, onBadRow: .skip).map(\.value) == [12, 13])
        #expect(
            try failure("date,vix\n2018-01-02,12\n2018-01-02,13\n").problem
                == .conflictingDuplicate(line: 2))
    }

    @Test("dates are daily values for bars of any length, stamps with a time are instants")
    func timeframes() throws {
        let daily = "date,vix\n2018-01-02,12\n2018-01-03,13\n"
        for timeframe in ["1m", "1h", "1d", "1w"] {
            let known = try read(daily, timeframe: timeframe).map(\.availableAt)
            #expect(known == [time("2018-01-02T21:00:00Z"), time("2018-01-03T21:00:00Z")])
        }
        let minutes = """
            time,vix
            2018-01-02T10:00:00-05:00,12
            2018-01-02T10:01:00-05:00,13

            """
        let known = try read(minutes, timeframe: "1h").map(\.availableAt)
        #expect(known == [time("2018-01-02T15:00:00Z"), time("2018-01-02T15:01:00Z")])
        let late = try read("time,vix\n2018-01-02T16:15:00-05:00,12\n")
        #expect(late[0].availableAt == time("2018-01-02T21:15:00Z"))
        #expect(late[0].timestamp == time("2018-01-02T21:00:00Z"))
    }

    @Test("a column available_at says when a value was known, and rows of one date are vintages")
    func vintages() throws {
        let table = """
            date,growth,available_at
            2018-03-29,2.3,2018-04-27T12:30:00Z
            2018-03-29,2.2,2018-05-30
            2018-03-29,2.2,2018-05-30
            2018-06-29,4.1,
            2018-03-29,2.0,2018-06-28T12:30:00Z

            """
        let readings = try read(table)
        #expect(readings.map(\.value) == [2.3, 2.2, 2.0, 4.1])
        #expect(
            readings.map(\.availableAt)
                == [
                    time("2018-04-27T12:30:00Z"), time("2018-05-30T20:00:00Z"),
                    time("2018-06-28T12:30:00Z"), time("2018-06-29T20:00:00Z"),
                ])
        #expect(try read(table, column: "growth").count == 4)
        #expect(
            try failure("date,x,available_at\n2018-01-02,1,soon\n").problem
                == .unreadableDate(text: "soon"))
        let conflict = "date,x,available_at\n2018-01-02,1,2018-01-03\n2018-01-02,1,2018-01-04\n"
        #expect(
            try failure(conflict + "2018-01-02,2,2018-01-03\n").problem
                == .conflictingDuplicate(line: 2))
        // Nothing is known before what it is about.
        let early = try read("date,x,available_at\n2018-01-02,1,2017-12-01\n")
        #expect(early[0].availableAt == time("2018-01-02T21:00:00Z"))
    }

    @Test("a bar's own availability is read too")
    func bars() throws {
        let table = "date,close,available_at\n2018-01-02,5,2018-01-03T14:00:00Z\n2018-01-03,6,\n"
        let bars = try CSVBarReader(bytes: Array(table.utf8), name: "bars.csv").readAll()
        #expect(bars.count == 2)
        let reader = try CSVBarReader(bytes: Array(table.utf8), name: "bars.csv")
        let known = try reader.nextChunk(limit: 9).map(\.availableAt)
        #expect(known == [time("2018-01-03T14:00:00Z"), time("2018-01-03T21:00:00Z")])
    }
}
