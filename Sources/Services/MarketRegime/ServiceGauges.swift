package import Market
import Metrics
package import Ports
import Regimes
import Synchronization

/// Gauges that are read from the store when metrics are asked for.
package final class ServiceGauges: Sendable {
    /// Series that have gauges, by name: a scrape asks the store for each.
    static let seriesLimit = 64

    private let reader: any RegimeReader
    private let outbox: any Outbox
    /// The model that each series' gauge names.
    private let models = Mutex<[Series: ModelVersion]>([:])

    package init(reader: any RegimeReader, outbox: any Outbox) {
        self.reader = reader
        self.outbox = outbox
    }

    /// Sets the gauges. A store that cannot answer leaves them as they were: `/ready` says why.
    package func update(at now: Timestamp) async {
        guard let lag = try? await outbox.lag(), let heads = try? await reader.heads() else {
            return
        }
        Gauge(label: "outbox_pending_rows").record(lag.pending)
        Gauge(label: "outbox_oldest_pending_seconds").record(
            lag.oldestRecordedAt.map { Double(now.nanoseconds - $0.nanoseconds) / 1e9 } ?? 0)
        for head in heads.prefix(ServiceGauges.seriesLimit) {
            update(head, at: now)
            guard let current = try? await reader.current(head.profile.series) else { continue }
            name(current.modelVersion, of: head.profile.series)
        }
    }

    private func update(_ head: SeriesHead, at now: Timestamp) {
        let series = ServiceGauges.dimensions(of: head.profile.series)
        if let lastAsOf = head.lastAsOf {
            Gauge(label: "regime_age_seconds", dimensions: series).record(
                Double(now.nanoseconds - lastAsOf.nanoseconds) / 1e9)
        }
        for regime in Regime.allCases {
            Gauge(label: "regime_current", dimensions: series + [("regime", regime.label)])
                .record(regime == head.publishedRegime(at: now) ? 1 : 0)
        }
    }

    private func name(_ version: ModelVersion, of series: Series) {
        let before = models.withLock { $0.updateValue(version, forKey: series) }
        for named in Set([before, version].compactMap(\.self)) {
            let dimensions =
                ServiceGauges.dimensions(of: series) + [("model_version", named.text)]
            Gauge(label: "regime_model_info", dimensions: dimensions)
                .record(named == version ? 1 : 0)
        }
    }

    static func dimensions(of series: Series) -> [(String, String)] {
        [("market", series.market.text), ("timeframe", "\(series.timeframe)")]
    }
}

/// One line about each metric of the services.
package enum MetricHelp {
    package static let texts = [
        "outbox_pending_rows": "Outbox rows waiting to be published.",
        "outbox_oldest_pending_seconds": "Age of the oldest waiting outbox row.",
        "outbox_relayed_total": "Outbox rows published.",
        "market_bars_consumed_total": "Bars taken from the topic market-bars.",
        "feed_polls_total": "Polls of a feed, by series and what became of them.",
        "feed_series_refused": "1 while a polled series is refused, else 0.",
        "dead_letters_total": "Messages put on a dead-letter topic.",
        "kafka_consumergroup_lag": "Messages behind the last committed one, by partition.",
        "kafka_queued_messages": "Messages waiting to be sent or acknowledged, by client.",
        "kafka_queued_bytes": "Bytes of the messages that wait.",
        "kafka_messages_sent": "Messages sent since the client began.",
        "kafka_messages_received": "Messages received since the client began.",
        "kafka_broker_up": "1 while a broker is connected, else 0.",
        "kafka_broker_disconnects": "Connections lost since the client began.",
        "kafka_broker_round_trip_p99_seconds": "From a request to its answer, lately.",
        "cache_requests_total": "Questions to the cache, by tier and what became of them.",
        "log_lines_dropped_total": "Log lines that nobody took in time, or that were not written.",
        "regime_age_seconds": "Time since the close of the latest assessed bar.",
        "verification_series": "Series whose last closed day is verified, whatever was found.",
        "verification_pending_series": "Series that are to be verified.",
        "verification_failed_series": "Series that cannot be verified.",
        "verification_bars": "Bars whose stored answers were recomputed and compared.",
        "verification_differences": "Differences that the latest verifications found.",
        "verification_first_difference_timestamp_seconds":
            "The bar of the earliest difference, since 1970; 0 without one.",
        "verification_through_timestamp_seconds":
            "The last verified bar of a series, since 1970; 0 while none is.",
        "verification_last_run_timestamp_seconds": "When a series was verified last, since 1970.",
        "verification_last_run_duration_seconds": "What verifying that series took, with rests.",
        "regime_model_info": "1 for the model that answers for a series, by its version.",
        "http_server_requests_total": "Requests over HTTP, by method, route and status.",
        "http_server_request_duration_seconds": "From a request to its answer.",
        "grpc_server_handled_total": "Calls over gRPC, by service, method and code.",
        "grpc_server_handling_seconds": "From a call to its end.",
        "regime_current": "1 for the regime that is published of a series, 0 for the others.",
    ]
}
