import Contracts
import Market
import Synchronization

/// A series' answer as the cache keeps it, without staleness, and with how it was told last: while
/// nothing has changed, the same answer is told again.
final class CurrentAnswer: Sendable {
    typealias Response = Bloasis_MarketRegime_RegimeResponse
    typealias Policy = Bloasis_MarketRegime_DegradedPolicy

    struct Told: Sendable {
        fileprivate let staleness: Staleness
        let response: Response
        let answered: AnsweredMessage
    }

    private struct State {
        /// When the answer is behind its market; `.some(nil)`: never.
        var due: Timestamp??
        var told: [Policy: Told] = [:]
    }

    let response: Response
    private let state = Mutex(State())

    init(_ response: Response) {
        self.response = response
    }

    /// The answer at an instant.
    ///
    /// - Parameter calendar: of the series; always the same one.
    /// - Throws: UNAVAILABLE for a stale answer under `FAIL`.
    func told(
        under asked: Policy, _ calendar: SessionCalendar, at now: Timestamp
    ) throws(RPCFault) -> Told {
        let policy: Policy = asked == .fail || asked == .conservative ? asked : .lastKnown
        let (due, last) = state.withLock { ($0.due, $0.told[policy]) }
        let staleness: Staleness
        if let due {
            staleness = Staleness(due: due, now: now)
        } else {
            staleness = Staleness(due: try self.due(calendar), now: now)
        }
        if let last, last.staleness == staleness { return last }
        var response = try DegradedAnswer.apply(policy, to: response, staleness: staleness)
        response.mark(staleness)
        let told = Told(
            staleness: staleness, response: response, answered: AnsweredMessage(response))
        state.withLock { $0.told[policy] = told }
        return told
    }

    private func due(_ calendar: SessionCalendar) throws(RPCFault) -> Timestamp? {
        guard let asOf = Timestamp(rfc3339: response.asOf) else {
            throw .unavailable(
                "the answer of \(response.market)/\(response.timeframe) has no readable as_of")
        }
        let due = Staleness.due(calendar: calendar, asOf: asOf)
        state.withLock { $0.due = .some(due) }
        return due
    }
}
