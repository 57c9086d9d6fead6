package import Contracts
import Hosting
import Market
package import Ports
import ServiceLifecycle
import Synchronization

/// The scorecards of all series: each is made once until its series is written again, and given for
/// some time after that while the next one is made.
///
/// Making one takes a second of a processor, so one is made at a time, for all who wait for it, by
/// the task of `run`: whoever asked may leave, and nothing goes on once that has ended.
package final class Scorecards: Service, Sendable {
    package typealias Card = Bloasis_MarketRegime_GetScorecardResponse

    private let shelf = Mutex(ScorecardShelf())
    private let now: @Sendable () -> ContinuousClock.Instant
    private let make: @Sendable (SeriesHead) async throws -> Card
    /// Rings when something may be to be made.
    private let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - now: by which scorecards age.
    ///   - make: makes one; not called twice at a time.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        make: @escaping @Sendable (SeriesHead) async throws -> Card
    ) {
        self.now = now
        self.make = make
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter head: where the series stands.
    /// - Throws: RESOURCE_EXHAUSTED when too many wait already; UNAVAILABLE once `run` has ended;
    ///   what making it throws; `CancellationError`.
    func card(of head: SeriesHead) async throws -> Card {
        let now = now()
        let answer = try shelf.withLock { shelf throws(RPCFault) in
            try shelf.ask(head, at: now)
        }
        bell.yield()
        switch answer {
        case .card(let card): return card
        case .flight(let flight): return try await flight.value()
        }
    }

    /// Makes what is asked for until the process shuts down; once.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.rings { await self.makeAll() }
        }
        for flight in shelf.withLock({ $0.end() }) {
            flight.land(.failure(ScorecardShelf.ending))
        }
    }

    private func makeAll() async {
        while !Task.isCancelled, let order = shelf.withLock({ $0.next() }) {
            let result: Result<Card, any Error>
            do {
                // Seconds of a processor that answers to others do not wait for.
                let making = Task(priority: .utility) { try await make(order.head) }
                result = .success(
                    try await withTaskCancellationHandler(
                        operation: { try await making.value }, onCancel: { making.cancel() }))
            } catch {
                // Whoever waits for what a shutdown broke off is told so at the end.
                if Task.isCancelled { return }
                result = .failure(error)
            }
            let now = now()
            shelf.withLock { $0.land(result, at: now) }
            order.flight.land(result)
        }
    }
}
