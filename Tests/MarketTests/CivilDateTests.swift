import Market
import TestSupport
import Testing

@Suite("Civil date")
struct CivilDateTests {
    @Test("every day of the years 1 to 9999: number, parts, weekday and text agree")
    func everyDay() throws {
        let first = try date("0001-01-01")
        var expected = (year: 1, month: 1, day: 1)
        var weekday = Weekday.monday
        var number = first.daysSinceEpoch
        var wrong: [Int] = []
        while expected.year <= 9999 {
            let day = CivilDate(daysSinceEpoch: number)
            let again = CivilDate(year: expected.year, month: expected.month, day: expected.day)
            if day.parts != expected || again != day || day.weekday != weekday {
                wrong.append(number)
            }
            number += 1
            weekday = Weekday(rawValue: (weekday.rawValue + 1) % 7) ?? .sunday
            expected.day += 1
            if CivilDate(year: expected.year, month: expected.month, day: expected.day) == nil {
                expected = (expected.year, expected.month + 1, 1)
            }
            if expected.month > 12 { expected = (expected.year + 1, 1, 1) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect(try number == date("9999-12-31").daysSinceEpoch + 1)
    }

    @Test("text round trip", arguments: [11, 12])
    func textRoundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<5_000 {
            let number = Int.random(in: -719_162...2_932_896, using: &generator)
            let day = CivilDate(daysSinceEpoch: number)
            #expect(try date(day.iso) == day)
        }
    }

    @Test("known days")
    func known() throws {
        #expect(try date("1970-01-01").daysSinceEpoch == 0)
        #expect(try date("2000-02-29").daysSinceEpoch == 11_016)
        #expect(try date("1929-10-29").weekday == .tuesday)
        #expect(try date("1987-10-19").weekday == .monday)
        #expect(try date("1999-12-31").advanced(byDays: 1) == date("2000-01-01"))
        #expect(try date("2008-09-15") < date("2008-09-16"))
    }

    @Test(
        "what is no day is refused",
        arguments: [
            "", "2019-02-29", "1900-02-29", "2019-13-01", "2019-00-10", "2019-04-31", "2019-01-00",
            "0000-01-01", "2019-1-1", "2019/01/01", "20190101", "2019-01-01T", " 2019-01-01",
            "２０１９-01-01", "+019-01-01", "-019-01-01", "2019-01-1é",
        ])
    func refused(text: String) {
        #expect(CivilDate(iso: text) == nil)
    }
}
