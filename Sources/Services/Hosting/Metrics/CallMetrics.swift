import Metrics
import Synchronization

/// A counter and a timer by labels, looked up once per set of values.
///
/// Making a metric looks its labels up in the registry, which takes longer than answering from a
/// cache does.
package final class CallMetrics: Sendable {
    private let counter: String
    private let timer: String
    private let labels: [String]
    private let known = Mutex<[[String]: (counter: Counter, timer: Timer)]>([:])

    /// Sets of values that are remembered; what comes beyond is looked up each time.
    static let knownLimit = 1_024

    package init(counter: String, timer: String, labels: [String]) {
        self.counter = counter
        self.timer = timer
        self.labels = labels
    }

    /// - Parameter values: one for each label.
    package func record(_ values: [String], _ elapsed: Duration) {
        let metrics = known.withLock { known in
            if let found = known[values] { return found }
            let dimensions = Array(zip(labels, values))
            let made = (
                counter: Counter(label: counter, dimensions: dimensions),
                timer: Timer(label: timer, dimensions: dimensions)
            )
            if known.count < CallMetrics.knownLimit { known[values] = made }
            return made
        }
        metrics.counter.increment()
        metrics.timer.record(duration: elapsed)
    }
}

extension Duration {
    /// Milliseconds with three decimals.
    package var milliseconds: Double {
        let (seconds, attoseconds) = components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1_000
    }
}
