import Market
import TestSupport
import Testing

@Suite("Session calendar")
struct SessionCalendarTests {
    @Test(
        "the latest completed session is the last whose close is not later",
        arguments: [
            ("2018-12-31T21:00:00Z", "2018-12-31"),
            ("2018-12-31T20:59:59.999999999Z", "2018-12-28"),
            ("2019-01-01T12:00:00Z", "2018-12-31"),
            ("2019-07-03T17:00:00Z", "2019-07-03"),
            ("2019-07-05T12:00:00Z", "2019-07-03"),
            ("2001-09-17T12:00:00Z", "2001-09-10"),
            ("1914-12-12T14:59:00Z", "1914-07-30"),
            ("1950-01-07T17:00:00Z", "1950-01-07"),
        ])
    func latestCompleted(at moment: String, day: String) throws {
        let session = try SessionCalendar.nyse.latestCompletedSession(at: instant(moment))
        #expect(session?.date.iso == day)
    }

    @Test(
        "the next session",
        arguments: [
            ("2018-12-31", "2019-01-02"), ("2019-07-03", "2019-07-05"),
            ("1914-07-30", "1914-12-12"), ("1952-05-24", "1952-05-26"),
            ("2012-10-26", "2012-10-31"),
        ])
    func next(after day: String, next: String) throws {
        #expect(try SessionCalendar.nyse.session(after: date(day))?.date.iso == next)
    }

    @Test("close, date of close and latest session agree", arguments: SessionCalendar.allCases)
    func consistent(calendar: SessionCalendar) throws {
        var generator = SplitMix64(seed: 7)
        let range = try date("1885-01-01").daysSinceEpoch...date("2100-01-01").daysSinceEpoch
        for _ in 0..<5_000 {
            let day = CivilDate(daysSinceEpoch: Int.random(in: range, using: &generator))
            let close = calendar.close(on: day)
            #expect(calendar.date(ofClose: close) == day)
            guard let session = calendar.session(on: day) else { continue }
            #expect(session.close == close)
            let latest = calendar.latestCompletedSession(at: close)
            #expect(latest == (calendar == .none ? nil : session))
            let next = try #require(calendar.session(after: day))
            #expect(next.date > day && next.open >= close)
            let justBefore = next.close.advanced(byNanoseconds: -1)
            #expect(calendar.latestCompletedSession(at: justBefore) == latest)
        }
    }

    @Test("a day without a session still has a regular close")
    func regularClose() throws {
        let calendar = SessionCalendar.nyse
        #expect(try calendar.close(on: date("2018-12-25")) == instant("2018-12-25T16:00:00-05:00"))
        #expect(try calendar.close(on: date("2018-07-04")) == instant("2018-07-04T16:00:00-04:00"))
        #expect(try calendar.close(on: date("2018-07-03")) == instant("2018-07-03T13:00:00-04:00"))
        #expect(try calendar.close(on: date("1960-07-09")) == instant("1960-07-09T15:30:00-04:00"))
    }

    @Test("a market that never closes has the UTC day as its session")
    func continuous() throws {
        let calendar = try #require(SessionCalendar(rawValue: "24x7"))
        let session = try #require(calendar.session(on: date("2019-02-28")))
        #expect(try session.open == instant("2019-02-28T00:00:00Z"))
        #expect(try session.close == instant("2019-03-01T00:00:00Z"))
        #expect(calendar.date(ofClose: session.close) == session.date)
        #expect(try calendar.session(after: date("2019-02-28"))?.date == date("2019-03-01"))
        #expect(
            try calendar.latestCompletedSession(at: instant("2019-03-01T23:59:59Z")) == session)
    }

    @Test("without a calendar nothing is ever stale")
    func unknown() throws {
        let calendar = SessionCalendar.none
        #expect(calendar.latestCompletedSession(at: .latest) == nil)
        #expect(try calendar.session(on: date("2019-02-24")) != nil)
    }

    @Test("dates beyond a timestamp's range do not trap", arguments: SessionCalendar.allCases)
    func ends(calendar: SessionCalendar) throws {
        #expect(try calendar.close(on: date("9999-12-31")) == .latest)
        #expect(try calendar.close(on: date("0001-01-01")) == .earliest)
        #expect(calendar.date(ofClose: .earliest) <= calendar.date(ofClose: .latest))
        let early = calendar.latestCompletedSession(at: .earliest)
        let late = calendar.latestCompletedSession(at: .latest)
        #expect(early.map { $0.close <= .earliest } ?? true)
        #expect((late == nil) == (calendar == .none))
    }

    @Test(
        "bars are missing where a session, or a bar of one, is passed over",
        arguments: [
            // Over a weekend and Martin Luther King's day.
            (SessionCalendar.nyse, "1d", "2018-01-12T21:00:00Z", "2018-01-16T21:00:00Z", false),
            (.nyse, "1d", "2018-01-12T21:00:00Z", "2018-01-17T21:00:00Z", true),
            (.nyse, "1d", "2001-09-10T20:00:00Z", "2001-09-17T20:00:00Z", false),
            (.continuous, "1d", "2018-01-13T00:00:00Z", "2018-01-14T00:00:00Z", false),
            (.continuous, "1d", "2018-01-13T00:00:00Z", "2018-01-15T00:00:00Z", true),
            (.none, "1d", "2018-01-12T21:00:00Z", "2018-01-15T21:00:00Z", false),
            (.none, "1d", "2018-01-12T21:00:00Z", "2018-01-16T21:00:00Z", true),
            (.none, "1d", "2018-01-09T21:00:00Z", "2018-01-11T21:00:00Z", true),
            (.nyse, "1h", "2018-01-11T15:30:00Z", "2018-01-11T16:30:00Z", false),
            (.nyse, "1h", "2018-01-11T15:30:00Z", "2018-01-11T17:30:00Z", true),
            (.nyse, "1h", "2018-01-11T21:00:00Z", "2018-01-12T15:30:00Z", false),
            (.nyse, "1h", "2018-01-11T19:30:00Z", "2018-01-12T15:30:00Z", true),
            (.nyse, "1h", "2018-01-11T21:00:00Z", "2018-01-12T17:30:00Z", true),
            (.nyse, "1h", "2018-01-10T21:00:00Z", "2018-01-12T15:30:00Z", true),
            (.continuous, "1h", "2018-01-11T23:00:00Z", "2018-01-12T00:00:00Z", false),
            (.continuous, "1h", "2018-01-11T23:00:00Z", "2018-01-12T01:00:00Z", true),
            (.nyse, "1w", "2018-01-05T21:00:00Z", "2018-01-12T21:00:00Z", false),
            (.nyse, "1w", "2018-01-05T21:00:00Z", "2018-01-19T21:00:00Z", true),
        ])
    func missing(
        calendar: SessionCalendar, timeframe: String, last: String, next: String, isMissing: Bool
    ) throws {
        let lacks = calendar.lacksBars(
            between: try #require(Timestamp(rfc3339: last)),
            and: try #require(Timestamp(rfc3339: next)),
            timeframe: try #require(Timeframe(timeframe)))
        #expect(lacks == isMissing)
    }
}
