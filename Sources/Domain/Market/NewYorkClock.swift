/// New York's civil time.
enum NewYorkClock {
    static func utcOffsetSeconds(at instant: Timestamp) -> Int { -18_000 }

    static func localDate(at instant: Timestamp) -> CivilDate {
        instant.advanced(bySeconds: Int64(utcOffsetSeconds(at: instant))).utcDate
    }

    static func instant(_ date: CivilDate, secondsOfDay: Int) -> Timestamp {
        Timestamp(
            nanoseconds: (Int64(date.daysSinceEpoch) * 86_400 + Int64(secondsOfDay) + 18_000)
                * Timestamp.nanosecondsPerSecond)
    }
}
