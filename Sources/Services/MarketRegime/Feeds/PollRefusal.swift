import Contracts
import Hosting
import Market
import Metrics
import Synchronization

/// Why what a poll brought is not handed on.
enum PollRefusal: Error {
    case prices(FeedPriceError)
    case readjusted(Timestamp, stored: Double, told: Double)
    case incomplete(missing: Int, first: Timestamp)
}

extension PollRefusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .prices(let error): "\(error)"
        case .readjusted(let timestamp, let stored, let told):
            "the vendor has adjusted its history: its close of \(timestamp) is \(told), the stored "
                + "one \(stored). Write it anew with bloasis fetch --backfill, or set "
                + "POLL_ON_READJUSTED=backfill; until then no bar of the series is taken from it"
        case .incomplete(let missing, let first):
            "the vendor has adjusted its history and does not tell all of it: \(missing) stored "
                + "bars would stay as they were, the first at \(first). Backfill the series from a "
                + "source that has them; until then no bar of it is taken"
        }
    }
}

/// The polled series that are refused, for whoever watches.
final class PollRefusals: Sendable {
    private struct Refusal {
        let since: Timestamp
        var reason: String
    }

    private let polled: Int
    private let status: StatusNode
    private let metrics: any MetricsFactory
    private let refused = Mutex<[Series: Refusal]>([:])

    init(polled: Int, status: StatusNode, metrics: any MetricsFactory) {
        self.polled = polled
        self.status = status
        self.metrics = metrics
    }

    /// - Parameter reason: `nil`: it is not refused, or no more.
    func set(_ reason: String?, of series: Series, at now: Timestamp) {
        Gauge(
            label: "feed_series_refused", dimensions: ServiceGauges.dimensions(of: series),
            factory: metrics
        ).record(reason == nil ? 0 : 1)
        refused.withLock { refused in
            refused[series] = reason.map {
                Refusal(since: refused[series]?.since ?? now, reason: $0)
            }
            let oldest = refused.min {
                ($0.value.since, "\($0.key)") < ($1.value.since, "\($1.key)")
            }
            guard let oldest else { return status.report(.ok, "\(polled) series polled") }
            status.report(
                .warning,
                "\(refused.count) of \(polled) series refused; \(oldest.key) since "
                    + "\(oldest.value.since): \(oldest.value.reason)")
        }
    }
}
