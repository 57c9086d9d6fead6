import Ports
import Synchronization

/// A bus on which joining, reading and storing a position fail at first, for reasons that pass.
final class StumblingBus: ForwardingBus {
    fileprivate enum Call: CaseIterable {
        case subscribe
        case next
        case commit
    }

    let bus: InMemoryEventBus
    private let failuresPerCall: Int
    private let failures = Mutex<[Call: Int]>([:])

    init(_ bus: InMemoryEventBus, failuresPerCall: Int = 1) {
        self.bus = bus
        self.failuresPerCall = failuresPerCall
    }

    var subscriptionsRefused: Int { failures.withLock { $0[.subscribe] ?? 0 } }

    var hasFailedEverywhere: Bool { failures.withLock { $0.count == Call.allCases.count } }

    fileprivate func stumble(in call: Call) throws {
        let isToFail = failures.withLock { failures in
            guard failures[call, default: 0] < failuresPerCall else { return false }
            failures[call, default: 0] += 1
            return true
        }
        guard isToFail else { return }
        guard call == .subscribe else {
            throw StoreError(.busy, location: "bus", detail: "told to fail", advice: "Try again.")
        }
        throw EventBusError.unavailable(location: "bus", detail: "told to fail")
    }

    func subscribe(
        to topics: [Topic], as group: ConsumerGroup, from start: StartingOffset
    ) async throws -> any EventSubscription {
        try stumble(in: .subscribe)
        return StumblingSubscription(
            bus: self, subscription: try await bus.subscribe(to: topics, as: group, from: start))
    }
}

private struct StumblingSubscription: EventSubscription {
    let bus: StumblingBus
    let subscription: any EventSubscription

    var assignments: Int { subscription.assignments }

    /// Fails with an event in hand, which is not committed.
    func next() async throws -> LoggedEvent? {
        let event = try await subscription.next()
        try bus.stumble(in: .next)
        return event
    }

    func commit(_ event: LoggedEvent) async throws {
        try bus.stumble(in: .commit)
        try await subscription.commit(event)
    }

    func holds(_ event: LoggedEvent) -> Bool { subscription.holds(event) }

    func pause(after event: LoggedEvent) { subscription.pause(after: event) }

    func resume(after event: LoggedEvent) { subscription.resume(after: event) }

    func close() async { await subscription.close() }
}
