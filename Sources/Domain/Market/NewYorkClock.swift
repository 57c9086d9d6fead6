/// New York's civil time: Eastern Standard Time, five hours behind UTC, and an hour less in summer.
///
/// The summers are those of the IANA time zone database (`America/New_York`): the federal law of
/// 1918–19, the city's own summers 1920–66, War Time all year from 1942-02-09 to 1945-09-30, then
/// the federal rules of 1967, 1974–75, 1987 and 2007, the last of which holds from then on. Clocks
/// have always changed at 02:00. Before noon of 1883-11-18 the city kept its mean solar time
/// (−4:56:02); here it is given standard time, four minutes off.
package enum NewYorkClock {
    static let standardOffsetSeconds = -18_000
    static let summerSavingSeconds = 3600
    static let changeSecondsOfDay = 7200

    /// Seconds to add to UTC for the time on the wall: −18,000 or, in summer, −14,400.
    package static func utcOffsetSeconds(at instant: Timestamp) -> Int {
        let standard =
            CivilDate.floorDivide(
                Int(instant.nanoseconds), by: Int(Timestamp.nanosecondsPerSecond))
            + standardOffsetSeconds
        let date = CivilDate(daysSinceEpoch: CivilDate.floorDivide(standard, by: 86_400))
        return standardOffsetSeconds
            + (isSummer(standardSeconds: standard, year: date.year) ? summerSavingSeconds : 0)
    }

    /// The date on New York's calendars.
    package static func localDate(at instant: Timestamp) -> CivilDate {
        let seconds =
            CivilDate.floorDivide(
                Int(instant.nanoseconds), by: Int(Timestamp.nanosecondsPerSecond))
            + utcOffsetSeconds(at: instant)
        return CivilDate(daysSinceEpoch: CivilDate.floorDivide(seconds, by: 86_400))
    }

    /// The instant at which the wall shows a time.
    ///
    /// An hour that clocks skip in spring is read as if they hadn't been changed yet, one that they
    /// show twice in autumn is the first of the two. Outside a `Timestamp`'s range: its nearest
    /// end.
    ///
    /// - Parameter secondsOfDay: 0 … 86,400, as shown by the clock.
    package static func instant(_ date: CivilDate, secondsOfDay: Int) -> Timestamp {
        let wall = date.daysSinceEpoch * 86_400 + secondsOfDay
        let summer = isSummer(standardSeconds: wall - summerSavingSeconds, year: date.year)
        return Timestamp(
            clamping: date, secondsOfDay: secondsOfDay,
            utcOffsetSeconds: standardOffsetSeconds + (summer ? summerSavingSeconds : 0))
    }
}

// MARK: - Summers

extension NewYorkClock {
    /// When a year's clocks change.
    private enum Change {
        case never
        case on(month: Int, day: Int)
        /// The first Sunday that isn't earlier than a day of a month.
        case sunday(month: Int, notBefore: Int)
        case lastSunday(month: Int)
    }

    /// Whether summer time holds, at a second counted on a clock that is never put forward.
    ///
    /// - Parameter year: the year on the wall; no summer begins or ends within an hour of New Year.
    private static func isSummer(standardSeconds: Int, year: Int) -> Bool {
        guard let (start, end) = summer(of: year) else { return false }
        if let first = day(of: start, year: year),
            standardSeconds < first * 86_400 + changeSecondsOfDay
        {
            return false
        }
        if let last = day(of: end, year: year),
            standardSeconds >= last * 86_400 + changeSecondsOfDay - summerSavingSeconds
        {
            return false
        }
        return true
    }

    private static func summer(of year: Int) -> (start: Change, end: Change)? {
        switch year {
        case 1918...1920: (.lastSunday(month: 3), .lastSunday(month: 10))
        case 1942: (.on(month: 2, day: 9), .never)
        case 1943, 1944: (.never, .never)
        case 1945: (.never, .lastSunday(month: 9))
        case 1921...1954: (.lastSunday(month: 4), .lastSunday(month: 9))
        case 1974: (.on(month: 1, day: 6), .lastSunday(month: 10))
        case 1975: (.on(month: 2, day: 23), .lastSunday(month: 10))
        case 1955...1986: (.lastSunday(month: 4), .lastSunday(month: 10))
        case 1987...2006: (.sunday(month: 4, notBefore: 1), .lastSunday(month: 10))
        case 2007...:
            (.sunday(month: 3, notBefore: 8), .sunday(month: 11, notBefore: 1))
        default: nil
        }
    }

    /// Day number of a change; `nil` when clocks stay as they are.
    private static func day(of change: Change, year: Int) -> Int? {
        switch change {
        case .never: nil
        case .on(let month, let day):
            CivilDate(year: year, month: month, day: day)?.daysSinceEpoch
        case .sunday(let month, let earliest):
            CivilDate(year: year, month: month, day: earliest).map { date in
                date.daysSinceEpoch + (7 - date.weekday.rawValue) % 7
            }
        case .lastSunday(let month):
            day(
                of: .sunday(
                    month: month, notBefore: CivilDate.length(ofMonth: month, year: year) - 6),
                year: year)
        }
    }
}
