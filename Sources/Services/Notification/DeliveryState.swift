import Metrics
import Ports
import Synchronization

/// How many messages are under way, and how often some were taken.
final class DeliveryState: Sendable {
    private struct Counts {
        var underWay: [DeliveryPool: Int] = [:]
        var taken = 0
    }

    private let counts = Mutex(Counts())
    private let gauge = Gauge(label: "deliveries_under_way")

    func freeSlots(of pool: DeliveryPool) -> Int {
        counts.withLock { max(0, pool.slots - $0.underWay[pool, default: 0]) }
    }

    func nextNumber() -> Int {
        counts.withLock { counts in
            counts.taken += 1
            return counts.taken
        }
    }

    /// Nothing is under way any more, whatever was handed over.
    func reset() {
        counts.withLock { $0.underWay = [:] }
        gauge.record(0)
    }

    func begin(in pool: DeliveryPool) { change(pool, by: 1) }
    func end(in pool: DeliveryPool) { change(pool, by: -1) }

    private func change(_ pool: DeliveryPool, by difference: Int) {
        counts.withLock { counts in
            counts.underWay[pool, default: 0] += difference
            gauge.record(counts.underWay.values.reduce(0, +))
        }
    }
}

extension DeliveryPool {
    /// Messages under way from it at the same time.
    fileprivate var slots: Int {
        switch self {
        case .usual: Deliveries.slots - Deliveries.failingSlots
        case .failing: Deliveries.failingSlots
        }
    }
}
