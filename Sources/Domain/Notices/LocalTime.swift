import Market

/// The clock on somebody's wall.
struct LocalTime {
    let zone: String
    let clock: ZoneClock

    private static let minuteNanoseconds = 60 * Timestamp.nanosecondsPerSecond
    private static let dayMinutes = 1_440
    /// Zones change their offset at full quarters of an hour of UTC.
    private static let quarterMinutes: Int64 = 15
    /// Two days, and the longest that clocks are set forward: within that every minute is reached.
    private static let searchMinutes: Int64 = 2 * 1_440 + 120

    /// Minutes after local midnight, 0 … 1,439. A zone that is no longer known is UTC.
    func minute(of instant: Timestamp) -> Int {
        let minutes = instant.nanoseconds / LocalTime.minuteNanoseconds
        return LocalTime.minuteOfDay(minutes, offset(at: minutes))
    }

    /// The first full minute, not before an instant, at which the clock reaches a minute of the day
    /// that fits. One that clocks skip is reached when they have skipped it.
    func next(after instant: Timestamp, where fits: (Int) -> Bool) -> Timestamp {
        let unit = LocalTime.minuteNanoseconds
        let (down, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: unit)
        let first = rest > 0 ? down + 1 : down
        var offset = offset(at: first)
        var local = LocalTime.minuteOfDay(first, offset)
        if fits(local) { return Timestamp(nanoseconds: first * unit) }
        for minute in (first + 1)...(first + LocalTime.searchMinutes) {
            if minute.isMultiple(of: LocalTime.quarterMinutes) { offset = self.offset(at: minute) }
            let next = LocalTime.minuteOfDay(minute, offset)
            if LocalTime.steps(from: local, to: next).contains(where: fits) {
                return Timestamp(nanoseconds: minute * unit)
            }
            local = next
        }
        return instant.advanced(byNanoseconds: Timestamp.nanosecondsPerDay)
    }

    private func offset(at minute: Int64) -> Int {
        let instant = Timestamp(nanoseconds: minute * LocalTime.minuteNanoseconds)
        return (clock.offset(zone, instant) ?? 0) / 60
    }

    private static func minuteOfDay(_ minutes: Int64, _ offset: Int) -> Int {
        CivilDate.floorModulo(Int(minutes) + offset, dayMinutes)
    }

    /// The minutes that a clock passes when it goes from one to the next; set back it passes none.
    private static func steps(from local: Int, to next: Int) -> [Int] {
        let passed = CivilDate.floorModulo(next - local, dayMinutes)
        return passed > dayMinutes / 2
            ? [next]
            : (1...max(1, passed)).map { (local + $0) % dayMinutes }
    }
}
