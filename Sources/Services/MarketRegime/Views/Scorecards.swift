package import Contracts
import Hosting
import Market
package import Ports
import Synchronization

/// The scorecards of all series: each is made once, until its series is written again.
///
/// Making one takes a second of a processor, so one is made at a time, for all who wait for it.
package final class Scorecards: Sendable {
    package typealias Card = Bloasis_MarketRegime_GetScorecardResponse

    /// Series whose scorecard is remembered.
    static let memoryLimit = 64
    /// Scorecards that may wait to be made.
    static let queueLimit = 32

    private struct Entry {
        /// The head's, when it was asked for.
        let writes: Int64
        let flight: Flight<Card>
    }

    private struct State {
        var entries: [Series: Entry] = [:]
        /// Of `entries`, oldest first.
        var order: [Series] = []
        var waiting = 0
        /// Ends when the one that was asked for last is made.
        var last: Task<Void, Never>?

        mutating func remember(_ entry: Entry, of series: Series) {
            order.removeAll { $0 == series }
            if order.count == Scorecards.memoryLimit { entries[order.removeFirst()] = nil }
            order.append(series)
            entries[series] = entry
        }

        mutating func forget(_ entry: Entry, of series: Series) {
            guard entries[series]?.flight === entry.flight else { return }
            entries[series] = nil
            order.removeAll { $0 == series }
        }
    }

    private let state = Mutex(State())
    private let make: @Sendable (SeriesHead) async throws -> Card

    /// - Parameter make: makes one; not called twice at a time.
    package init(make: @escaping @Sendable (SeriesHead) async throws -> Card) {
        self.make = make
    }

    /// - Parameter head: where the series stands.
    /// - Throws: RESOURCE_EXHAUSTED when too many wait already; what making it throws;
    ///   `CancellationError`.
    func card(of head: SeriesHead) async throws -> Card {
        let flight = try state.withLock { state throws(RPCFault) in
            let series = head.profile.series
            if let known = state.entries[series], known.writes >= head.writes {
                return known.flight
            }
            guard state.waiting < Scorecards.queueLimit else {
                throw RPCFault(
                    .resourceExhausted,
                    "\(state.waiting) scorecards are waiting to be made: ask again later")
            }
            let entry = Entry(writes: head.writes, flight: Flight())
            state.remember(entry, of: series)
            state.waiting += 1
            let before = state.last
            // Whoever asked may leave: the others wait on.
            state.last = Task.detached(priority: .utility) {
                await before?.value
                await self.land(entry, head)
            }
            return entry.flight
        }
        return try await flight.value()
    }

    private func land(_ entry: Entry, _ head: SeriesHead) async {
        let result: Result<Card, any Error>
        do {
            result = .success(try await make(head))
        } catch {
            result = .failure(error)
        }
        state.withLock { state in
            state.waiting -= 1
            if case .failure = result { state.forget(entry, of: head.profile.series) }
        }
        entry.flight.land(result)
    }
}
