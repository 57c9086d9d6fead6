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
