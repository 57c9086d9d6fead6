import Foundation
import Market

/// Turns a zone's wall-clock times into instants.
///
/// The zone is asked once a day of the file, not once a row: a day on whose eve and morrow the
/// offset is the same has that offset throughout.
struct WallClock {
    private let zone: TimeZone
    private var cachedDay: Int?
    private var cachedOffset = 0

    /// `nil` when nobody knows a zone of that name.
    init?(zoneName: String) {
        guard let zone = TimeZone(identifier: zoneName) else { return nil }
        self.zone = zone
    }

    /// The instant of a wall-clock time. Of a time that occurs twice, when clocks are set back, it
    /// is the later one; a time that clocks skip throws, but for the moment they are set forward.
    mutating func instant(
        _ date: CivilDate, secondsOfDay: Int, nanosecond: Int
    ) throws(StampFault) -> Timestamp {
        let offset = try offset(date.daysSinceEpoch, secondsOfDay)
        let instant = Timestamp(
            date, secondsOfDay: secondsOfDay, nanosecond: nanosecond, utcOffsetSeconds: offset)
        guard let instant else { throw .outOfRange }
        return instant
    }

    /// The wall-clock day of an instant.
    func date(at instant: Timestamp) -> CivilDate {
        let perSecond = Timestamp.nanosecondsPerSecond
        let seconds =
            instant.utcDate.daysSinceEpoch * 86_400
            + Int(instant.nanosecondsOfUTCDay / perSecond)
        return instant.advanced(bySeconds: Int64(offset(atSeconds: seconds))).utcDate
    }

    private mutating func offset(
        _ day: Int, _ secondsOfDay: Int
    ) throws(StampFault) -> Int {
        if day == cachedDay { return cachedOffset }
        let before = offset(atSeconds: (day - 1) * 86_400)
        let after = offset(atSeconds: (day + 2) * 86_400)
        if before == after {
            cachedDay = day
            cachedOffset = before
            return before
        }
        let wall = day * 86_400 + secondsOfDay
        // The later instant is the one with the smaller offset.
        let fitting = [before, after].filter { offset(atSeconds: wall - $0) == $0 }
        if let later = fitting.min() { return later }
        guard offset(atSeconds: wall - before - 1) == before else { throw .skippedByClock }
        return before
    }

    private func offset(atSeconds seconds: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }
}
