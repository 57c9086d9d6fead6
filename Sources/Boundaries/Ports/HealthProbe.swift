import Synchronization

/// Asks an instance whether it is healthy.
package protocol HealthProbe: Sendable {
    /// Returns when what answers at a URL says that it is healthy.
    ///
    /// - Parameter limit: for all of it.
    /// - Throws: why it is not healthy, fit for a log: no URL, no secret; `CancellationError` when
    ///   nothing was found out.
    func check(_ url: String, within limit: Duration) async throws
}

/// Why an instance does not count as healthy.
package struct ProbeFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}

/// The twin of a probe: its owner says what is healthy.
package final class InMemoryHealthProbe: HealthProbe {
    private struct State {
        var healthy: Set<String> = []
        var asked: [String] = []
    }

    private let state = Mutex(State())

    package init(healthy: Set<String> = []) {
        state.withLock { $0.healthy = healthy }
    }

    package func set(_ url: String, isHealthy: Bool) {
        state.withLock { state in
            if isHealthy { state.healthy.insert(url) } else { state.healthy.remove(url) }
        }
    }

    /// The URLs that were asked, in order.
    package var asked: [String] { state.withLock { $0.asked } }

    package func check(_ url: String, within limit: Duration) async throws {
        try Task.checkCancellation()
        let isHealthy = state.withLock { state in
            state.asked.append(url)
            return state.healthy.contains(url)
        }
        guard isHealthy else { throw ProbeFailure("it does not answer") }
    }
}
