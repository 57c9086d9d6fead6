package import Market

/// Local time: how far a zone is from UTC.
package struct ZoneClock: Sendable {
    /// Seconds east of Greenwich at an instant; `nil` when nobody knows a zone of that name.
    package var offset: @Sendable (_ zone: String, _ instant: Timestamp) -> Int?

    package init(offset: @escaping @Sendable (_ zone: String, _ instant: Timestamp) -> Int?) {
        self.offset = offset
    }

    package static let utc = ZoneClock { zone, _ in zone == "UTC" ? 0 : nil }
}

extension NoticePreferences {
    /// Nobody waits for longer: a day for what would take it back, one for a digest, one for the
    /// end of quiet hours, and one for what clocks skip or repeat.
    package static let longestWaitSeconds: Int64 = 4 * 86_400

    /// When a person is told what came at an instant: then, or when the window for its being taken
    /// back, the digest's time and quiet hours are over; in that order, each from the one before.
    ///
    /// - Parameter waits: whether it can be taken back.
    package func tellingTime(
        of instant: Timestamp, waits: Bool, by clock: ZoneClock
    ) -> Timestamp {
        let local = LocalTime(zone: zone, clock: clock)
        var due = waits ? instant.advanced(bySeconds: netSeconds) : instant
        switch digest {
        case .instant: break
        case .hourly: due = local.next(after: due) { $0.isMultiple(of: 60) }
        case .daily(let minute): due = local.next(after: due) { $0 == minute }
        }
        guard let quietHours, quietHours.contains(minute: local.minute(of: due)) else { return due }
        return local.next(after: due) { !quietHours.contains(minute: $0) }
    }
}
