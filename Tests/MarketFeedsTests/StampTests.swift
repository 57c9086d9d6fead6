import Market
import Testing

@testable import MarketFeeds

/// From what a file writes to the instant at which a bar closes.
@Suite("Stamps and time zones")
struct StampTests {
    private func stamps(_ texts: [String], _ options: CSVReadOptions) throws -> [String] {
        let rows = texts.enumerated().map { "\"\($1)\",\($0 + 1)\n" }.joined()
        return try read("timestamp,close\n" + rows, options).bars.times
    }

    @Test(arguments: [
        "2018-12-31T17:00:00", "2018-12-31 17:00", "2018-12-31 17:00:00.000", "2018-12-31 05-PM",
        "2018-12-31 05:00 PM", "2018-12-31 5:00pm", "12/31/2018 17:00", "12/31/18  5:00:00 PM",
        "20181231 170000", "20181231T1700", "20181231170000", "2018/12/31 17:00:00,000",
        "2018-12-31T22:00:00Z", "2018-12-31 22:00 UTC", "2018-12-31T17:00-05:00",
        "2018-12-31 16:00:00-0600", "2018-12-31 23:00+01", "1546293600", "1546293600000",
        "1546293600000000", "1546293600000000000",
    ])
    func formsOfOneInstant(_ text: String) throws {
        let hourly = CSVReadOptions(timeframe: .hourly)
        #expect(try stamps([text], hourly) == ["2018-12-31T22:00:00Z"])
        var opened = hourly
        opened.stamp = .open
        #expect(try stamps([text], opened) == ["2018-12-31T23:00:00Z"])
    }

    @Test func twelveOClockIsNoonOrMidnight() throws {
        let utc = CSVReadOptions(timeframe: .hourly, calendar: .continuous)
        let texts = [
            "2019-10-17 12-AM", "2019-10-17 01-AM", "2019-10-17 12-PM", "2019-10-17 11-PM",
        ]
        #expect(
            try stamps(texts, utc) == [
                "2019-10-17T00:00:00Z", "2019-10-17T01:00:00Z", "2019-10-17T12:00:00Z",
                "2019-10-17T23:00:00Z",
            ])
        #expect(try stamps(["2019-10-16 24:00"], utc) == ["2019-10-17T00:00:00Z"])
    }

    @Test func dateAndTimeMayBeTwoColumns() throws {
        let text = "Date,Time,Close\n2018-12-31,09:30,1\n2018-12-31,10:30,2\n"
        #expect(
            try read(text, CSVReadOptions(timeframe: .hourly)).bars.times == [
                "2018-12-31T14:30:00Z", "2018-12-31T15:30:00Z",
            ])
    }

    @Test func fractionsOfSecondsAreKept() throws {
        let options = CSVReadOptions(timeframe: .minutely, calendar: .none)
        #expect(
            try stamps(
                ["2018-12-31T17:00:30.25", "1546293600"],
                CSVReadOptions(
                    timeframe: .minutely, calendar: .none, onBadRow: .skip)) == [
                    "2018-12-31T17:00:30.25Z"
                ])
        #expect(try stamps(["1546275630250"], options) == ["2018-12-31T17:00:30.25Z"])
    }

    @Test func datesCloseAtTheirSessionsEnd() throws {
        // A half-day, a summer day, and a Saturday session of 1951.
        #expect(
            try stamps(["1951-05-05", "2018-07-02", "2018-12-24"], CSVReadOptions()) == [
                "1951-05-05T16:00:00Z", "2018-07-02T20:00:00Z", "2018-12-24T18:00:00Z",
            ])
        #expect(
            try stamps(["2018-12-24"], CSVReadOptions(stamp: .open)) == ["2018-12-24T18:00:00Z"])
        for calendar in [SessionCalendar.continuous, .none] {
            #expect(
                try stamps(["2018-12-24"], CSVReadOptions(calendar: calendar)) == [
                    "2018-12-25T00:00:00Z"
                ])
        }
    }

    @Test func dailyDateTimesOnTheExchangeCountAsTheirDate() throws {
        let forms = [
            "2018-12-24 00:00:00", "2018-12-24T00:00:00Z", "2018-12-24 00:00:00-05:00",
            "2018-12-24 09:30", "2018-12-24 13:00", "1545609600", "1545627600", "1545661800",
        ]
        for form in forms {
            #expect(try stamps([form], CSVReadOptions()) == ["2018-12-24T18:00:00Z"], "\(form)")
        }
        let late = try read("timestamp,close\n2018-12-24 17:30,1\n").bars[0]
        #expect(late.timestamp == time("2018-12-24T18:00:00Z"))
        #expect(late.availableAt == time("2018-12-24T22:30:00Z"))
    }

    @Test func dailyInstantsOfAMarketThatNeverCloses() throws {
        var options = CSVReadOptions(calendar: .continuous)
        #expect(try stamps(["2018-12-24 00:00"], options) == ["2018-12-25T00:00:00Z"])
        #expect(try stamps(["2018-12-24T00:00:00Z"], options) == ["2018-12-24T00:00:00Z"])
        options.stamp = .open
        #expect(try stamps(["2018-12-24T00:00:00Z"], options) == ["2018-12-25T00:00:00Z"])
        #expect(try stamps(["1545609600000"], options) == ["2018-12-25T00:00:00Z"])
    }

    @Test func weeksCloseWithTheirLastSession() throws {
        var options = CSVReadOptions(timeframe: try #require(Timeframe("1w")))
        #expect(
            try stamps(["2018-12-23", "2018-12-30"], options) == [
                "2018-12-21T21:00:00Z", "2018-12-28T21:00:00Z",
            ])
        options.stamp = .open
        #expect(
            try stamps(["2018-12-17", "2018-12-24"], options) == [
                "2018-12-21T21:00:00Z", "2018-12-28T21:00:00Z",
            ])
    }

    @Test func clockChanges() throws {
        let chicago = CSVReadOptions(timeframe: .hourly, timeZone: "America/Chicago")
        // Clocks went from 02:00 to 03:00; a bar may close at the moment itself.
        #expect(
            try stamps(["2018-03-11 01:00", "2018-03-11 02:00", "2018-03-11 04:00"], chicago) == [
                "2018-03-11T07:00:00Z", "2018-03-11T08:00:00Z", "2018-03-11T09:00:00Z",
            ])
        let skipped = try failure("timestamp,close\n2018-03-11 02:30,1\n", chicago)
        #expect(skipped.problem == .skippedByClock(text: "2018-03-11 02:30"))
        // 01:30 occurred twice; the later one is taken.
        #expect(
            try stamps(["2018-11-04 00:30", "2018-11-04 01:30", "2018-11-04 02:30"], chicago) == [
                "2018-11-04T05:30:00Z", "2018-11-04T07:30:00Z", "2018-11-04T08:30:00Z",
            ])
    }

    @Test func zonesByNameOrNotAtAll() throws {
        let text = "timestamp,close\n2018-07-02 12:00,1\n"
        func first(_ calendar: SessionCalendar, _ zone: String?) throws -> String? {
            try read(
                text, CSVReadOptions(timeframe: .hourly, calendar: calendar, timeZone: zone)
            ).bars.times.first
        }
        #expect(try first(.nyse, nil) == "2018-07-02T16:00:00Z")
        #expect(try first(.continuous, nil) == "2018-07-02T12:00:00Z")
        #expect(try first(.none, nil) == "2018-07-02T12:00:00Z")
        #expect(try first(.nyse, "Asia/Kolkata") == "2018-07-02T06:30:00Z")
        for unknown in ["Mars/Olympus", "", "America/Chicag"] {
            let error = try #require(throws: CSVError.self) { _ = try first(.nyse, unknown) }
            #expect(error.problem == .unknownTimeZone(name: unknown))
            #expect(error.problem.isWrongUsage)
        }
    }

    @Test func theFormIsHeld() throws {
        let error = try failure("date,close\n2018-12-27,1\n12/28/2018,2\n")
        #expect(error.line == 3)
        #expect(error.column == CSVError.Column(number: 1, name: "date"))
        #expect(
            error.problem
                == .dateFormatChanged(text: "12/28/2018", first: "2018-12-27", firstLine: 2))
        // One odd first row does not decide for the others.
        let text = "date,close\n2018/12/26,1\n2018-12-27,2\n2018-12-28,3\n"
        #expect(try read(text, CSVReadOptions(onBadRow: .skip)).bars.closes == [2, 3])
        #expect(try failure(text).line == 2)
    }

    @Test func daysBeforeMonthsAreRefusedEvenWhenSkipping() throws {
        let text = "date,close\n01/12/2018,1\n02/12/2018,2\n31/12/2018,3\n"
        for policy in BadRowPolicy.allCases {
            let error = try failure(text, CSVReadOptions(onBadRow: policy))
            #expect(error.problem == .dayFirst(text: "31/12/2018"))
            #expect(error.line == 4)
        }
    }

    @Test func datesAloneAreNoHourlyBars() throws {
        let error = try failure("date,close\n2018-12-27,1\n", CSVReadOptions(timeframe: .hourly))
        #expect(error.problem == .datesWithoutTime(timeframe: "1h"))
    }

    @Test(arguments: [
        "2018-02-30", "2018-13-01", "2018-12-31 25:00", "2018-12-31 12:60", "2018-12-31 13:00 PM",
        "31.12.2018", "Dec 31", "2018-12", "2018-12-31T", "2018-12-31 9", "1", "12/31/018",
        "2018-12-31 10:00 CET", "2018-12-31 10:00+1", "20181231x", "99999999999999999999",
        "0001-01-01", "9999-12-31", "2018-12-31 24:30", "2018-12-31 10:00:00.",
    ])
    func otherTextIsNoStamp(_ text: String) throws {
        let error = try failure("date,close\n\"\(text)\",1\n")
        #expect(error.line == 2)
        #expect(error.column?.number == 1)
        #expect("\(error)".contains(text))
    }
}
