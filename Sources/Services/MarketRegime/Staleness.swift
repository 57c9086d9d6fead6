package import Contracts
package import Market

extension Staleness {
    /// Whether an answer is behind its market: is the latest completed session present?
    ///
    /// - Parameters:
    ///   - asOf: the latest assessed bar's close.
    ///   - now: the instant of answering.
    package init(calendar: SessionCalendar, asOf: Timestamp, now: Timestamp) {
        self.init(due: Staleness.due(calendar: calendar, asOf: asOf), now: now)
    }

    /// - Parameter due: when the first session that is missing closes; `nil`: none is.
    init(due: Timestamp?, now: Timestamp) {
        self = due.flatMap { $0 <= now ? .stale(since: $0) : nil } ?? .fresh
    }

    /// When an answer is behind its market; `nil`: never, as nobody knows the market's sessions.
    static func due(calendar: SessionCalendar, asOf: Timestamp) -> Timestamp? {
        calendar == .none
            ? nil : calendar.session(after: calendar.date(ofClose: asOf))?.close
    }

    package var isStale: Bool { self != .fresh }
}
