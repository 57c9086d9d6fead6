package import Contracts
package import Market

extension Staleness {
    /// Whether an answer is behind its market: is the latest completed session present?
    ///
    /// - Parameters:
    ///   - asOf: the latest assessed bar's close.
    ///   - now: the instant of answering.
    package init(calendar: SessionCalendar, asOf: Timestamp, now: Timestamp) {
        let present = calendar.date(ofClose: asOf)
        guard let latest = calendar.latestCompletedSession(at: now), present < latest.date else {
            self = .fresh
            return
        }
        self = .stale(since: calendar.session(after: present)?.close ?? latest.close)
    }

    package var isStale: Bool { self != .fresh }
}
