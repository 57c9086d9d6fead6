package import Market
package import Ports

/// A series that is polled, and what the vendor calls it.
package struct PolledSeries: Sendable, Hashable {
    package let series: Series
    package let symbol: FeedSymbol

    package init(series: Series, symbol: FeedSymbol) {
        self.series = series
        self.symbol = symbol
    }
}

/// What a feed is to be asked for, and what of its answer is news: decided from what is stored.
package enum PollPlan {
    /// The closes to ask for; `nil` while no bar can be there that is not stored already.
    ///
    /// Some stored bars are asked for again: they tell whether the vendor has adjusted its history
    /// since.
    ///
    /// - Parameters:
    ///   - last: the latest stored bar's close, or a day before the series' anchor.
    ///   - settlingSeconds: how long after its close a bar may still change.
    package static func range(
        after last: Timestamp, of profile: SeriesProfile, settlingSeconds: Int64, at now: Timestamp
    ) -> Range<Timestamp>? {
        let timeframe = profile.series.timeframe
        let settled = now.advanced(bySeconds: -settlingSeconds)
        let isDue: Bool
        if timeframe == .daily, profile.calendar != .none {
            // The latest session of which a bar can be final.
            let latest = profile.calendar.latestCompletedSession(at: settled)
            isDue = latest.map { $0.date > profile.calendar.date(ofClose: last) } ?? false
        } else {
            isDue = last.nanoseconds <= settled.nanoseconds - timeframe.nanoseconds
        }
        let days: Int64 = timeframe.isIntraday ? 4 : 10
        let overlap = max(
            Int128(days * Timestamp.nanosecondsPerDay),
            timeframe.isIntraday ? 0 : 3 * Int128(timeframe.nanoseconds))
        let start = Int64(clamping: Int128(last.nanoseconds) - overlap)
        let end = now.advanced(byNanoseconds: 1)
        guard isDue, start < end.nanoseconds else { return nil }
        return Timestamp(nanoseconds: start)..<end
    }

    package enum News: Sendable {
        /// Bars later than the last stored one; empty when the vendor has none yet.
        case bars([Bar])
        /// Some stored bars that the vendor told again are all off by one factor: its history is
        /// on another footing there, and what follows need not continue what is stored.
        case readjusted(at: Timestamp, stored: Double, told: Double)
    }

    /// What of an answer is news. A stored bar that comes again is none.
    ///
    /// An adjustment scales all bars before its day and leaves those after it alone, so the oldest
    /// ones tell of it, however long after that day the vendor makes it.
    package static func news(in told: [Bar], known: [Bar], after last: Timestamp) -> News {
        let footing = FootingComparison(told, known: known)
        if let pair = footing.firstOffByOneFactor {
            return .readjusted(at: pair.timestamp, stored: pair.stored, told: pair.told)
        }
        return .bars(told.filter { $0.timestamp > last })
    }
}

/// When a series is polled next.
package struct PollTimer: Sendable, Equatable {
    package static let firstRetrySeconds: Int64 = 60

    package private(set) var due: Timestamp
    /// Polls in a row that failed.
    package private(set) var failures = 0
    private let intervalSeconds: Int64

    /// - Parameter start: the first poll.
    package init(from start: Timestamp, everySeconds intervalSeconds: Int64) {
        due = start
        self.intervalSeconds = max(1, intervalSeconds)
    }

    package mutating func succeed(at now: Timestamp) {
        failures = 0
        due = now.advanced(bySeconds: intervalSeconds)
    }

    /// - Parameters:
    ///   - passes: whether the same poll may succeed soon; if not, the interval is kept.
    ///   - seconds: what the vendor asks to wait.
    package mutating func fail(at now: Timestamp, passes: Bool, retryAfter seconds: Int64? = nil) {
        failures += 1
        var pause = intervalSeconds
        if passes {
            let doublings = min(failures - 1, 20)
            pause = min(max(PollTimer.firstRetrySeconds << doublings, seconds ?? 0), pause)
        }
        due = now.advanced(bySeconds: pause)
    }
}
