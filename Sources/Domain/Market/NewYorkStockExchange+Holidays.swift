// Holidays kept by rule. A holiday on a Sunday has always been kept on Monday; while there were
// Saturday sessions, one on a Saturday simply took that session away.

extension NewYorkStockExchange {
    /// Whether a date is a holiday of the exchange, or the weekday on which one is observed.
    static func isHoliday(_ date: CivilDate) -> Bool {
        let day = DateParts(date)
        switch day.month {
        case 1: return isJanuaryHoliday(day)
        case 2: return isFebruaryHoliday(day)
        case 3, 4: return isGoodFriday(day)
        case 5: return isMemorialDay(day)
        case 6: return day.year >= 2022 && day.observes(19, alsoOnFriday: true)
        case 7: return day.observes(4, alsoOnFriday: day.year >= 1954)
        case 9: return day.year >= 1887 && day.isOccurrence(1, of: .monday)
        case 10: return (1909...1953).contains(day.year) && day.observes(12)
        case 11: return isNovemberHoliday(day)
        case 12: return day.observes(25, alsoOnFriday: day.year >= 1954)
        default: return false
        }
    }

    /// New Year's Day, never kept on 31 December, and Martin Luther King Day.
    private static func isJanuaryHoliday(_ day: DateParts) -> Bool {
        day.observes(1) || day.year >= 1998 && day.isOccurrence(3, of: .monday)
    }

    /// Lincoln's Birthday 1896–1953 and Washington's Birthday, a Monday since 1971.
    private static func isFebruaryHoliday(_ day: DateParts) -> Bool {
        if (1896...1953).contains(day.year), day.observes(12) { return true }
        return day.year >= 1971
            ? day.isOccurrence(3, of: .monday)
            : day.observes(22, alsoOnFriday: day.year >= 1964)
    }

    /// The exchange traded on Good Friday of 1898, 1906 and 1907.
    private static func isGoodFriday(_ day: DateParts) -> Bool {
        guard day.weekday == .friday, ![1898, 1906, 1907].contains(day.year) else { return false }
        let easter = easterSunday(of: day.year)
        return day.date.advanced(byDays: 2).parts == (day.year, easter.month, easter.day)
    }

    /// Decoration Day, later Memorial Day: 30 May, since 1971 the last Monday of the month.
    ///
    /// In 1970 it fell on a Saturday and Friday was the month's last session, which was held.
    private static func isMemorialDay(_ day: DateParts) -> Bool {
        day.year >= 1971
            ? day.isLast(.monday)
            : day.observes(30, alsoOnFriday: (1964...1969).contains(day.year))
    }

    /// Election Day, Armistice Day 1934–1953, Thanksgiving.
    private static func isNovemberHoliday(_ day: DateParts) -> Bool {
        let hasElection = day.year <= 1968 || [1972, 1976, 1980].contains(day.year)
        if hasElection, day.weekday == .tuesday, (2...8).contains(day.day) { return true }
        if (1934...1953).contains(day.year), day.observes(11) { return true }
        return isThanksgiving(day)
    }

    /// The last Thursday of November, 1939–1941 the one before it, since 1942 the fourth.
    static func isThanksgiving(_ day: DateParts) -> Bool {
        switch day.year {
        case ..<1939: day.isLast(.thursday)
        case 1939...1941: DateParts(day.date.advanced(byDays: 7)).isLast(.thursday)
        default: day.isOccurrence(4, of: .thursday)
        }
    }

    /// Closing time, in seconds of the day, of the sessions shortened by rule next to a holiday:
    /// at 14:00 first, at 13:00 since 1993.
    static func holidayEveClose(on date: CivilDate) -> Int? {
        let day = DateParts(date)
        let isShort =
            switch (day.month, day.day) {
            case (7, 3): day.year >= (day.weekday == .wednesday ? 2013 : 1995)
            case (7, 5): day.weekday == .friday && (1995...2012).contains(day.year)
            case (11, 23...29):
                day.year >= 1992 && isThanksgiving(DateParts(date.advanced(byDays: -1)))
            case (12, 24): day.year >= 1990
            default: false
            }
        guard isShort else { return nil }
        return day.year >= 1993 ? clock(13) : clock(14)
    }

    /// Gregorian Easter (Meeus, «Astronomical Algorithms», chapter 8, after Butcher 1876).
    static func easterSunday(of year: Int) -> (month: Int, day: Int) {
        let golden = year % 19
        let (century, yearOfCentury) = year.quotientAndRemainder(dividingBy: 100)
        let moonShift = (century - (century + 8) / 25 + 1) / 3
        let epact = (19 * golden + century - century / 4 - moonShift + 15) % 30
        let weekdayShift =
            (32 + 2 * (century % 4) + 2 * (yearOfCentury / 4) - epact - yearOfCentury % 4) % 7
        let late = (golden + 11 * epact + 22 * weekdayShift) / 451
        let march = epact + weekdayShift - 7 * late + 22
        return march <= 31 ? (3, march) : (4, march - 31)
    }
}

/// A date taken apart once, for rules to look at.
struct DateParts {
    let date: CivilDate
    let year: Int
    let month: Int
    let day: Int
    let weekday: Weekday

    init(_ date: CivilDate) {
        self.date = date
        (year, month, day) = date.parts
        weekday = date.weekday
    }

    /// Whether a holiday on a day of this month is kept on this date.
    func observes(_ holiday: Int, alsoOnFriday: Bool = false) -> Bool {
        day == holiday
            || weekday == .monday && day == holiday + 1
            || alsoOnFriday && weekday == .friday && day == holiday - 1
    }

    /// Whether this is the month's first, second … of a weekday.
    func isOccurrence(_ ordinal: Int, of wanted: Weekday) -> Bool {
        weekday == wanted && (day - 1) / 7 + 1 == ordinal
    }

    /// Whether this is the month's last of a weekday.
    func isLast(_ wanted: Weekday) -> Bool {
        weekday == wanted && day + 7 > CivilDate.length(ofMonth: month, year: year)
    }
}
