import Market
import Testing

/// Compared with pandas_market_calendars, and with the index's own history.
@Suite("New York Stock Exchange")
struct NewYorkStockExchangeTests {
    /// Opening and closing time, `HH:MM` in UTC; `nil` when shut.
    struct Hours: Equatable {
        var open: String
        var close: String

        init?(open: String, close: String) {
            guard !open.isEmpty else { return nil }
            self.open = open
            self.close = close
        }

        init(_ session: Session) {
            open = String(session.open.rfc3339.dropFirst(11).prefix(5))
            close = String(session.close.rfc3339.dropFirst(11).prefix(5))
        }
    }

    /// Where the reference is wrong: what is right, in New York's time, and why.
    struct Correction {
        let first: String
        let last: String
        let open: Int?
        let close: Int?
        let reason: String

        init(_ first: String, _ last: String, open: Int? = nil, close: Int? = nil, _ why: String) {
            (self.first, self.last, self.open, self.close) = (first, last, open, close)
            reason = why
        }
    }

    static let corrections = [
        Correction(
            "1967-08-08", "1967-08-08", close: 14 * 60,
            "nine shortened sessions, 8 to 18 August; the reference's own notes say so"),
        Correction(
            "1974-01-01", "1974-09-30", close: 15 * 60 + 30,
            "the close moved to 16:00 on 1 October 1974, not at New Year"),
        Correction(
            "1985-01-01", "1985-09-29", open: 10 * 60,
            "the opening moved to 09:30 on 30 September 1985, not at New Year"),
        Correction(
            "1990-12-27", "1990-12-27", open: 11 * 60,
            "a transformer's explosion delayed it by 90 minutes, as the reference's notes say"),
        Correction(
            "1999-12-31", "1999-12-31", close: 13 * 60,
            "closed at 13:00 ahead of the year 2000, as announced in June 1999"),
    ]

    /// What the reference says of every day it covers.
    static func reference() throws -> [CivilDate: Hours] {
        let file = try FixtureFile(
            "golden/nyse_sessions.csv", header: "date,days,open_utc,close_utc")
        var changes = try file.rows.map { row in
            (
                date: try date(row[0]), isSaturday: row[1] == "saturdays",
                hours: Hours(open: row[2], close: row[3])
            )
        }[...]
        var weekdays: Hours?
        var saturdays: Hours?
        var reference: [CivilDate: Hours] = [:]
        for day in try days("1885-01-01", "2030-12-31") {
            while let change = changes.first, change.date == day {
                if change.isSaturday { saturdays = change.hours } else { weekdays = change.hours }
                changes.removeFirst()
            }
            switch day.weekday {
            case .sunday: break
            case .saturday: reference[day] = saturdays
            default: reference[day] = weekdays
            }
        }
        try #require(changes.isEmpty)
        return reference
    }

    @Test("every day of 1885 to 2030 is as in the reference, or corrected for a reason")
    func everyDay() throws {
        var expected = try NewYorkStockExchangeTests.reference()
        #expect(expected.count == 39_752)
        for correction in NewYorkStockExchangeTests.corrections {
            for day in try days(correction.first, correction.last) {
                guard let said = expected[day] else { continue }
                var right = said
                if let open = correction.open { right.open = utcClock(day, minutes: open) }
                if let close = correction.close { right.close = utcClock(day, minutes: close) }
                #expect(right != said, "\(day) needs no correction: \(correction.reason)")
                expected[day] = right
            }
        }
        var wrong: [String] = []
        for day in try days("1885-01-01", "2030-12-31") {
            let session = SessionCalendar.nyse.session(on: day)
            let hours = session.map { Hours($0) }
            if hours != expected[day] {
                wrong.append("\(day) \(day.weekday): \(text(hours)), not \(text(expected[day]))")
            }
            if let session {
                #expect(session.date == day && session.open < session.close)
                #expect(session.open.utcDate == day && session.close.utcDate == day)
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count) days: \(wrong.prefix(20))")
    }

    @Test("the bars of the S&P 500, 1999 to 2018, lie on its sessions and on all of them")
    func indexHistory() throws {
        let file = try FixtureFile(
            "spx_daily_1999_2018.csv", header: "date,open,high,low,close,adj_close,volume")
        let bars = file.rows.map { $0[0] }
        let sessions = try days(#require(bars.first), #require(bars.last))
            .filter { SessionCalendar.nyse.session(on: $0) != nil }
        #expect(sessions.map(\.iso) == bars)
    }

    @Test(
        "days everyone remembers as closed",
        arguments: [
            "1914-07-31", "1914-12-11", "1933-03-08", "1945-08-15", "1952-05-31", "1963-11-25",
            "1968-06-12", "1969-07-21", "1985-09-27", "2001-09-11", "2001-09-14", "2012-10-29",
            "2018-12-05", "2025-01-09",
        ])
    func remembered(day: String) throws {
        #expect(try SessionCalendar.nyse.session(on: date(day)) == nil)
    }

    @Test("New Year on a Saturday leaves 31 December alone", arguments: ["2021", "2027", "2032"])
    func newYearOnSaturday(year: String) throws {
        let eve = try date("\(year)-12-31")
        #expect(eve.weekday == .friday)
        #expect(SessionCalendar.nyse.session(on: eve) != nil)
    }

    @Test("today's rules go on: 2031 to 2200 has 249 to 253 sessions a year")
    func future() throws {
        for year in 2031...2200 {
            let sessions = try days("\(year)-01-01", "\(year)-12-31")
                .compactMap { SessionCalendar.nyse.session(on: $0) }
            #expect((249...253).contains(sessions.count), "\(year): \(sessions.count)")
            #expect(sessions.allSatisfy { ![.saturday, .sunday].contains($0.date.weekday) })
        }
    }

    @Test("Good Friday of the earliest and the latest Easter")
    func easter() throws {
        for day in ["1818-03-20", "1943-04-23", "2008-03-21", "2038-04-23"] {
            #expect(try SessionCalendar.nyse.session(on: date(day)) == nil, "\(day)")
            #expect(try SessionCalendar.nyse.session(on: date(day).advanced(byDays: -7)) != nil)
        }
    }

    private func utcClock(_ day: CivilDate, minutes: Int) -> String {
        let moment = NewYorkClock.instant(day, secondsOfDay: minutes * 60)
        return String(moment.rfc3339.dropFirst(11).prefix(5))
    }

    private func text(_ hours: Hours?) -> String {
        hours.map { "\($0.open)–\($0.close)" } ?? "shut"
    }
}
