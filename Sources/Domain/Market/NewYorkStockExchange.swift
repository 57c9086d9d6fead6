/// Sessions of the New York Stock Exchange as they historically were, from 1885 on.
///
/// A day's session follows from four things, each in its own place: the weekdays and hours of the
/// era (here), the holidays kept by rule (`+Holidays`), the days when the exchange was shut for an
/// occasion, and those when it opened late or closed early (`+SpecialDays`). Days to come follow
/// today's rules. Before 1885 the rules of 1885 are continued backwards, which is a guess: opening
/// hours then varied and closures are missing. Pauses within a session are not modelled.
///
/// Sources: the exchange's own list of special closings (1885–2011) and Rule 7.2; the tests compare
/// every day of 1885–2030 with an independent calendar and argue each difference.
enum NewYorkStockExchange {
    /// The session of a day, or `nil` when the exchange was shut.
    static func session(on date: CivilDate) -> Session? {
        guard isTradingDay(date) else { return nil }
        let hours = regularHours(on: date)
        let open = lateOpenings.value(on: date) ?? hours.open
        let close = earlyCloses.value(on: date) ?? holidayEveClose(on: date) ?? hours.close
        return Session(
            date: date, open: NewYorkClock.instant(date, secondsOfDay: open),
            close: NewYorkClock.instant(date, secondsOfDay: close))
    }

    /// When sessions of that time regularly closed.
    static func regularClose(on date: CivilDate) -> Timestamp {
        NewYorkClock.instant(date, secondsOfDay: regularHours(on: date).close)
    }

    private static func isTradingDay(_ date: CivilDate) -> Bool {
        switch date.weekday {
        case .sunday: return false
        case .saturday where date > Era.lastSaturday: return false
        case .saturday where saturdayRecesses.contains(date): return false
        default: return !isHoliday(date) && !closures.contains(date)
        }
    }

    /// First or last days of the weekly routine's eras.
    private enum Era {
        static let lastSaturday = SpecialDays.day("1952-05-24")
        static let closeAtHalfPastThree = SpecialDays.day("1952-09-29")
        static let closeAtFour = SpecialDays.day("1974-10-01")
        static let openAtHalfPastNine = SpecialDays.day("1985-09-30")
    }

    /// Opening and closing time, in seconds of New York's day.
    private static func regularHours(on date: CivilDate) -> (open: Int, close: Int) {
        if date >= Era.openAtHalfPastNine { return (clock(9, 30), clock(16)) }
        if date >= Era.closeAtFour { return (clock(10), clock(16)) }
        if date >= Era.closeAtHalfPastThree { return (clock(10), clock(15, 30)) }
        if date.weekday == .saturday, date <= Era.lastSaturday { return (clock(10), clock(12)) }
        return (clock(10), clock(15))
    }

    static func clock(_ hour: Int, _ minute: Int = 0) -> Int { hour * 3600 + minute * 60 }
}
