import Market

/// Turns written stamps into the instants at which bars close, as `CSVReadOptions` explains.
struct StampResolver {
    /// When a bar closes and when it could be known.
    struct Resolved {
        var close: Timestamp
        var availableAt: Timestamp
        /// The stamp itself as an instant, before it was moved to a session's end; of a date its
        /// UTC midnight.
        var written: Timestamp
        /// Whether a daily bar's day has a session; `nil` when the stamp did not lead to a day.
        var hasSession: Bool?
    }

    private let timeframe: Timeframe
    private let calendar: SessionCalendar
    private let stamp: BarStamp
    private var clock: WallClock

    /// `nil` when the options name an unknown time zone.
    init?(_ options: CSVReadOptions) {
        guard let clock = WallClock(zoneName: options.timeZoneName) else { return nil }
        timeframe = options.timeframe
        calendar = options.calendar
        stamp = options.stamp
        self.clock = clock
    }

    /// The instants of a stamp. An intraday bar's stamp must have a time.
    mutating func resolve(_ written: WrittenStamp) throws(StampFault) -> Resolved {
        let instant = try instant(of: written)
        if timeframe.isIntraday || (countsAsInstant(written) && calendar != .nyse) {
            let close =
                stamp == .open
                ? instant.advanced(byNanoseconds: timeframe.nanoseconds) : instant
            return Resolved(close: close, availableAt: close, written: instant)
        }
        let day = day(of: written, at: instant)
        let session = lastSession(of: day)
        let close = session?.close ?? calendar.close(on: lastDay(of: day))
        let isAfterClose = stamp == .close && written.format.hasTime && instant > close
        return Resolved(
            close: close, availableAt: isAfterClose ? instant : close, written: instant,
            hasSession: session != nil)
    }

    /// When a day's session ends.
    func close(on date: CivilDate) -> Timestamp { calendar.close(on: date) }

    private mutating func instant(of written: WrittenStamp) throws(StampFault) -> Timestamp {
        if !timeframe.isIntraday, !countsAsInstant(written) {
            guard let midnight = Timestamp(written.date) else { throw .outOfRange }
            return midnight
        }
        guard written.format.hasOffset else {
            return try clock.instant(
                written.date, secondsOfDay: written.secondsOfDay, nanosecond: written.nanosecond)
        }
        let instant = Timestamp(
            written.date, secondsOfDay: written.secondsOfDay, nanosecond: written.nanosecond,
            utcOffsetSeconds: written.utcOffset)
        guard let instant else { throw .outOfRange }
        return instant
    }

    /// Whether a stamp of a daily bar means an instant; a midnight without an offset is how tools
    /// write a date.
    private func countsAsInstant(_ written: WrittenStamp) -> Bool {
        written.format.hasTime && (written.format.hasOffset || !written.isMidnight)
    }

    /// The day a stamp of a daily bar is about.
    private func day(of written: WrittenStamp, at instant: Timestamp) -> CivilDate {
        // Unix time counts from UTC midnights; only another time of day speaks of the zone's day.
        written.format.isUnix && !written.isMidnight ? clock.date(at: instant) : written.date
    }

    private var days: Int { timeframe.count * (timeframe.unit == .week ? 7 : 1) }

    /// The last of the days that a bar about `day` covers.
    private func lastDay(of day: CivilDate) -> CivilDate {
        stamp == .open ? day.advanced(byDays: days - 1) : day
    }

    /// The session at whose end a bar about `day` closes.
    private func lastSession(of day: CivilDate) -> Session? {
        let last = lastDay(of: day)
        for back in 0..<days {
            if let session = calendar.session(on: last.advanced(byDays: -back)) { return session }
        }
        return nil
    }
}
