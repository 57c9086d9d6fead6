import CoreMetrics
import Synchronization

/// What a metric is in the text format.
enum PrometheusKind: String {
    case counter, gauge, histogram, summary
}

/// The state of one metric with one set of labels.
protocol PrometheusSeries: AnyObject, Sendable {
    /// Sample lines of a metric, each ended by a newline.
    func samples(name: String, labels: [LabelPair]) -> String
}

/// Only grows.
final class PrometheusCounter: PrometheusSeries, CounterHandler, FloatingPointCounterHandler {
    private let total = Mutex(0.0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        total.withLock { $0 += amount }
    }

    func reset() {
        total.withLock { $0 = 0 }
    }

    func samples(name: String, labels: [LabelPair]) -> String {
        let value = total.withLock { $0 }
        return "\(name)\(PrometheusText.labels(labels)) \(PrometheusText.number(value))\n"
    }
}

/// The last value.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func samples(name: String, labels: [LabelPair]) -> String {
        let value = value.withLock { $0 }
        return "\(name)\(PrometheusText.labels(labels)) \(PrometheusText.number(value))\n"
    }
}

/// Sum and number of what was recorded.
final class PrometheusSummary: PrometheusSeries, RecorderHandler {
    private let state = Mutex((sum: 0.0, count: 0))

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        state.withLock {
            $0.sum += value
            $0.count += 1
        }
    }

    func samples(name: String, labels: [LabelPair]) -> String {
        let (sum, count) = state.withLock { $0 }
        let labels = PrometheusText.labels(labels)
        return "\(name)_sum\(labels) \(PrometheusText.number(sum))\n"
            + "\(name)_count\(labels) \(count)\n"
    }
}

/// Durations, counted in buckets of seconds.
final class PrometheusHistogram: PrometheusSeries, TimerHandler {
    /// Upper bounds in seconds, from a cached answer to the longest request.
    static let bucketSeconds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct State {
        /// Per bucket, not cumulative; one more for what lies above the last bound.
        var counts = [Int](repeating: 0, count: bucketSeconds.count + 1)
        var sumSeconds = 0.0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        let bucket = PrometheusHistogram.bucketSeconds.firstIndex { seconds <= $0 }
        state.withLock {
            $0.counts[bucket ?? PrometheusHistogram.bucketSeconds.count] += 1
            $0.sumSeconds += seconds
        }
    }

    func samples(name: String, labels: [LabelPair]) -> String {
        let state = state.withLock { $0 }
        var text = ""
        var cumulative = 0
        for (bound, count) in zip(PrometheusHistogram.bucketSeconds + [.infinity], state.counts) {
            cumulative += count
            let bucket = labels + [LabelPair(name: "le", value: PrometheusText.number(bound))]
            text += "\(name)_bucket\(PrometheusText.labels(bucket)) \(cumulative)\n"
        }
        let labels = PrometheusText.labels(labels)
        text += "\(name)_sum\(labels) \(PrometheusText.number(state.sumSeconds))\n"
        return text + "\(name)_count\(labels) \(cumulative)\n"
    }
}
