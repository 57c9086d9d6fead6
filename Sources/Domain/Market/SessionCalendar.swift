/// One trading session: the half-open interval from its open to its close.
package struct Session: Hashable, Sendable {
    /// The exchange's local date.
    package let date: CivilDate
    package let open: Timestamp
    package let close: Timestamp

    package init(date: CivilDate, open: Timestamp, close: Timestamp) {
        self.date = date
        self.open = open
        self.close = close
    }
}

/// When a market trades.
package enum SessionCalendar: String, Sendable, CaseIterable {
    /// New York Stock Exchange, with its sessions as they historically were.
    case nyse
    /// A market that never closes; its sessions are UTC days.
    case continuous = "24x7"
    /// Unknown sessions: every day counts as one, and nothing is ever called stale.
    case none

    /// The session of a day, or `nil` when the market was shut.
    package func session(on date: CivilDate) -> Session? {
        switch self {
        case .nyse: NewYorkStockExchange.session(on: date)
        case .continuous, .none: SessionCalendar.utcDay(date)
        }
    }

    /// Where a daily bar of this date closes: its session's end, or on a day without one the
    /// regular closing time.
    package func close(on date: CivilDate) -> Timestamp {
        switch self {
        case .nyse:
            NewYorkStockExchange.session(on: date)?.close
                ?? NewYorkStockExchange.regularClose(on: date)
        case .continuous, .none: SessionCalendar.utcDay(date).close
        }
    }

    /// The exchange's local date that a bar with this close belongs to.
    package func date(ofClose close: Timestamp) -> CivilDate {
        let lastInstant = max(close, Timestamp(nanoseconds: .min + 1)).advanced(byNanoseconds: -1)
        switch self {
        case .nyse: return NewYorkClock.localDate(at: lastInstant)
        case .continuous, .none: return lastInstant.utcDate
        }
    }

    /// The last session whose close is not later than an instant; `nil` for `none`, whose sessions
    /// nobody knows.
    package func latestCompletedSession(at instant: Timestamp) -> Session? {
        guard self != .none else { return nil }
        // The longest shutdown on record is the NYSE's of 1914, 31 July to 11 December.
        var date = instant.utcDate.advanced(byDays: 1)
        for _ in 0..<SessionCalendar.longestShutdownDays {
            if let session = session(on: date), session.close <= instant { return session }
            date = date.advanced(byDays: -1)
        }
        return nil
    }

    /// The first session whose local date is later than a date.
    package func session(after date: CivilDate) -> Session? {
        var date = date.advanced(byDays: 1)
        for _ in 0..<SessionCalendar.longestShutdownDays {
            if let session = session(on: date) { return session }
            date = date.advanced(byDays: 1)
        }
        return nil
    }

    /// Whether a series that has a bar at each of two closes, and none between, lacks some.
    ///
    /// - Parameter last: earlier than `next`.
    package func lacksBars(
        between last: Timestamp, and next: Timestamp, timeframe: Timeframe
    ) -> Bool {
        let isFar =
            Int128(next.nanoseconds) - Int128(last.nanoseconds)
            > Int128(timeframe.nanoseconds) * 3 / 2
        guard isFar else { return false }
        let (lastDate, nextDate) = (date(ofClose: last), date(ofClose: next))
        if timeframe == .daily {
            guard self == .none else {
                return session(after: lastDate).map { $0.date < nextDate } ?? true
            }
            // Nobody knows its sessions; most markets have none at a weekend.
            let days = nextDate.daysSinceEpoch - lastDate.daysSinceEpoch
            return days > 3
                || (1..<max(days, 1)).contains {
                    ![.saturday, .sunday].contains(lastDate.advanced(byDays: $0).weekday)
                }
        }
        guard self == .nyse, timeframe.isIntraday, lastDate != nextDate else { return true }
        guard let ended = session(on: lastDate), let begun = session(after: lastDate) else {
            return true
        }
        return begun.date < nextDate
            || ended.close.nanoseconds - last.nanoseconds >= timeframe.nanoseconds
            || next.nanoseconds - begun.open.nanoseconds > timeframe.nanoseconds * 3 / 2
    }

    static let longestShutdownDays = 150

    private static func utcDay(_ date: CivilDate) -> Session {
        Session(
            date: date, open: Timestamp(clamping: date),
            close: Timestamp(clamping: date, secondsOfDay: 86_400))
    }
}
