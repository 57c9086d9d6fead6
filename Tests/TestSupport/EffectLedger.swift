import Synchronization

/// The ledger of consumers that do an effect once, however often its event comes: by distinct names
/// of events, with what there is to count of a fault.
package final class EffectLedger: Sendable {
    private struct State {
        var deliveries: [String: Int] = [:]
        /// By key, in the order of the first deliveries.
        var effects: [String: [String]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Enters a delivery.
    ///
    /// - Returns: whether it is the event's first, and its effect is to be done.
    @discardableResult
    package func enter(_ event: String, key: String) -> Bool {
        state.withLock { state in
            state.deliveries[event, default: 0] += 1
            guard state.deliveries[event] == 1 else { return false }
            state.effects[key, default: []].append(event)
            return true
        }
    }

    package var effects: Int { state.withLock { $0.deliveries.count } }

    /// The events of a key in the order of their effects.
    package func effects(of key: String) -> [String] {
        state.withLock { $0.effects[key] ?? [] }
    }

    package func counts(of published: some Sequence<String>) -> FaultCounts {
        let published = Set(published)
        return state.withLock { state in
            FaultCounts(
                published: published.count,
                deliveries: state.deliveries.values.reduce(0, +),
                effects: state.deliveries.count,
                lost: published.count { state.deliveries[$0] == nil },
                strange: state.deliveries.keys.count { !published.contains($0) })
        }
    }
}

/// What became of a stream of events while something failed.
package struct FaultCounts: Equatable, Sendable, CustomStringConvertible {
    package var published: Int
    package var deliveries: Int
    /// Distinct events that were delivered.
    package var effects: Int
    /// Published and never delivered.
    package var lost: Int
    /// Delivered, though nobody knows of having published them.
    package var strange: Int

    /// Deliveries that a ledger tells from effects.
    package var repeats: Int { deliveries - effects }

    package var description: String {
        "published \(published), effects \(effects), lost \(lost), delivered again \(repeats)"
    }

    /// Adds a row with these counts to the fault table.
    package func note(_ fault: String, on stack: String) {
        FaultTable.add(
            fault, on: stack, due: published, deliveries: deliveries, lost: lost,
            doubled: strange, repeats: repeats)
    }
}
